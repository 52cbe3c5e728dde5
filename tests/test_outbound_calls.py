import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import requests

from odoo.sql_db import db_connect
from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer, requests_session, wrapping
from odoo.addons.integration_monitor.tools import context

from .common_outbound import REAL_SEND, OutboundCase


@tagged("post_install", "-at_install")
class TestOutboundCalls(OutboundCase):
    """What a call of any module leaves behind, and that the caller notices nothing."""

    def test_a_call_is_one_line(self):
        """Nobody sees what a payment provider's module does."""
        answer = self.wire.answer(b'{"ok": 1}', "201 Created", Retry_After="7")
        with self.server(answer) as (port, _received), self.lines() as seen:
            endpoint = self.partner(port)
            self.system.region = "EU"
            self.env["integration.endpoint"]._match_table()
            response = requests.post(
                f"http://127.0.0.1:{port}/orders/4711?token=hunter2", json={"a": 1}, timeout=5
            )
        self.assertEqual((response.status_code, response.json()), (201, {"ok": 1}))
        (line,) = seen
        self.assertEqual(
            (line.kind, line.direction, line.outcome, line.method, line.host, line.status_code),
            ("http_out", "outbound", "ok", "POST", "127.0.0.1", 201),
        )
        self.assertEqual(line.path_template, "/orders/{id}")
        self.assertEqual((line.endpoint_id, line.system_id), (endpoint.id, self.system.id))
        self.assertEqual((line.company_id, line.region), (self.env.company.id, "EU"))
        self.assertEqual((line.request_bytes, line.response_bytes), (8, 9))
        self.assertEqual(line.retry_after, 7)
        self.assertGreater(line.duration_ms, 0)
        self.assertIsNone(line.response_excerpt)  # nobody needs the answers of what went well
        self.assertIsNone(line.error_class)
        self.assertIsNone(line.detail)

    def test_statuses_are_failures(self):
        """A partner answers 500 for days, and the log says that all is well."""
        for status, error_class in (
            ("400 Bad Request", "client"),
            ("401 Unauthorized", "auth"),
            ("404 Not Found", "client"),
            ("429 Too Many Requests", "rate_limit"),
            ("500 Internal Server Error", "server"),
            ("504 Gateway Timeout", "timeout"),
        ):
            answer = self.wire.answer(b'{"message": "No way", "password": "hunter2"}', status)
            with self.server(answer) as (port, _received), self.lines() as seen:
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            (line,) = seen
            self.assertEqual((line.outcome, line.error_class), ("error", error_class), status)
            self.assertIn("No way", line.error_message)
            self.assertIn("No way", line.response_excerpt)
            self.assertNotIn("hunter2", line.response_excerpt)

    def test_what_a_flow_leaves_readable(self):
        """Support needs the address that the carrier refused, and reads asterisks."""
        self.inbound.keep_names = "street"
        self.env["integration.flow"]._content_rules()
        body = b'{"street": "Main Street 1", "email": "jo@example.com"}'
        answer = self.wire.answer(body, "422 Unprocessable", Content_Type="application/json")
        for flow, seen_there in ((self.inbound, True), (self.outbound, False)):
            with self.server(answer) as (port, _received), self.lines() as seen:
                with context.bound(flow_id=flow.id):
                    requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            (line,) = seen
            self.assertEqual("Main Street 1" in line.response_excerpt, seen_there)
            self.assertNotIn("jo@example.com", line.response_excerpt)

    def test_redirects_are_one_call(self):
        """One call with three redirects counts as four, or shows the wrong end."""
        with (
            self.server(self.wire.answer(b"gone", "410 Gone")) as (back, arrived),
            self.server(
                self.wire.answer(b"", "302 Found", Location="/b"),
                self.wire.answer(b"", "303 See Other", Location=f"http://localhost:{back}/c"),
            ) as (front, _received),
            self.lines() as seen,
        ):
            endpoint = self.partner(front)
            self.env["integration.endpoint"]._match_table()
            response = requests.post(f"http://127.0.0.1:{front}/a", data="x", timeout=5)
        self.assertEqual((response.status_code, len(response.history), len(arrived)), (410, 2, 1))
        (line,) = seen
        self.assertEqual((line.method, line.path_template, line.host), ("POST", "/a", "127.0.0.1"))
        self.assertEqual((line.status_code, line.error_class), (410, "client"))
        self.assertEqual(line.endpoint_id, endpoint.id)
        self.assertEqual(line.detail, {"redirects": 2, "answered_by": "localhost"})

    def test_a_hook_that_calls_others_makes_calls_of_its_own(self):
        """Fetching a token inside of a call is not seen."""
        with self.server(self.wire.answer(b"ok")) as (port, received), self.lines() as seen:

            def sign_in(response, **_options):
                requests.get(f"http://127.0.0.1:{port}/token", timeout=5)

            session = requests.Session()
            session.hooks["response"] = sign_in
            session.get(f"http://127.0.0.1:{port}/call", timeout=5)
        self.assertEqual(len(received), 2)
        self.assertEqual([line.path_template for line in seen], ["/token", "/call"])

    def test_a_hook_that_calls_with_its_own_session(self):
        """A hook fetches a token with the session that it belongs to: taken for a redirect."""
        paths = {"/call": "302 Found", "/token": "302 Found"}

        def answer(connection):
            path = received[-1].split(" ")[1]
            where = {"Location": f"{path}/there"} if path in paths else {}
            connection.sendall(self.wire.answer(b"", paths.get(path, "401 No"), **where))
            return True

        with self.server(answer) as (port, received), self.lines() as seen:
            session = requests.Session()

            def sign_in(response, **_options):
                if response.url.endswith("/call/there"):
                    session.get(f"http://127.0.0.1:{port}/token", timeout=5)
                    again = response.request.copy()
                    again.url += "/again"
                    session.send(again, timeout=5)

            session.hooks["response"] = sign_in
            session.get(f"http://127.0.0.1:{port}/call", timeout=5)
        self.assertEqual(len(received), 5)
        self.assertEqual(
            [(line.path_template, (line.detail or {}).get("redirects")) for line in seen],
            [("/token", 1), ("/call/there/again", None), ("/call", 1)],
        )

    def test_quotas_are_recorded(self):
        """The quota of a partner runs out unseen."""
        limits = {"RateLimit": '"default";r=8;t=30', "RateLimit_Policy": '"default";q=40;w=60'}
        answer = self.wire.answer(b"", **limits)
        with self.server(answer) as (port, _received), self.lines() as seen:
            endpoint = self.partner(port, allowed_networks="127.0.0.0/8")
            self.env["integration.endpoint"]._match_table()
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            endpoint._call("GET", "/x")
        self.assertEqual(len(seen), 2)
        for line in seen:
            self.assertEqual(
                (line.quota_limit, line.quota_remaining, line.quota_reset), (40, 8, 30)
            )
        log_writer.write_on(self.env.cr, seen)
        self.assertRegex(endpoint.quota_text, r"^8 of 40 left, renewed in ([12]?[0-9]|30) s$")
        self.assertTrue(endpoint.quota_at)
        self.assertFalse(self.endpoint.quota_text)

    def test_own_calls_are_logged_once(self):
        """Each call of the suite counts twice."""
        with self.server(self.wire.answer(b"ok")) as (port, received), self.lines() as seen:
            self.partner(port, allowed_networks="127.0.0.0/8")._call("GET", "/x")
        self.assertEqual(len(received), 1)
        self.assertEqual([line.kind for line in seen], ["http_out"])

    def test_calls_carry_the_message_at_work(self):
        """A carrier's call cannot be found from the message that caused it."""
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines() as seen:
            with context.bound(
                correlation_id="cor-1",
                trace_id="a" * 32,
                flow_id=5,
                message_id=6,
                endpoint_id=7,
                company_id=8,
                attempt=3,
            ):
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        (line,) = seen
        self.assertEqual(
            (line.correlation_id, line.trace_id, line.flow_id, line.message_id, line.attempt),
            ("cor-1", "a" * 32, 5, 6, 3),
        )
        self.assertEqual(len(line.span_id), 16)
        self.assertIsNone(line.endpoint_id)  # the message's endpoint is not whom it called
        self.assertEqual(line.company_id, 8)

    def test_a_handler_at_work_tells_its_message(self):
        """A handler that calls by itself leaves lines without message, attempt and company."""
        with self.server(self.wire.answer(b"ok")) as (port, _received):

            def handle(_handler, _message, _payload):
                requests.get(f"http://127.0.0.1:{port}/lookup", timeout=5)
                return self.env["res.partner"]

            message, _created = self.receive({"a": 1})
            self.env["integration.endpoint"]._match_table()
            with self.handler(self.inbound, _handle=handle):
                seen = self.drain(self.inbound)
        (line,) = [line for line in seen if line.kind == "http_out"]
        self.assertEqual(
            (line.message_id, line.flow_id, line.correlation_id, line.attempt, line.company_id),
            (message.id, self.inbound.id, message.correlation_id, 1, self.env.company.id),
        )

    def test_a_rollback_takes_no_line_along(self):
        """The label was booked and rolled back, and nobody knows of it."""
        dbname, flow_id = self.env.cr.dbname, 2_000_000_007

        def rows():
            with contextlib.closing(db_connect(dbname).cursor()) as cr:
                cr.execute(
                    "SELECT status_code FROM integration_log_data WHERE flow_id = %s", (flow_id,)
                )
                return cr.fetchall()

        def remove():
            with contextlib.closing(db_connect(dbname).cursor()) as cr:
                cr.execute("DELETE FROM integration_log_data WHERE flow_id = %s", (flow_id,))
                cr.commit()  # pylint: disable=invalid-commit # a connection of its own

        self.addCleanup(remove)
        self.env["integration.endpoint"]._match_table()
        with self.server(self.wire.answer(b"ok")) as (port, _received):
            with log_writer.sink(log_writer.database_sink):
                with log_writer.execution(flow_id=flow_id):
                    with contextlib.closing(db_connect(dbname).cursor()) as business:
                        business.execute("INSERT INTO res_partner_category (name) VALUES ('{}')")
                        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
                        business.rollback()
                    self.assertEqual(rows(), [])
                self.assertEqual(rows(), [(200,)])
                log_writer.flush()
        self.assertEqual(rows(), [(200,)])

    def test_threads_without_execution_write_at_once(self):
        """A module's own threads end, and their calls are lost, or booked on another database."""
        self.env["integration.endpoint"]._match_table()
        dbname = self.env.cr.dbname
        seen = []
        with self.server(self.wire.answer(b"ok")) as (port, _received):

            def work(step, name=None):
                if name:
                    threading.current_thread().dbname = name
                requests.get(f"http://127.0.0.1:{port}/{step}", timeout=5)

            def run(*arguments):
                thread = threading.Thread(target=work, args=arguments)
                thread.start()
                thread.join()

            with log_writer.sink(lambda name, lines: seen.extend((name, x) for x in lines)):
                run("named", dbname)
                run("nameless")
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(work, "pooled").result()
                # Nobody knows whose it is.
                with self.another_database():
                    run("ambiguous")
                for names in ([dbname, "another"], ["another"]):
                    with patch.object(wrapping, "config", {"db_name": names}):
                        run("not-served")
        self.assertEqual(
            [(name, line.path_template) for name, line in seen],
            [(dbname, f"/{step}") for step in ("named", "nameless", "pooled")],
        )

    def test_the_runner_of_jobs_is_not_observed(self):
        """Each job leaves a second line: the call that started it, failed after a second."""
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines() as seen:
            requests.get(f"http://127.0.0.1:{port}/queue_job/runjob?job_uuid=1-2", timeout=5)
        self.assertEqual(seen, [])

    def test_installing_twice_wraps_once(self):
        """After a reload each call counts twice."""
        with patch.object(requests.Session, "send", REAL_SEND):
            requests_session.install()
            first = requests.Session.send
            requests_session.install()
            self.assertIs(requests.Session.send, first)
            self.assertIs(first.__wrapped__, REAL_SEND)

    def test_it_is_cheap(self):
        """A call that finds its endpoints cached asks the database."""
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines():
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            with self.assertQueryCount(0), patch.object(type(self.registry), "cursor") as opened:
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            opened.assert_not_called()
