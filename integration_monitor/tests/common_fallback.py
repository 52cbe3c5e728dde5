"""A flow with two endpoints, each a partner of its own on a port of this machine."""

import threading
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import fields

from .common import IntegrationCase
from .common_partner import REAL_SEND, Partner

DOWN = (503, {"error": "down for now"})


class Site(Partner):
    """A partner that answers everybody, and may take requests without ever answering them."""

    def __init__(self):
        super().__init__()
        self.open = True
        self.hangs = False
        self.released = threading.Event()

    def answer(self, call):
        """:return: (status, value); while it hangs, only when the test is over"""
        result = super().answer(call)
        if self.hangs:
            self.released.wait(30)
        return result

    def server_close(self):
        """Let go whoever hangs."""
        self.released.set()
        return super().server_close()

    @property
    def keys(self):
        """The Idempotency-Key of each request, in their order."""
        return [call["headers"]["Idempotency-Key"] for call in self.api_calls]


class FallbackCase(IntegrationCase):
    """``main`` and ``other`` are the sites behind ``endpoint`` and ``spare``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.env["integration.retry.policy"].create(
            {
                "name": "Patient",
                "code": "im_fallback",
                "max_attempts": 3,
                # Chance must not make a retry due at once.
                "base_seconds": 3600,
                "cap_seconds": 3600,
                "deadline_minutes": 6000,
                "retry_classes": "dns,connect,timeout,server,rate_limit,unknown",
            }
        )
        cls.spare_system = cls.env["integration.system"].create(
            {"name": "Spare system", "code": "im_spare", "kind": "wms", "environment": "test"}
        )
        cls.spare = cls.env["integration.endpoint"].create(
            {
                **cls._endpoint_values(),
                "name": "Spare API",
                "code": "im_spare_api",
                "system_id": cls.spare_system.id,
            }
        )
        limits = {
            "breaker_failure_limit": 2,
            "breaker_timeout_limit": 1,
            "connect_timeout": 1.0,
            "read_timeout": 0.3,
        }
        (cls.endpoint | cls.spare).write(limits)
        cls.outbound.retry_policy_id = cls.policy

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(requests.Session, "send", REAL_SEND))
        self.main, self.other = Site(), Site()
        for endpoint, site in ((self.endpoint, self.main), (self.spare, self.other)):
            threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
            self.addCleanup(site.server_close)
            self.addCleanup(site.shutdown)
            endpoint.base_url = site.url

    def divert(self, **values):
        """Let the outbound flow have the spare endpoint as its fallback."""
        self.outbound.write(
            {"fallback": "endpoint", "fallback_endpoint_id": self.spare.id, **values}
        )

    def emit(self, count=1, flow=None):
        """:return: so many messages about different partners, the first goes first"""
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(count)])
        return (flow or self.outbound)._emit(partners).sorted("id")

    def trip(self):
        """Open the breaker of the main endpoint as failed calls do."""
        self.main.api_answer = DOWN
        messages = self.emit(2)
        self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "open")
        return messages

    def let_probe(self, endpoint=None):
        """The cool-down is over."""
        past = fields.Datetime.now() - timedelta(seconds=1)
        (endpoint or self.endpoint).breaker_until = past

    def go(self, messages):
        """Let the messages be due, and the lane run."""
        self.due_now(messages.filtered(lambda m: m.state == "retry"))
        return self.drain(self.outbound)
