"""What a person did in place of a message."""

from odoo import fields, models
from odoo.exceptions import ValidationError


class IntegrationManualDone(models.TransientModel):
    """Asks for the reference, and settles the messages as done by hand."""

    _name = "integration.manual.done"
    _description = "Confirm what was done by hand"

    message_ids = fields.Many2many("integration.message", string="Messages", required=True)
    reference = fields.Char(
        required=True, help="For example the number that the partner gave you on the telephone."
    )
    note = fields.Text()
    done_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)

    def action_confirm(self):
        """Settle the messages."""
        self.ensure_one()
        reference = (self.reference or "").strip()
        if not reference:
            raise ValidationError(
                self.env._("Note a reference, so that others find what you have done.")
            )
        if self.done_at > fields.Datetime.now():
            raise ValidationError(self.env._("It cannot be done in the future: correct the time."))
        self.message_ids._settle_by_hand(reference, self.note, self.done_at)
        return {"type": "ir.actions.act_window_close"}
