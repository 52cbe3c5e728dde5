import threading
from types import SimpleNamespace
from unittest.mock import patch

import requests

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_monitor.instrumentation import log_writer, outbound_call
from odoo.addons.integration_monitor.models.integration_endpoint_match import IntegrationEndpoint

from .common_outbound import REAL_SEND, OutboundCase

WRITER = "odoo.addons.integration_monitor.instrumentation.log_writer"


@tagged("post_install", "-at_install")
class TestOutboundCallsHarmless(OutboundCase):
    """Whatever goes wrong in the wrapper: the caller gets what he would have got without it."""

    def test_odd_requests_behave_as_ever(self):
        """A strange URL raises an exception of the monitor."""
        session = requests.Session()
        for url, expected in (
            ("http://[bad", requests.exceptions.InvalidURL),
            ("nonsense", requests.exceptions.MissingSchema),
            ("foo://host/", requests.exceptions.InvalidSchema),
        ):
            with self.lines(), self.assertRaises(expected):
                session.get(url, timeout=1)
        prepared = session.prepare_request(requests.Request("GET", "http://h.invalid/"))
        for url in ("http://[bad", "http://h.invalid:99999999/", None, 5):
            prepared.url = url
            with self.lines() as seen:
                with self.assertRaises(Exception) as wrapped:
                    session.send(prepared, timeout=1)
                with self.assertRaises(Exception) as plain, mute_logger(WRITER):
                    REAL_SEND(session, prepared, timeout=1)
            self.assertIs(type(wrapped.exception), type(plain.exception), url)
            self.assertLessEqual(len(seen), 1)
        with self.assertRaises(ValueError):
            session.send(requests.Request("GET", "http://h.invalid/"))

    def test_odd_headers_and_answers_are_taken(self):
        """A header of bytes or a hook's own answer stops the call."""
        headers = {"X-Bytes": b"\xff\x00"[:1], b"Content-Type": b"text/plain"}

        class Answer:
            status_code = "no number"

        with self.server(self.wire.answer(b"ok")) as (port, received), self.lines() as seen:
            self.partner(port)
            self.env["integration.endpoint"]._match_table()
            requests.post(f"http://127.0.0.1:{port}/", data=b"x", headers=headers, timeout=5)
            with (
                self.assertLogs(WRITER, "WARNING"),
                patch.object(requests.sessions, "extract_cookies_to_jar"),
            ):
                session = requests.Session()
                session.hooks["response"] = lambda response, **_options: _strange(response, Answer)
                answer = session.get(f"http://127.0.0.1:{port}/", timeout=5)
        self.assertEqual(answer.status_code, "no number")
        self.assertEqual(len(received), 2)
        log_writer.write_on(self.env.cr, seen)  # and PostgreSQL takes the lines
        # What cannot be described is missing, and told to be.
        self.assertEqual([line.operation for line in seen], [None, "log.dropped"])

    def test_answers_of_another_make(self):
        """An adapter for another protocol answers as it likes, and its calls are not seen."""

        class Adapter(requests.adapters.BaseAdapter):
            def send(self, request, **_options):
                return SimpleNamespace(
                    status_code=200, headers={}, history=(), url=request.url, cookies={}, raw=None,
                    is_redirect=False, text="hello", content=b"hello",
                )  # fmt: skip

            def close(self):
                pass

        session = requests.Session()
        session.mount("http://", Adapter())
        with self.lines() as seen:
            self.assertEqual(session.get("http://archive.example/files", timeout=5).text, "hello")
        self.assertEqual(
            [(line.host, line.status_code, line.outcome) for line in seen],
            [("archive.example", 200, "ok")],
        )

    def test_a_broken_registry_stops_nothing(self):
        """The monitor is broken, and so is the shop."""
        before = log_writer.stats().get("failed", 0)
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines() as seen:
            with (
                patch.object(
                    IntegrationEndpoint, "_match_table_of", side_effect=KeyError("broken")
                ),
                self.assertLogs(WRITER, "WARNING"),
            ):
                self.assertEqual(requests.get(f"http://127.0.0.1:{port}/", timeout=5).text, "ok")
            with (
                patch.object(outbound_call, "path_template", side_effect=RuntimeError),
                self.assertLogs(WRITER, "WARNING"),
            ):
                self.assertEqual(requests.get(f"http://127.0.0.1:{port}/", timeout=5).text, "ok")
                with self.assertRaises(requests.ConnectionError):
                    requests.get(f"http://127.0.0.1:{self.closed_port()}/", timeout=5)
        (line,) = seen
        self.assertEqual((line.operation, line.count), ("log.dropped", 3))
        self.assertEqual(log_writer.stats()["failed"] - before, 3)

    def test_databases_without_the_suite_are_left_alone(self):
        """A call without a database is looked at, or fails."""
        thread = threading.current_thread()
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines() as seen:
            for dbname in (None, "no_such_database"):
                with (
                    patch.object(thread, "dbname", dbname),
                    self.another_database(),
                ):
                    requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            with patch.object(self.registry, "ready", False):
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        self.assertEqual(seen, [])

    def test_secrets_stay_out_of_the_table(self):
        """The keys of a payment provider are in the log."""
        secret = "hunter2hunter2"
        with self.lines() as seen:
            with self.assertRaises(requests.ConnectionError):
                requests.get(
                    f"http://127.0.0.1:{self.closed_port()}/x",
                    params={"api_key": secret},
                    headers={"X-API-Key": secret, "Cookie": f"session={secret}"},
                    auth=("user", secret),
                    timeout=5,
                )
        (line,) = seen
        line.flow_id = 2_000_000_008
        log_writer.write_on(self.env.cr, [line])
        self.env.cr.execute("SELECT l::text FROM integration_log_data l WHERE flow_id = 2000000008")
        text = self.env.cr.fetchone()[0]
        self.assertNotIn(secret, text)
        self.assertIn("X-API-Key", text)


def _strange(response, kind):
    answer = kind()
    answer.history, answer.raw, answer.is_redirect = (), response.raw, False
    answer.content = response.content
    answer.headers, answer.url = response.headers, response.url
    return answer
