"""A test event: a signed delivery to our own address, the way a partner would send it."""

import ipaddress
import json
import socket
import uuid
from typing import NamedTuple
from urllib.parse import urlsplit

from odoo import models

from odoo.addons.integration_monitor.tools import signature
from odoo.addons.integration_monitor.tools.client_actions import RELOAD, notification
from odoo.addons.integration_monitor.tools.errors import IntegrationError
from odoo.addons.integration_monitor.tools.http_client import HttpClient

DEADLINE = 10.0


class TestOutcome(NamedTuple):
    """How a test went: ``ok`` and words for the person who pressed the button."""

    ok: bool
    text: str


class IntegrationFlow(models.Model):
    """Sends test events."""

    _inherit = "integration.flow"

    def action_send_test_event(self):
        """Send a test event and tell the outcome."""
        self.ensure_one()
        self.check_access("write")
        outcome = self._send_test_event()
        return notification(
            outcome.text,
            "success" if outcome.ok else "danger",
            title=self.env._("Test event"),
            sticky=not outcome.ok,
            then=RELOAD,
        )

    def _send_test_event(self):
        """POST a signed ``integration.test`` to the flow's webhook address.

        It passes every check that a partner's delivery passes, and is kept as a message that is
        done at once, without the flow's handler.

        :return: ``TestOutcome``
        """
        self.ensure_one()
        credential = self.webhook_secret_ids.filtered(lambda secret: secret.state == "active")[:1]
        if not credential:
            return TestOutcome(
                False, self.env._("This flow has no active secret: make a new one first.")
            )
        body = json.dumps({"type": "integration.test", "data": {"flow": self.code}}).encode()
        headers = {
            "Content-Type": "application/json",
            # On a server of several databases this one is meant.
            "X-Odoo-Database": self.env.cr.dbname,
            **signature.signed_headers([credential._reveal()], f"test_{uuid.uuid4().hex}", body),
        }
        base = self.get_base_url()
        try:
            response = HttpClient(
                base, deadline=DEADLINE, allowed_networks=_own_addresses(base)
            ).request("POST", self.webhook_path, headers=headers, body=body)
        except IntegrationError as error:
            return TestOutcome(
                False,
                self.env._(
                    "%(url)s cannot be reached from this server: %(error)s If the address is "
                    "wrong, correct the system parameter web.base.url.",
                    url=self.webhook_url,
                    error=error.message,
                ),
            )
        return self._describe_test(response)

    def _describe_test(self, response):
        """Put the answer of our own webhook into words."""
        if response.ok:
            return TestOutcome(
                True,
                self.env._(
                    "Delivered, verified and kept in %(ms)d ms.", ms=round(response.elapsed_ms)
                ),
            )
        reasons = {
            401: self.env._("The signature was refused."),
            404: self.env._(
                "The address answers, but not with this database: check web.base.url and the "
                "database filter."
            ),
            410: self.env._("The flow or its system is archived."),
            429: self.env._("Too many deliveries in a short time: try again in a minute."),
        }
        reason = reasons.get(response.status, response.text[:200])
        return TestOutcome(
            False,
            self.env._("Answer %(status)d. %(reason)s", status=response.status, reason=reason),
        )


def _own_addresses(base_url):
    """The addresses of our own host name: alone they may be called, even private ones."""
    parts = urlsplit(base_url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM)
    except OSError:
        return ()  # the client reports that the name does not resolve
    addresses = {ipaddress.ip_address(info[4][0].partition("%")[0]) for info in found}
    return tuple(f"{address}/{address.max_prefixlen}" for address in addresses)
