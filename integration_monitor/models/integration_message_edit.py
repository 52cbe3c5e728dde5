"""Every correction of a payload: who, when, and what was changed."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import payload as proofs
from ..tools import payload_diff


class IntegrationMessageEdit(models.Model):
    """One correction; kept with its message, changed by nobody."""

    _name = "integration.message.edit"
    _description = "Correction of an integration message"
    _order = "id desc"
    _rec_name = "edited_at"

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="message_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", readonly=True, required=True, ondelete="restrict")
    edited_at = fields.Datetime(readonly=True, required=True, default=fields.Datetime.now)
    diff = fields.Text(
        string="Difference", readonly=True, help="Removed when the content itself is hidden."
    )
    sha256_before = fields.Char(readonly=True)
    sha256_after = fields.Char(readonly=True)

    def write(self, vals):
        """Refuse; only content that must not be kept is forgotten."""
        if not self.env.su or set(vals) != {"diff"} or vals["diff"]:
            raise UserError(self.env._("The record of a correction is not changed."))
        return super().write(vals)

    def _forget(self):
        """Remove what was changed, by the policy of the flow; who and when stay."""
        if self:
            self.sudo().write({"diff": False})  # the engine keeps the policy


class IntegrationMessage(models.Model):
    """Keeps a record of each correction, and shows the sum of them."""

    _inherit = "integration.message"

    edit_ids = fields.One2many(
        "integration.message.edit",
        "message_id",
        string="Corrections",
        readonly=True,
        groups="integration_monitor.group_support",
    )
    payload_diff = fields.Text(
        compute="_compute_payload_diff",
        string="Difference",
        groups="integration_monitor.group_support",
        help="From what was sent to what a person made of it.",
    )

    @api.depends("payload", "payload_original")
    def _compute_payload_diff(self):
        """Compare what was sent with what it is now."""
        for message in self:
            original = message.payload_original
            message.payload_diff = (
                payload_diff.unified(original, message.payload or "") if original else False
            )

    def _keep_edits(self, text):
        """Note who changes the payload into ``text``, before it is changed."""
        edits = []
        for message in self:
            before = message.payload or ""
            if before != (text or ""):
                edits.append(
                    {
                        "message_id": message.id,
                        "user_id": self.env.uid,
                        "diff": payload_diff.unified(before, text or ""),
                        "sha256_before": proofs.proof(before)["payload_sha256"],
                        "sha256_after": proofs.proof(text or "")["payload_sha256"],
                    }
                )
        # The record is the engine's, whoever edits.
        self.env["integration.message.edit"].sudo().create(edits)
