"""Fixtures of the engine's tests; other test modules and addons inherit them."""

import json
import os
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase

from ..instrumentation import log_writer
from ..tools import crypto
from .common_users import new_users

ROLES = ("viewer", "operator", "support", "administrator")


class IntegrationCase(TransactionCase):
    """A company with one shop system, one endpoint, an inbound and an outbound flow.

    ``_system_values`` and its like may be overridden to change the fixtures. Messages are worked
    on by :meth:`drain`, which runs the job function on cursors of its own, as the queue does.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.startClassPatcher(
            patch.dict(os.environ, {"INTEGRATION_MONITOR_KEY": crypto.generate_key()})
        )
        groups = {
            f"im_{role}": ["base.group_user", f"integration_monitor.group_{role}"] for role in ROLES
        }
        users = new_users(cls.env, {**groups, "im_plain": ["base.group_user"]})
        cls.users = dict(zip((*ROLES, "plain"), users, strict=True))
        # What failed is not tried again within the patience of the lane that a test runs.
        cls.env.ref("integration_monitor.retry_policy_normal").base_seconds = 600
        cls.system = cls.env["integration.system"].create(cls._system_values())
        cls.endpoint = cls.env["integration.endpoint"].create(cls._endpoint_values())
        cls.inbound = cls.env["integration.flow"].create(cls._inbound_values())
        cls.outbound = cls.env["integration.flow"].create(cls._outbound_values())

    @classmethod
    def _system_values(cls):
        return {
            "name": "Test shop",
            "code": "im_test_shop",
            "kind": "ecommerce",
            "environment": "test",
            "user_id": cls.users["operator"].id,
        }

    @classmethod
    def _endpoint_values(cls):
        return {
            "name": "Test API",
            "code": "im_test_api",
            "system_id": cls.system.id,
            "base_url": "http://127.0.0.1:9",
            "allowed_networks": "127.0.0.0/8",
        }

    @classmethod
    def _inbound_values(cls):
        return {
            "name": "Test orders",
            "code": "im.test.orders",
            "system_id": cls.system.id,
            "direction": "inbound",
            "message_type": "test.order",
            "payload_policy": "keep",
        }

    @classmethod
    def _outbound_values(cls):
        return {
            "name": "Test push",
            "code": "im.test.push",
            "system_id": cls.system.id,
            "endpoint_id": cls.endpoint.id,
            "direction": "outbound",
            "style": "event",
            "message_type": "test.push",
            "payload_policy": "keep",
        }

    def receive(self, payload=None, flow=None, **kwargs):
        """Receive one message. :return: tuple (message, created)"""
        body = payload if isinstance(payload, bytes) else json.dumps(payload or {}).encode()
        kwargs.setdefault("content_type", "application/json")
        return (flow or self.inbound)._receive(body, {}, **kwargs)

    def drain(self, flow):
        """Work on what is due in a lane, as the queue does: own cursor, service account."""
        with self.own_flow(flow) as lane, log_writer.captured() as seen:
            lane._drain()
        return seen

    @contextmanager
    def own_flow(self, flow):
        """The flow on a cursor of its own, in its service account's environment."""
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            service = flow._as_service()
            yield service.with_env(service.env(cr=cr))

    @contextmanager
    def handler(self, flow, **methods):
        """Replace methods of the flow's handler for a block."""
        target = self.registry[flow.handler]
        patches = [patch.object(target, name, method) for name, method in methods.items()]
        for item in patches:
            item.start()
        try:
            yield
        finally:
            for item in patches:
                item.stop()

    @contextmanager
    def answers(self, *answers):
        """Let the HTTP client give these answers in turn; the last one repeats.

        :param answers: ``HttpResponse`` or exceptions; the list yielded takes the requests
        """
        requests = []
        queue = list(answers)

        def request(client, method, path="", *, headers=None, body=None):
            requests.append(
                {"client": client, "method": method, "path": path, "headers": headers, "body": body}
            )
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        with patch("odoo.addons.integration_monitor.tools.http_client.HttpClient.request", request):
            yield requests

    def log_calls(self, calls, retries):
        """Let the log know of calls of the last minutes."""
        self.env.cr.execute(
            """INSERT INTO integration_log_data (occurred_at, retention_class, kind, outcome,
                                                 endpoint_id, attempt, count)
               SELECT %s, 'standard', 'http_out', 'ok', %s,
                      CASE WHEN n <= %s THEN 2 ELSE 1 END, 1
                 FROM generate_series(1, %s) n""",
            (fields.Datetime.now(), self.endpoint.id, retries, calls),
        )

    def due_now(self, messages):
        """Let a retry be due at once."""
        messages.sudo().write({"next_attempt_at": "2000-01-01 00:00:00"})

    @classmethod
    def other_company(cls):
        """:return: a second company that no test user belongs to"""
        return cls.env["res.company"].create({"name": "Elsewhere"})

    @classmethod
    def allow_company(cls, user, company):
        """Let a user work for a further company."""
        user.write({"company_ids": [Command.link(company.id)]})
