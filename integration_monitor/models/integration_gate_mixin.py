"""What every document has whose step a gate may keep back."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

OVERRIDE_GROUP = "integration_monitor.group_gate_override"


class IntegrationGateMixin(models.AbstractModel):
    """Shows that a gate keeps the document back, and lets who is entitled override it.

    A document implements :meth:`_integration_is_open` and calls ``integration.gate._check`` in
    front of the step.
    """

    _name = "integration.gate.mixin"
    _description = "Document that a gate may keep back (mixin)"

    integration_gate_text = fields.Char(
        string="Held by Gating", compute="_compute_integration_gate_text"
    )

    @api.depends_context("uid", "lang")
    def _compute_integration_gate_text(self):
        """Say why the document is kept back; without gates no query."""
        self.integration_gate_text = False
        Gate = self.env["integration.gate"]
        if not Gate._rules(self._name):
            return
        documents = self._origin.filtered(lambda document: document._integration_is_open())
        texts = {}
        for held in Gate._held(documents):
            texts.setdefault(held.document_id, []).append(Gate._words(documents, held))
        for document in self:
            document.integration_gate_text = " ".join(texts.get(document._origin.id, ())) or False

    def _integration_is_open(self):
        """:return: whether the step that gates keep back is still to come"""
        raise NotImplementedError

    def action_override_gate(self):
        """Ask why the document may pass all the same."""
        self._integration_check_override()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Override Gate"),
            "res_model": "integration.gate.override.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_id": self.id},
        }

    def _integration_check_override(self):
        """Raise unless the user may let this document pass."""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(OVERRIDE_GROUP):
            raise AccessError(
                self.env._(
                    "You may not override gates. Ask somebody with the right “Integrations: "
                    "override gates”."
                )
            )

    def _integration_override_gate(self, reason):
        """Let the document pass the gates that keep it back now.

        :param str reason: kept in the audit trail and in the document's history
        :raises UserError: without a reason, or when no gate keeps the document back
        """
        self._integration_check_override()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the document may pass: it is kept for the audit."))
        Gate = self.env["integration.gate"]
        held = Gate._held(self) if self._integration_is_open() else []
        if not held:
            raise UserError(self.env._("No gate keeps this document back any more. Go on."))
        # Audit rows are added by the engine alone; who may is checked above.
        gates = Gate.sudo().browse({item.rule.id for item in held})
        self.env["integration.gate.override"].sudo().create(
            [
                {
                    "gate_id": gate.id,
                    "company_id": self.company_id.id,
                    "reason": reason,
                    "res_model": self._name,
                    "res_id": self.id,
                    "document_name": self.display_name,
                    "step_name": gate.step_id.name,
                }
                for gate in gates
            ]
        )
        self.message_post(
            body=self.env._(
                "Gate overridden (%(gates)s): %(reason)s",
                gates=", ".join(gates.mapped("name")),
                reason=reason,
            )
        )
        owner_ids = {item.transaction_id for item in held if item.transaction_id}
        owners = self.env["integration.transaction"].sudo().browse(owner_ids)
        owners._refresh_blame()
        self.env["integration.message"].sudo()._release_gated(owner_ids)
        self.invalidate_recordset(["integration_gate_text"])
