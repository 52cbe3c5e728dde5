"""The way through 'Connect a partner': what each step must have, forth and back."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.integration_monitor.models.integration_flow import CODE_PATTERN

STEPS = ["who", "flows", "outbound", "handover"]


class IntegrationConnectWizard(models.TransientModel):
    """Steps; nothing is made before the last one."""

    _inherit = "integration.connect.wizard"

    def action_next(self):
        """Check the step at hand and show the next one."""
        self.ensure_one()
        self._check_key()
        getattr(self, f"_check_{self.step}")()
        if self.step == "flows" and not self.has_outbound:
            return self.action_connect()
        self.step = STEPS[STEPS.index(self.step) + 1]
        return self._reopen()

    def action_back(self):
        """Show the step before; nothing is lost."""
        self.ensure_one()
        if self.step == "outbound" and self.endpoint_id:
            self._take_over_endpoint()
            self.step = "handover"
        elif self.step in ("flows", "outbound"):
            self.step = STEPS[STEPS.index(self.step) - 1]
        return self._reopen()

    def action_connect(self):
        """Make system, endpoint, flows and secrets, and show what to hand over."""
        self.ensure_one()
        if self.flow_ids:
            raise UserError(self.env._("This partner is connected already."))
        self._check_key()
        for step in STEPS[: 3 if self.has_outbound else 2]:
            getattr(self, f"_check_{step}")()
        self._connect()
        self.step = "handover"
        return self._reopen()

    def action_done(self):
        """The secrets were copied: nobody sees them again. Show the system."""
        self.ensure_one()
        self.handover_ids._close()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.system",
            "res_id": self.system_id.id,
            "view_mode": "form",
            "target": "main",
        }

    def _check_key(self):
        """Stop before anything is lost when secrets could not be kept."""
        if self.key_problem:
            raise UserError(self.key_problem)

    def _check_who(self):
        """Step 1 is complete."""
        if not (self.system_id or (self.system_name or "").strip()):
            raise UserError(self.env._("Name the system, for example “Web shop Benelux”."))

    def _check_flows(self):
        """Step 2 is complete and every code is free."""
        if not self.line_ids:
            raise UserError(self.env._("Choose what you exchange, or add at least one flow."))
        codes = self.line_ids.mapped("code")
        for code in codes:
            if not CODE_PATTERN.fullmatch(code or ""):
                raise UserError(
                    self.env._(
                        "“%(code)s” cannot be part of an address: use small letters, digits, dot, "
                        "dash and underscore.",
                        code=code,
                    )
                )
        # sudo: codes are unique over all companies.
        flows = self.env["integration.flow"].sudo().with_context(active_test=False)
        taken = flows.search([("code", "in", codes)]).mapped("code")
        twice = taken or [code for code in codes if codes.count(code) > 1]
        if twice:
            raise UserError(
                self.env._("The code “%(code)s” is used already: choose another.", code=twice[0])
            )
        if self.has_warehouse and not self.warehouse_id:
            raise UserError(self.env._("Choose the warehouse that this partner ships from."))

    def _check_outbound(self):
        """Step 3 is complete and the address can be one."""
        Endpoint = self.env["integration.endpoint"]
        refusal = Endpoint._address_refusal(self.base_url) or Endpoint._path_refusal(
            self.health_path
        )
        if refusal:
            raise UserError(refusal)
        self._check_sign_in()
