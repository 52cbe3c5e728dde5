# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import contextlib
import threading
from unittest.mock import patch

import psycopg2
from werkzeug.test import create_environ, run_wsgi_app

import odoo
from odoo.http import Response
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..instrumentation import http_server, log_writer
from ..instrumentation.refusals import WINDOW, Coalescer
from ..tools import context
from ..tools.observation import Observation, utcnow

FLOW = 2_000_000_001  # an id that no flow has: rows of these tests are found and removed by it
LOGGER = "odoo.addons.integration_monitor.instrumentation.log_writer"


def real_cursor(dbname):
    """A connection of its own, as in production; the caller cleans up what it commits."""
    return contextlib.closing(db_connect(dbname).cursor())


class LogWriterCase(TransactionCase):
    """Rows of the flow ``FLOW`` are read, and removed, by connections of their own."""

    def setUp(self):
        super().setUp()
        log_writer.flush()  # leftovers of other tests
        self.addCleanup(self._remove_committed)

    def _remove_committed(self):
        with real_cursor(self.env.cr.dbname) as cr:
            cr.execute("DELETE FROM integration_log_data WHERE flow_id = %s", (FLOW,))
            cr.commit()

    def _rows(self, columns="outcome"):
        with real_cursor(self.env.cr.dbname) as cr:
            cr.execute(
                f"SELECT {columns} FROM integration_log_data WHERE flow_id = %s ORDER BY id",
                (FLOW,),
            )
            return cr.fetchall()


@tagged("post_install", "-at_install")
class TestLogWriter(LogWriterCase):
    def test_evidence_survives_the_rollback(self):
        """A failed order leaves no trace of why it failed."""
        dbname = self.env.cr.dbname
        with log_writer.sink(log_writer.database_sink), log_writer.execution(flow_id=FLOW):
            with real_cursor(dbname) as business:
                business.execute("INSERT INTO res_partner_category (name) VALUES ('{}')")
                log_writer.record(dbname, Observation("message", outcome="error"))
                business.rollback()
        self.assertEqual(self._rows(), [("error",)])

    def test_lines_carry_the_execution_and_no_secret(self):
        """A line cannot be matched with its order, or shows a password."""
        with log_writer.sink(log_writer.database_sink):
            with log_writer.execution(correlation_id="cor-1", flow_id=FLOW, message_id=7):
                log_writer.record(
                    self.env,
                    Observation(
                        "http_out",
                        outcome="error",
                        error_class="server",
                        error_message="refused: token=hunter2",
                        request_headers={"Authorization": "Bearer hunter2", "X-A": "1"},
                        response_excerpt='{"password": "hunter2", "why": "closed"}',
                        duration_ms=12.5,
                    ),
                )
        ((correlation, message, text, headers, excerpt, fingerprint, duration),) = self._rows(
            "correlation_id, message_id, error_message, request_headers, response_excerpt,"
            " fingerprint, duration_ms"
        )
        self.assertEqual((correlation, message, duration), ("cor-1", 7, 12.5))
        self.assertNotIn("hunter2", f"{text}{headers}{excerpt}")
        self.assertEqual(headers["X-A"], "1")
        self.assertIn("closed", excerpt)
        self.assertEqual(len(fingerprint), 16)
        self.assertEqual(context.current(), context.EMPTY)

    def test_strange_values_do_not_cost_the_line(self):
        """A NUL byte in a partner's answer loses the whole batch."""
        log_writer.write_on(
            self.env.cr,
            [
                Observation(
                    "http_out",
                    flow_id=FLOW,
                    error_message="a\0b\ud800" + "x" * 9000,
                    response_excerpt="\0",
                    path_template="/" + "p" * 9000,
                    host="h" * 9000,
                    status_code=10**12,
                    request_bytes=10**30,
                    duration_ms=float("nan"),
                    request_headers={"X\0": "\0\ud800"},
                )
            ],
        )
        line = self.env["integration.log"].search([("flow_id", "=", FLOW)])
        self.assertEqual(len(line), 1)
        self.assertTrue(line.error_message.startswith("a\N{REPLACEMENT CHARACTER}b?"))
        self.assertEqual(line.duration_ms, 0)

    def test_a_missing_partition_is_made(self):
        """The daily job did not run, and the log stops at the turn of the month."""
        long_ago = utcnow().replace(year=utcnow().year - 1, day=1)
        log_writer.write_on(
            self.env.cr,
            [
                Observation("custom", flow_id=FLOW, occurred_at=long_ago),
                Observation("custom", flow_id=FLOW, occurred_at=long_ago, retention_class="audit"),
                Observation("custom", flow_id=FLOW),
            ],
        )
        self.assertEqual(self.env["integration.log"].search_count([("flow_id", "=", FLOW)]), 3)

    def test_a_broken_clock_makes_no_partitions(self):
        """A partner that reports the year 9999 fills the database with tables."""
        far = utcnow().replace(year=9999, month=1, day=1)
        past = utcnow().replace(year=1970, month=1, day=1)
        log_writer.write_on(
            self.env.cr,
            [Observation("span", flow_id=FLOW, occurred_at=moment) for moment in (far, past)],
        )
        years = self.env["integration.log"].search([("flow_id", "=", FLOW)]).mapped("occurred_at")
        self.assertEqual({moment.year for moment in years}, {utcnow().year})

    @mute_logger(LOGGER)
    def test_it_never_raises(self):
        """The log is full or locked, and orders fail for it."""
        before = log_writer.stats().get("failed", 0)

        def broken(_dbname, _observations):
            raise psycopg2.OperationalError("no space left on device")

        with log_writer.sink(broken), log_writer.execution():
            log_writer.record(self.env, Observation("custom"))
            log_writer.record(self.env, None)
        self.assertGreaterEqual(log_writer.stats()["failed"], before + 2)

    def test_other_databases_are_left_alone(self):
        """A database without the suite, or one that is not loaded, is written to."""
        with log_writer.execution():
            before = log_writer.stats().get("dropped", 0)
            log_writer.record("database_that_is_not_loaded", Observation("custom"))
        self.assertEqual(log_writer.stats()["dropped"], before + 1)

    def test_equal_refusals_become_one_line_with_a_count(self):
        """An attack of a million bad signatures fills the disk."""
        clock = [0.0]
        with (
            log_writer.captured() as seen,
            patch.object(log_writer, "refusals", Coalescer(lambda: clock[0])),
        ):
            for _ in range(1000):
                with log_writer.execution():
                    log_writer.record(
                        self.env, Observation("webhook_in", outcome="refused", status_code=401)
                    )
            self.assertEqual([item.count for item in seen], [1])
            clock[0] = WINDOW + 1
            with log_writer.execution():
                log_writer.record(
                    self.env, Observation("webhook_in", outcome="refused", status_code=404)
                )
        self.assertEqual(sorted(item.count for item in seen), [1, 1, 999])
        self.assertEqual(sum(item.count for item in seen), 1001)

    def test_repeated_refusals_are_told_within_seconds(self):
        """An attack is seen when it is over, a quarter of an hour later."""
        clock = [0.0]
        coalescer = Coalescer(lambda: clock[0])
        refused = Observation("webhook_in", outcome="refused", status_code=401)
        self.assertTrue(coalescer.offer("x", refused))
        for _time in range(5):
            self.assertFalse(coalescer.offer("x", refused))
        clock[0] = 9.0
        self.assertEqual(coalescer.due(), [])
        clock[0] = 11.0
        self.assertEqual([(dbname, line.count) for dbname, line in coalescer.due()], [("x", 5)])

    def test_executions_do_not_share_a_buffer(self):
        """One request writes, or loses, the lines of another."""
        seen = []
        barrier = threading.Barrier(2)

        def work(number):
            with log_writer.execution(correlation_id=str(number)):
                barrier.wait(30)
                log_writer.record("x", Observation("custom", attempt=number))
                barrier.wait(30)

        with log_writer.sink(lambda _dbname, items: seen.append(items)):
            threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        self.assertEqual(
            sorted((item.attempt, item.correlation_id) for (item,) in seen), [(1, "1"), (2, "2")]
        )

    def test_tests_leave_the_database_clean(self):
        """Tests of other addons leave lines in the database they run on."""
        with log_writer.execution(flow_id=FLOW):
            log_writer.record(self.env, Observation("custom"))
        self.assertEqual(self._rows(), [])


@tagged("post_install", "-at_install")
class TestHttpServer(HttpCase):
    def test_a_request_is_flushed_when_it_is_over(self):
        """What happened in a request is not logged, or only with the next one."""
        model = self.registry["ir.http"]
        original = model._authenticate

        def authenticate(endpoint):
            log_writer.record(self.env.cr.dbname, Observation("rpc_in", flow_id=FLOW))
            return original(endpoint)

        with patch.object(model, "_authenticate", authenticate):
            self.url_open("/web/login")
        self.assertTrue(self.env["integration.log"].search([("flow_id", "=", FLOW)]))

    def test_lines_wait_for_the_answer_and_never_for_a_websocket(self):
        """A websocket is open for hours: what led to it is written when it closes, or never."""
        answers = (
            (Response("ok"), []),
            (Response(status=101), [FLOW]),
            (Response(iter([b"file"]), direct_passthrough=True), [FLOW]),
        )
        for response, at_once in answers:
            seen = []
            with (
                log_writer.sink(lambda _db, lines, seen=seen: seen.extend(lines)),
                patch.object(odoo.modules.module, "current_test", None),
                self.subTest(response),
            ):
                with log_writer.execution(flow_id=FLOW):
                    log_writer.record(self.env, Observation("custom"))
                    http_server._answer_first(response)
                self.assertEqual([line.flow_id for line in seen], at_once)
                run_wsgi_app(response, create_environ(), buffered=True)
                self.assertEqual([line.flow_id for line in seen], [FLOW])

    @mute_logger("odoo.addons.integration_monitor.instrumentation.http_server")
    def test_without_a_database_partners_are_told_to_come_back(self):
        """The database restarts, partners read 404 and stop delivering for good."""
        lost = psycopg2.OperationalError("server closed the connection unexpectedly")
        with patch.object(self.registry, "cursor", side_effect=lost):
            response = self.url_open("/integration/webhook/any", data=b"{}")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.headers["Retry-After"], str(http_server.RETRY_AFTER))
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertEqual(response.json()["status"], 503)

    @mute_logger("odoo.http")
    def test_other_pages_keep_odoos_answer(self):
        """Every page of Odoo becomes a machine's error text."""
        lost = psycopg2.OperationalError("server closed the connection unexpectedly")
        with patch.object(self.registry, "cursor", side_effect=lost):
            response = self.url_open("/web/health")
        self.assertNotEqual(response.headers.get("Content-Type"), "application/problem+json")

    def test_a_stopped_server_is_told_from_an_unknown_database(self):
        """Partners of a stopped database give up, or those of an unknown one retry for ever."""
        down = psycopg2.OperationalError("connection refused")
        with patch.object(http_server.db_service, "list_dbs", side_effect=down):
            self.assertTrue(http_server._server_is_down())
        self.assertFalse(http_server._server_is_down())
