"""Calls of foreign modules through the wrapper around ``requests``, to servers that misbehave."""

import contextlib
import inspect
import socket
import sys
import threading
from pathlib import Path
from unittest.mock import patch

import requests

from odoo.modules.registry import Registry
from odoo.tests.common import _super_send

from odoo.addons.integration_monitor.instrumentation import log_writer, requests_session
from odoo.addons.integration_monitor.tests.common import IntegrationCase

HELPERS = str(Path(__file__).resolve().parent / "unit" / "integration_monitor")
# Odoo's tests replace Session.send; what they keep of it may be wrapped already.
REAL_SEND = inspect.unwrap(_super_send)


class OutboundCase(IntegrationCase):
    """``requests`` as in production: a real session inside of one wrapper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sys.path.insert(0, HELPERS)
        cls.addClassCleanup(sys.path.remove, HELPERS)
        import wire

        cls.wire = wire

    def setUp(self):
        super().setUp()
        log_writer.flush()  # leftovers of other tests
        self.startPatcher(
            patch.object(requests.Session, "send", requests_session.wrapped(REAL_SEND))
        )
        self.assertEqual(threading.current_thread().dbname, self.env.cr.dbname)

    @contextlib.contextmanager
    def server(self, *answers, tls=None):
        """A server on a free port: bytes are sent, functions get the connection.

        :return: tuple (port, requests as received); the last answer repeats
        """
        received = []

        def behave(connection, request, _number):
            received.append(request.decode("latin-1"))
            answer = answers[min(len(received), len(answers)) - 1]
            if callable(answer):
                return answer(connection)
            connection.sendall(answer)
            return True

        with self.wire.serving(behave, tls) as (port, _connections):
            yield port, received

    @contextlib.contextmanager
    def lines(self):
        """The lines of the block, once it has ended; the table of endpoints as this test has it."""
        self.env["integration.endpoint"]._match_table()
        seen = []
        with log_writer.captured() as captured:
            yield seen
        seen += captured

    def partner(self, port, host="127.0.0.1", **values):
        """An endpoint for a port of this machine."""
        number = self.env["integration.endpoint"].search_count([])
        return self.env["integration.endpoint"].create(
            {
                "name": f"Partner {number}",
                "code": f"partner_{number}",
                "system_id": self.system.id,
                "base_url": f"http://{host}:{port}",
                **values,
            }
        )

    @contextlib.contextmanager
    def another_database(self):
        """A second database that this process has loaded."""
        Registry.registries["another"] = self.registry
        try:
            yield
        finally:
            Registry.registries.pop("another", None)

    def closed_port(self):
        """A port that nobody listens on until the test ends."""
        unused = self.enterContext(contextlib.closing(socket.socket()))
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]
