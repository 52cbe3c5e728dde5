"""The connection that the log writer keeps: lost, busy, inherited, and nobody else's."""

# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import contextlib
import os
import socket
import threading
from unittest.mock import patch

import psycopg2
from psycopg2.extensions import AsIs

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_backlog, log_connection, log_store, log_writer
from ..tools.observation import Observation
from .test_log_writer import FLOW, LogWriterCase, real_cursor


@tagged("post_install", "-at_install")
class TestLogConnection(LogWriterCase):
    def setUp(self):
        super().setUp()
        self.dbname = self.env.cr.dbname
        self.addCleanup(log_connection.close)

    def _write(self, **values):
        with log_writer.sink(log_writer.database_sink), log_writer.execution(flow_id=FLOW):
            log_writer.record(self.dbname, Observation("custom", **values))

    def _backend(self):
        with log_connection.lent(self.dbname) as cr:
            return cr.connection.get_backend_pid()

    def test_one_connection_for_many_executions(self):
        """Every request resets a connection of the pool and plans anew."""
        self._write()
        first = self._backend()
        self._write()
        self.assertEqual(self._backend(), first)
        self.assertEqual(len(self._rows()), 2)

    def test_a_lost_connection_costs_no_line(self):
        """PostgreSQL is restarted or an administrator ends the session, and a line is missing."""
        self._write()
        with real_cursor(self.dbname) as other:
            # Waits until the backend has gone.
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (self._backend(),))
        before = log_writer.stats().get("failed", 0)
        self._write()
        self.assertEqual(len(self._rows()), 2)
        self.assertEqual(log_writer.stats().get("failed", 0), before)

    def test_a_crash_of_the_server_costs_no_line(self):
        """The pool is full of dead connections, and each of them costs the log a pause."""
        self._write()
        with log_connection.lent(self.dbname) as kept, contextlib.ExitStack() as stack:
            pooled = [
                stack.enter_context(contextlib.closing(db_connect(self.dbname).cursor()))
                for _number in range(4)
            ]
            lines = [socket.socket(fileno=os.dup(cr.connection.fileno())) for cr in [*pooled, kept]]
        for line in lines:
            with line:
                line.shutdown(socket.SHUT_RDWR)  # a crash says nothing
        before = log_writer.stats().get("failed", 0)
        self._write()
        self.assertEqual(log_writer.stats().get("failed", 0), before)
        self.assertEqual(len(self._rows()), 2)

    def _answer_lost(self):
        """A server that is restarted between the commit of a page and its answer."""
        insert = log_store._insert

        def insert_and_lose(cr, rows):
            insert(cr, rows)
            if cr.connection.autocommit:
                with real_cursor(self.dbname) as other:
                    backend = cr.connection.get_backend_pid()
                    other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
                cr._obj.execute("SELECT 1")

        return patch.object(log_store, "_insert", insert_and_lose)

    def test_a_lost_answer_doubles_no_line(self):
        """The page was committed, its answer is lost, and every line is there twice."""
        self._write()
        with self._answer_lost():
            for attempt in (1, 2):
                self._write(attempt=attempt)
        self.assertEqual(self._rows("attempt"), [(None,), (1,), (2,)])

    @mute_logger("odoo.addons.integration_monitor.instrumentation.log_writer")
    def test_a_lost_answer_and_a_server_that_is_starting(self):
        """The server is back after seconds only; then the page comes a second time."""
        clock = [0.0]
        starting = psycopg2.OperationalError("the database system is starting up")
        with log_writer.sink(log_writer.database_sink):
            log_writer._backlogs[self.dbname] = log_backlog.Backlog(lambda: clock[0])
            with (
                self._answer_lost(),
                patch.object(log_connection, "db_connect", side_effect=starting),
                log_writer.execution(flow_id=FLOW),
            ):
                log_writer.record(self.dbname, Observation("custom", attempt=1))
            self.assertEqual(log_writer.stats()["waiting"], 1)
            clock[0] += log_backlog.LONGEST_PAUSE
            with log_writer.execution(flow_id=FLOW):
                log_writer.record(self.dbname, Observation("custom", attempt=2))
        self.assertEqual(self._rows("attempt"), [(1,), (2,)])

    def test_nobody_waits_for_the_disk(self):
        """Each request waits for two disks more; or the business' own commit does not any more."""

        class Asked:
            """A number that PostgreSQL fills in while it writes the line."""

            def __conform__(self, _protocol):
                return AsIs("(current_setting('synchronous_commit') = 'off')::int")

        self._write(attempt=Asked())
        # The other way to write: the kept connection is busy.
        with log_connection.lent(self.dbname):
            thread = threading.Thread(target=self._write, kwargs={"attempt": Asked()})
            thread.start()
            thread.join(10)
        self.assertEqual(self._rows("attempt"), [(1,), (1,)])

    def test_who_finds_it_busy_takes_another(self):
        """Threads wait in line for one connection."""
        with log_connection.lent(self.dbname):
            thread = threading.Thread(target=self._write)
            thread.start()
            thread.join(10)
            self.assertFalse(thread.is_alive())
            self.assertEqual(len(self._rows()), 1)

    def test_its_settings_stay_with_it(self):
        """Business gets a connection on which a commit does not reach the disk, or is none."""
        self._write()
        backend = self._backend()
        with log_connection.lent(self.dbname) as cr:
            cr.execute("SHOW synchronous_commit")
            self.assertEqual(cr.fetchone(), ("off",))
        log_connection.close()
        cursors = [db_connect(self.dbname).cursor()]
        try:
            while cursors[-1].connection.get_backend_pid() != backend:
                cursors.append(db_connect(self.dbname).cursor())
                self.assertLess(len(cursors), 60, "it was not given back to the pool")
            self.assertFalse(cursors[-1].connection.autocommit)
            cursors[-1].execute("SHOW synchronous_commit")
            self.assertEqual(cursors[-1].fetchone(), ("on",))
            cursors[-1].execute("SHOW transaction_isolation")
            self.assertEqual(cursors[-1].fetchone(), ("repeatable read",))
        finally:
            for cursor in cursors:
                cursor.close()

    def test_the_rules_of_flows_are_those_of_now(self):
        """A setting of a flow is read once and never again, because the cursor lives on."""
        with log_connection.lent(self.dbname) as cr:
            cr.cache["x"] = 1
            self.env["integration.flow"].with_env(self.env(cr=cr))._content_rules()
        with log_connection.lent(self.dbname) as cr:
            self.assertEqual((cr.cache, cr.transaction), ({}, None))

    def test_a_forked_worker_leaves_it_to_its_parent(self):
        """Two processes speak over one connection."""
        self._write()
        backend = self._backend()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.write(writing, repr(log_connection._kept).encode())
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(os.read(reading, 100), b"None")
        os.close(reading)
        os.close(writing)
        self.assertEqual(self._backend(), backend)
