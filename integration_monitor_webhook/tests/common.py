"""A partner with a signed flow, and ways to deliver to it over real HTTP."""

import json
import os
import uuid
from contextlib import contextmanager
from unittest.mock import patch

import urllib3

from odoo.tests import HttpCase, TransactionCase

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.models.integration_credential import KEY_VARIABLE
from odoo.addons.integration_monitor.tests.common_users import new_user
from odoo.addons.integration_monitor.tools import crypto, signature

from ..controllers.reception import throttle

KEY = crypto.generate_key()


class WebhookMixin:
    """Fixtures; for ``TransactionCase`` and its children."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        environment = patch.dict(os.environ, {KEY_VARIABLE: KEY})
        environment.start()
        cls.addClassCleanup(environment.stop)
        cls.addClassCleanup(cls.env.registry.clear_cache)
        cls.admin = new_user(
            cls.env,
            "webhook_admin",
            groups="integration_monitor.group_administrator,stock.group_stock_user",
        )
        cls.service = new_user(
            cls.env, "webhook_service", groups="integration_monitor.group_service"
        )
        cls.system = cls.env["integration.system"].create(
            {"name": "Shop under test", "code": "shop-under-test", "environment": "test"}
        )
        cls.flow = cls._make_flow("webhook.under.test")
        cls.credential, cls.secret = cls.env["integration.credential"]._issue_webhook_secret(
            cls.flow
        )

    @classmethod
    def _make_flow(cls, code, **values):
        """An inbound flow whose messages no handler touches."""
        return cls.env["integration.flow"].create(
            {
                "name": code,
                "code": code,
                "system_id": cls.system.id,
                "direction": "inbound",
                "message_type": "test.message",
                "handler": "integration.handler.noop",
                "service_user_id": cls.service.id,
                **values,
            }
        )

    @classmethod
    def _make_outbound(cls):
        """Turn the flow round."""
        cls.flow.endpoint_id = cls.env["integration.endpoint"].create(
            {
                "name": "Away",
                "code": "away",
                "system_id": cls.system.id,
                "base_url": "https://away.example",
            }
        )
        cls.flow.direction = "outbound"

    @contextmanager
    def observed(self):
        """A list of the refusals and receipts that the log writer is given in the block."""
        log_writer.flush()
        log_writer.refusals.due(everything=True)
        with log_writer.captured() as seen:
            yield seen
        log_writer.refusals.due(everything=True)


class WebhookCase(WebhookMixin, TransactionCase):
    """Without HTTP."""


class WebhookHttpCase(WebhookMixin, HttpCase):
    """Delivers over real HTTP to the server of the test run."""

    @classmethod
    def _request_handler(cls, session, prepared, /, **options):
        """Odoo's guard against requests to the world; it knows plain numbers as timeouts only."""
        timeout = options.pop("timeout", None)
        if isinstance(timeout, urllib3.Timeout):
            timeout = timeout.read_timeout
        return super()._request_handler(session, prepared, timeout=timeout, **options)

    def setUp(self):
        super().setUp()
        throttle.clear()

    def deliver(self, payload=None, *, raw=None, flow=None, message_id=None, **options):
        """POST one delivery, well signed unless told otherwise.

        Options: ``secret``, ``timestamp`` (Unix seconds), ``headers`` (added; None removes one),
        ``method``, ``signed`` (bytes that the signature covers, when not those sent).
        """
        code = (flow or self.flow).code
        if raw is None:
            raw = json.dumps({"order": 1} if payload is None else payload).encode()
        headers = {
            "Content-Type": "application/json",
            **signature.signed_headers(
                [options.get("secret", self.secret)],
                message_id or f"msg_{uuid.uuid4().hex}",
                options.get("signed", raw),
                options.get("timestamp"),
            ),
        }
        headers.update(options.get("headers") or {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return self.send(
            f"/integration/webhook/{code}", raw, headers, options.get("method", "POST")
        )

    def send(self, path, data, headers, method="POST"):
        """Any request; ``data`` may be a generator, which is sent in chunks."""
        return self.opener.request(
            method, self.base_url() + path, data=data, headers=headers, timeout=30
        )

    def messages(self, flow=None):
        """The messages of a flow, as they are in the database now."""
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [("flow_id", "=", (flow or self.flow).id)], order="id"
        )

    def assertProblem(self, response, status, slug):
        """A complete problem document, and nothing kept."""
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        body = response.json()
        self.assertEqual(body["status"], status)
        self.assertTrue(body["type"].endswith(":" + slug), body)
        self.assertEqual(body["correlation_id"], response.headers["X-Correlation-ID"])
        self.assertTrue(body["title"] and body["detail"] and body["instance"])
        self.assertFalse(self.messages())
        return body
