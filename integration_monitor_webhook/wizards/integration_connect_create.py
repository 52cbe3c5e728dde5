"""The last step of 'Connect a partner': makes the records, and tests the connection."""

import re

from odoo import models

from odoo.addons.integration_monitor.models.integration_endpoint_sign_in import FRESH
from odoo.addons.integration_monitor.tools.errors import (
    AuthError,
    IntegrationError,
    RequestUnusable,
)


class IntegrationConnectWizard(models.TransientModel):
    """Creates what the steps before asked for, all or nothing."""

    _inherit = "integration.connect.wizard"

    def _connect(self):
        """Make system, endpoint, flows, credentials; fill ``flow_ids`` and ``handover_ids``."""
        system = self.system_id or self.env["integration.system"].create(self._system_values())
        endpoint = self.env["integration.endpoint"]
        if self.has_outbound:
            endpoint = endpoint.create(self._endpoint_values(system))
            self._store_credential(endpoint)
        flows = self.env["integration.flow"].create(
            [self._flow_values(line, system, endpoint) for line in self.line_ids]
        )
        self.write(
            {
                "system_id": system.id,
                "endpoint_id": endpoint.id,
                "flow_ids": [(6, 0, flows.ids)],
            }
        )
        inbound = flows.filtered(lambda flow: flow.direction == "inbound")
        inbound._hand_over_secret().write({"wizard_id": self.id})

    def _system_values(self):
        """Values of the new system."""
        return {
            "name": self.system_name.strip(),
            "code": self._free_code("integration.system", self.system_name),
            "kind": self.kind or "other",
            "environment": self.environment or "production",
            "partner_id": self.partner_id.id,
            "user_id": self.user_id.id,
            "company_id": self.company_id.id,
        }

    def _endpoint_values(self, system):
        """Values of the endpoint that outbound flows call."""
        return {
            "name": self.env._("%(system)s API", system=system.name),
            "code": self._free_code("integration.endpoint", system.name),
            "system_id": system.id,
            **self._outbound_values(),
            **self._sign_in_values(),
        }

    def _outbound_values(self):
        """Values of the endpoint that say where and how it is called."""
        return {
            "base_url": self.base_url.strip(),
            "health_path": (self.health_path or "/").strip(),
            "verify_tls": self.verify_tls,
            "allowed_networks": self.allowed_networks,
        }

    def _flow_values(self, line, system, endpoint):
        """Values of the flow of one line."""
        values = line._flow_values()
        values.update(
            system_id=system.id,
            endpoint_id=endpoint.id if line.direction == "outbound" else False,
            user_id=self.user_id.id,
        )
        if self.warehouse_id and self.has_warehouse:
            values["warehouse_id"] = self.warehouse_id.id
            if line.direction == "outbound":
                values["warehouse_ids"] = [(6, 0, self.warehouse_id.ids)]
        if ".shop.order." in line.handler:
            values.update(pricelist_id=self.pricelist_id.id, sale_team_id=self.sale_team_id.id)
        return values

    def _free_code(self, model, name):
        """A short code made of ``name`` that no record of the company has."""
        base = re.sub(r"[^a-z0-9]+", "-", (name or "").lower()).strip("-")[:40] or "partner"
        records = self.env[model].with_context(active_test=False)
        taken = set(
            records.search(
                [("company_id", "=", self.company_id.id), ("code", "=like", f"{base}%")]
            ).mapped("code")
        )
        code, number = base, 2
        while code in taken:
            code, number = f"{base}-{number}", number + 1
        return code

    def action_test_connection(self):
        """Call the partner for real and put the outcome into words."""
        self.ensure_one()
        # A person asks: also when the partner refused our client a moment ago.
        endpoint = self.endpoint_id.with_context(**{FRESH: True})
        try:
            response = endpoint._call("GET", endpoint.health_path or "/")
        except IntegrationError as error:
            outcome = ("failed", self._describe_failure(error))
        else:
            outcome = (
                "ok",
                self.env._(
                    "Connected: answer %(status)d after %(ms)d ms.",
                    status=response.status,
                    ms=round(response.elapsed_ms),
                ),
            )
        self.write({"connection_state": outcome[0], "connection_message": outcome[1]})
        return self._reopen()

    def _describe_failure(self, error):
        """Say what the kind of failure asks the person to do."""
        if isinstance(error, RequestUnusable):
            return self.env._(
                "Nothing was sent: correct address, path or sign-in. (%(error)s)",
                error=error.message,
            )
        if isinstance(error, AuthError) and getattr(error, "response", None) is None:
            # The partner's API was not asked: the words say what is missing, or who refused.
            return error.message
        advice = {
            "dns": self.env._("The host name does not exist: check the address."),
            "connect": self.env._(
                "Nobody answers at this address: check host and port, and "
                "allow the network if it is a private one."
            ),
            "tls": self.env._("The certificate is not trusted: ask the partner to mend it."),
            "timeout": self.env._("No answer in time: ask the partner whether the system runs."),
            "auth": self.env._("The sign-in was refused: enter the token or password again."),
            "rate_limit": self.env._("The partner asks to wait: try again later."),
            "client": self.env._(
                "The address answers but does not know this path: correct the path for the test."
            ),
            "server": self.env._("The partner's system has a fault of its own: tell the partner."),
        }.get(error.error_class, "")
        return f"{advice} ({error.message})" if advice else error.message

    def action_refresh(self):
        """Read again when the partner delivered last."""
        return self._reopen()
