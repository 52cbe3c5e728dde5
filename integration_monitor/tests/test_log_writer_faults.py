"""Strange payloads and clocks: the line is written all the same, and quickly."""

# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import contextvars
import json
import random
import threading
import time
from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from ..instrumentation import log_partitions, log_writer
from ..instrumentation.wrapping import flush_outside_executions
from ..tools.observation import Observation, utcnow
from .test_log_writer import FLOW, LogWriterCase, real_cursor

REPLACED = "\N{REPLACEMENT CHARACTER}"


@tagged("post_install", "-at_install")
class TestLogWriterFaults(LogWriterCase):
    def _lines(self, columns, *observations):
        with log_writer.sink(log_writer.database_sink), log_writer.execution(flow_id=FLOW):
            for observation in observations:
                log_writer.record(self.env, observation)
        return self._rows(columns)

    def test_work_that_outlives_its_execution(self):
        """Pools and event loops go on with the context of a request that is over: calls vanish."""

        def call():
            may_go.wait(10)
            log_writer.record(self.env.cr.dbname, Observation("custom", operation="late"))
            flush_outside_executions()

        may_go = threading.Event()
        with log_writer.captured() as seen:
            with log_writer.execution():
                thread = threading.Thread(target=contextvars.copy_context().run, args=(call,))
                thread.start()
                task = contextvars.copy_context()
            may_go.set()
            thread.join()
            task.run(call)
            del task
            self.assertEqual([line.operation for line in seen], ["late", "late"])

    def test_payloads_of_20_megabytes(self):
        """One catalogue of 20 MB keeps a worker busy, or fills the table."""
        size = 20 * 1024 * 1024
        begun = time.thread_time()
        rows = self._lines(
            "length(response_excerpt), length(error_message), octet_length(detail::text)",
            *(
                Observation(
                    "http_out",
                    outcome="error",
                    error_message="x" * size,
                    response_excerpt=body,
                    detail={"body": "y" * size, "more": ["z" * 1000] * 20_000},
                )
                for body in (
                    '{"a": "' + "b" * size + '"}',
                    b"<a>" + b"b" * size + b"</a>",
                    "[" * size,
                )
            ),
        )
        self.assertLess(time.thread_time() - begun, 5)
        self.assertEqual(len(rows), 3)
        for excerpt, message, detail in rows:
            self.assertLessEqual(excerpt, 2000)
            self.assertLessEqual(message, 2000)
            self.assertLessEqual(detail, 24 * 600)

    def test_bytes_that_are_no_text(self):
        """A picture, half a character or a NUL byte in an answer costs the line."""
        rows = self._lines(
            "response_excerpt, error_message",
            Observation("http_out", response_excerpt=b"\x89PNG\r\n\0\x1a" * 100),
            Observation("http_out", response_excerpt=b"caf\xe9 \xff\xfe ok"),
            Observation("http_out", response_excerpt="half \ud83d pair", error_message="\0\udfff"),
        )
        self.assertEqual(rows[0][0], "(800 bytes of binary data)")
        self.assertEqual(rows[1][0], f"caf{REPLACED} {REPLACED}{REPLACED} ok")
        self.assertEqual(rows[2], ("half ? pair", f"{REPLACED}?"))

    def test_odd_headers(self):
        """A partner sends a header that no table can hold."""
        ((headers,),) = self._lines(
            "request_headers",
            Observation(
                "http_out",
                request_headers={
                    b"X-Bytes": b"caf\xe9",
                    "X-None": None,
                    "X-Number": 7,
                    "X-Nul\0": "a\0b\ud800",
                    "X-Long" * 1000: "v" * 1_000_000,
                    7: ["list"],
                    **{f"X-{number}": "v" for number in range(1000)},
                },
            ),
        )
        self.assertLessEqual(len(headers), 64)
        self.assertEqual(headers["X-Bytes"], "café")
        self.assertEqual(headers["X-Number"], "7")
        self.assertEqual(headers[f"X-Nul{REPLACED}"], f"a{REPLACED}b?")
        self.assertLessEqual(max(len(name) + len(value) for name, value in headers.items()), 700)

    def test_a_missing_partition_is_made_by_the_writer(self):
        """The first call after a month's standstill is not in the log."""
        then = utcnow().replace(day=1) - timedelta(days=300)
        leaf = log_partitions.leaf_name("audit", then)
        self.env.cr.execute("SELECT to_regclass(%s)", (leaf,))
        self.assertIsNone(self.env.cr.fetchone()[0])
        self.addCleanup(self._drop_leaf, leaf)
        rows = self._lines(
            "tableoid::regclass::text",
            Observation("custom", occurred_at=then, retention_class="audit"),
            Observation("custom"),
        )
        self.assertEqual({name for (name,) in rows},
                         {leaf, log_partitions.leaf_name("standard", utcnow())})  # fmt: skip

    def _drop_leaf(self, leaf):
        with real_cursor(self.env.cr.dbname) as cr:
            cr.execute(f"ALTER TABLE integration_log_audit DETACH PARTITION {leaf}")
            cr.execute(f"DROP TABLE {leaf}")
            cr.commit()

    def test_the_clock_jumps(self):
        """A server whose clock was wrong at start loses lines, or makes a thousand partitions."""
        now = utcnow()
        with log_writer.captured() as seen, log_writer.execution(flow_id=FLOW):
            for years in (-40, 0, 40):
                with freeze_time(now.replace(year=now.year + years, day=1)):
                    log_writer.record(self.env, Observation("custom", duration_ms=-5.0, lag_ms=-1))
        self.assertEqual(len({item.occurred_at.year for item in seen}), 3)
        before = len(log_partitions.partitions(self.env.cr))
        log_writer.write_on(self.env.cr, seen)
        self.assertEqual(len(log_partitions.partitions(self.env.cr)), before)
        lines = self.env["integration.log"].search([("flow_id", "=", FLOW)])
        self.assertEqual({line.occurred_at.year for line in lines}, {utcnow().year})
        self.assertEqual(set(lines.mapped("duration_ms") + lines.mapped("lag_ms")), {0.0})
        # While the clock is wrong, lines go where it says, and are found there.
        with freeze_time(now.replace(year=now.year + 40, day=1)):
            log_writer.write_on(self.env.cr, [Observation("custom", flow_id=FLOW)])
        self.assertEqual(self.env["integration.log"].search_count([("flow_id", "=", FLOW)]), 4)
        self.assertEqual(len(log_partitions.partitions(self.env.cr)), before + 1)

    def test_the_future_is_now(self):
        """A partner's date of next month stays on top of the log until it has come."""
        now = utcnow()
        ahead = (timedelta(days=25), timedelta(hours=1), timedelta(minutes=6))
        rows = self._lines(
            "occurred_at",
            *(Observation("span", occurred_at=now + later) for later in ahead),
            Observation("span", occurred_at=now + timedelta(minutes=2)),
            Observation("span", occurred_at=now - timedelta(days=25)),
        )
        latest = utcnow() + timedelta(seconds=1)
        self.assertEqual([moment <= latest for (moment,) in rows], [True, True, True, False, True])
        # Another server's clock may differ a little, and what comes late keeps its time.
        self.assertEqual(rows[3][0], now + timedelta(minutes=2))
        self.assertEqual(rows[4][0], now - timedelta(days=25))

    def test_a_wrong_clock_stops_no_flush(self):
        """A clock that runs backwards keeps refused lines waiting for ever."""
        with log_writer.captured() as seen:
            with freeze_time("2040-01-01"), log_writer.execution():
                log_writer.record(self.env, Observation("webhook_in", outcome="refused"))
            with freeze_time("1999-01-01"), log_writer.execution():
                log_writer.record(self.env, Observation("custom"))
        self.assertIn("custom", [item.kind for item in seen])

    def test_no_secret_reaches_the_table(self):
        """Somebody with a dump of the database reads the passwords of all partners."""
        dice = random.Random(3)

        def secret():
            return "QZQ" + "".join(dice.choices("abcdefXYZ0123456789-_", k=24)) + "QZQ"

        observations = []
        for _ in range(30):
            password = secret()
            body = json.dumps({"user": "u", "inner": json.dumps({"api_key": password})})
            url = f"https://u:{password}@h.example/p?a=1&access_token={password}"
            observations.append(
                Observation(
                    "http_out",
                    outcome="error",
                    error_class="auth",
                    error_message=f"{url} refused {{'password': '{password}'}}",
                    response_excerpt=dice.choice([body, body[:-3], f"<token>{password}</token>"]),
                    request_headers={"X-ApI-KeY": password, "X-Info": f"Bearer {password}"},
                    detail={"card": password, "said": body, "deep": [{"pin": password}]},
                    operation=f"upload token={password}",
                    path_template=f"/p;jsessionid={password}?sig={password}",
                    host=f"u:{password}@h.example",
                    correlation_id=f"password={password}",
                    message_uid=f"whsec_{password}",
                )
            )
        rows = self._lines("integration_log_data::text", *observations)
        self.assertEqual(len(rows), 30)
        self.assertNotIn("QZQ", str(rows))
        self.assertIn("h.example", str(rows))
