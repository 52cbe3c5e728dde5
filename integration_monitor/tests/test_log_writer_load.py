"""More than usual: long executions, full buffers, a database that refuses for a while."""

# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import contextlib
import os
import threading
from unittest.mock import patch

import psycopg2

from odoo.sql_db import PoolError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_backlog, log_buffer, log_connection, log_writer
from ..tools.observation import Observation
from .test_log_writer import FLOW, LOGGER, LogWriterCase, real_cursor


class Database:
    """Takes lines, or refuses them while ``refusing``."""

    def __init__(self):
        self.seen = []
        self.calls = 0
        self.refusing = False

    def __call__(self, _dbname, observations):
        self.calls += 1
        if self.refusing:
            raise psycopg2.OperationalError("no space left on device")
        self.seen += observations


@tagged("post_install", "-at_install")
class TestLogWriterLoad(LogWriterCase):
    def _clocked(self):
        """A backlog of this database whose clock the test turns."""
        clock = [0.0]
        log_writer._backlogs[self.env.cr.dbname] = log_backlog.Backlog(lambda: clock[0])
        return clock

    def _observe(self, number=1, **values):
        for _ in range(number):
            log_writer.record(self.env, Observation(**{"kind": "custom", **values}))

    def test_threads_that_meet_one_outage(self):
        """Five threads fail at the same moment, and the log stands still for a minute."""
        clock = [0.0]
        backlog = log_backlog.Backlog(lambda: clock[0])
        self.assertTrue(all(backlog.begin() for _thread in range(5)))
        for _thread in range(5):
            backlog.failed()
        for pause in (1, 2, 4):
            clock[0] += pause * log_backlog.FIRST_PAUSE - 1
            self.assertFalse(backlog.begin())
            clock[0] += 1
            self.assertTrue(backlog.begin(), "each pause is twice the one before")
            backlog.failed()

    def test_a_long_execution_writes_pages_and_loses_nothing(self):
        """An import of a night loses everything behind its thousandth call."""
        database = Database()
        before = log_writer.stats().get("dropped", 0)
        with log_writer.sink(database), log_writer.execution():
            self._observe(5 * log_writer.MAX_BUFFER + 3)
            self.assertGreaterEqual(len(database.seen), 4 * log_writer.MAX_BUFFER)
            self.assertLess(len(log_buffer.current().lines), log_buffer.PAGE_LINES)
        self.assertEqual(len(database.seen), 5 * log_writer.MAX_BUFFER + 3)
        self.assertEqual(log_writer.stats().get("dropped", 0), before)

    def test_pages_are_written_inside_an_open_transaction(self):
        """A page waits for the business that waits for the page."""
        dbname = self.env.cr.dbname
        with log_writer.sink(log_writer.database_sink), log_writer.execution(flow_id=FLOW):
            with real_cursor(dbname) as business:
                business.execute("UPDATE res_partner SET ref = 'x' WHERE id = 1")
                for _ in range(log_buffer.PAGE_LINES):
                    log_writer.record(dbname, Observation("custom"))
                self.assertEqual(len(self._rows()), log_buffer.PAGE_LINES)
                business.rollback()

    def test_one_page_at_a_time_and_the_buffer_is_bounded(self):
        """Sixty threads take sixty connections more, or a loop of ten million calls the memory."""
        inside, go_on = threading.Event(), threading.Event()
        seen = []

        def slow(_dbname, observations):
            seen.extend(observations)
            inside.set()
            go_on.wait(20)

        def import_all_night():
            with log_writer.execution():
                self._observe(log_buffer.PAGE_LINES)

        with log_writer.sink(slow):
            thread = threading.Thread(target=import_all_night)
            thread.start()
            self.assertTrue(inside.wait(10))
            with log_writer.execution():
                before = log_writer.stats().get("dropped", 0)
                self._observe(log_writer.MAX_BUFFER + 50)
                self.assertEqual(len(log_buffer.current().lines), log_writer.MAX_BUFFER)
                self.assertEqual(log_writer.stats()["dropped"], before + 50)
                go_on.set()
            thread.join(20)
            told = [item for item in seen if item.operation == "log.dropped"]
        self.assertEqual([(item.kind, item.outcome, item.count) for item in told],
                         [("monitor", "error", 50)])  # fmt: skip
        self.assertIn("50 lines of this log were lost", told[0].error_message)

    def test_big_answers_are_cut_before_they_wait(self):
        """A hundred answers of 20 MB wait in memory for the end of a job."""
        database = Database()
        with log_writer.sink(database), log_writer.execution():
            for body in ("x" * 20_000_000, b"\xff\xfe" * 10_000_000, b"\0" * 20_000_000):
                self._observe(
                    response_excerpt=body,
                    error_message="e" * 20_000_000,
                    request_headers={"X-Long": "h" * 20_000_000},
                    detail={"long": "d" * 20_000_000, "list": [["n"] * 100_000] * 100},
                )
            self.assertLess(log_buffer.current().bytes, 600_000)
            held = log_buffer.current().lines
            self.assertLess(max(len(line.observation.response_excerpt) for line in held), 70_000)
            self.assertEqual(
                held[2].observation.response_excerpt, "(20000000 bytes of binary data)"
            )
            self._observe(200, response_excerpt="x" * 60_000)
            self.assertTrue(database.seen)  # the bytes made a page, not the lines
        self.assertEqual(len(database.seen), 203)

    @mute_logger(LOGGER)
    def test_refused_lines_are_written_with_the_next_try(self):
        """A fail-over of ten seconds leaves a hole in the evidence."""
        database = Database()
        with log_writer.sink(database):
            clock = self._clocked()
            database.refusing = True
            with log_writer.execution():
                self._observe(3, attempt=1)
            database.refusing = False
            with log_writer.execution():
                self._observe(2, attempt=2)
            self.assertEqual(database.calls, 1)  # nobody waits for a database that just refused
            self.assertEqual(log_writer.stats()["waiting"], 5)
            clock[0] += log_backlog.FIRST_PAUSE + 1
            with log_writer.execution():
                pass
        self.assertEqual([item.attempt for item in database.seen], [1, 1, 1, 2, 2])

    @mute_logger(LOGGER)
    def test_lines_refused_twice_are_lost_and_told(self):
        """Nobody learns that the log has a hole."""
        database = Database()
        with log_writer.sink(database):
            clock = self._clocked()
            before = log_writer.stats().get("dropped", 0)
            database.refusing = True
            for _ in range(3):
                with log_writer.execution():
                    self._observe(2)
                clock[0] += log_backlog.LONGEST_PAUSE + 1
            self.assertEqual(log_writer.stats()["dropped"] - before, 4)
            database.refusing = False
            with log_writer.execution():
                pass
        self.assertEqual([item.operation for item in database.seen], [None, None, "log.dropped"])
        self.assertEqual(database.seen[-1].count, 4)

    @mute_logger(LOGGER)
    def test_what_waits_is_bounded(self):
        """A database that is down for a night fills the memory of every worker."""
        database = Database()
        with log_writer.sink(database):
            clock = self._clocked()
            database.refusing = True
            for _ in range(log_backlog.MAX_LINES // 100 + 5):
                with log_writer.execution():
                    self._observe(100)
            self.assertLessEqual(log_writer.stats()["waiting"], log_backlog.MAX_LINES)
            database.refusing = False
            clock[0] += log_backlog.LONGEST_PAUSE
            with log_writer.execution():
                pass
        self.assertEqual(sum(item.count for item in database.seen), log_backlog.MAX_LINES + 500)

    @mute_logger(LOGGER)
    def test_after_a_pause_one_tries_for_all(self):
        """Each of fifty threads waits two seconds for a locked table."""
        database = Database()
        database.refusing = True
        with log_writer.sink(database):
            clock = self._clocked()
            with log_writer.execution():
                self._observe()
            clock[0] += log_backlog.FIRST_PAUSE + 1
            backlog = log_writer._backlogs[self.env.cr.dbname]
            self.assertEqual([backlog.begin() for _ in range(5)], [True] + [False] * 4)
            backlog.failed()
            clock[0] += log_backlog.FIRST_PAUSE + 1
            self.assertFalse(backlog.begin())  # and the pauses grow

    def test_a_strange_line_does_not_cost_the_others(self):
        """One value that PostgreSQL cannot hold loses a page of five hundred."""

        class Odd(int):
            """A number that PostgreSQL reads as something else."""

            def __str__(self):
                return "'x'::date"

        lines = [Observation("custom", flow_id=FLOW) for _ in range(3)]
        lines[1].records_applied = Odd(5)
        with mute_logger(LOGGER.replace("log_writer", "log_store")):
            lost = log_writer.write_on(self.env.cr, lines)
        found = self.env["integration.log"].search_count([("flow_id", "=", FLOW)])
        self.assertEqual(found + lost, 3)
        self.assertGreaterEqual(found, 2)

    def test_a_forked_worker_writes_nothing_of_its_parent(self):
        """Every prefork worker writes the lines of the process it was forked from once more."""
        with log_writer.captured(), log_writer.execution():
            self._observe(7)
            reading, writing = os.pipe()
            child = os.fork()
            if not child:  # no connection of the parent may be touched, nor its atexit run
                left = len(log_buffer.current().lines)
                answer = [left, log_writer.stats().get("recorded", 0), log_writer.refusals._held]
                os.write(writing, repr(list(map(bool, answer))).encode())
                os._exit(0)
            os.waitpid(child, 0)
            answer = os.read(reading, 100)
            os.close(reading)
            os.close(writing)
        self.assertEqual(answer, b"[False, False, False]")

    def test_a_full_pool_costs_lines_no_business(self):
        """All connections are taken, and orders fail because of the log."""
        dbname = self.env.cr.dbname
        full = PoolError("The Connection Pool Is Full")
        log_connection.close()
        with mute_logger(LOGGER), log_writer.sink(log_writer.database_sink):
            clock = self._clocked()
            with contextlib.ExitStack() as stack:
                for module in (log_connection,):
                    stack.enter_context(patch.object(module, "db_connect", side_effect=full))
                stack.enter_context(log_writer.execution(flow_id=FLOW))
                for _ in range(log_buffer.PAGE_LINES + 1):
                    log_writer.record(dbname, Observation("custom"))
            clock[0] += log_backlog.LONGEST_PAUSE
            with log_writer.execution():
                pass
        self.assertEqual(len(self._rows()), log_buffer.PAGE_LINES + 1)
