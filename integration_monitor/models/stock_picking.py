"""Transfers as documents of a business transaction."""

from odoo import api, models


class StockPicking(models.Model):
    """A transfer reaches milestones by its computed state."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.document.mixin"]

    _integration_computed = frozenset({"state"})

    # What was done lately, for messages that should have come of it.
    _integration_done_idx = models.Index("(date_done) WHERE state = 'done'")

    def _compute_field_value(self, field):
        if field.name == "scheduled_date" and any(self._ids):
            self._origin._integration_note_schedule()
        return super()._compute_field_value(field)

    def write(self, vals):
        if "scheduled_date" in vals:
            self._integration_note_schedule()
        return super().write(vals)

    def _integration_note_schedule(self):
        """Let the orders be planned anew; the date itself is read when that is done."""
        if "transfer" in self.env["integration.process.step"]._deadline_sources():
            self._integration_note(())

    @api.model_create_multi
    def create(self, vals_list):
        self._integration_check_kept(vals_list)
        return super().create(vals_list)
