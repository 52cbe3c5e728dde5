"""Holidays."""

from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Deadlines in working hours follow holidays, but not the time off of one employee."""

    _inherit = "resource.calendar.leaves"

    def _integration_note_holidays(self):
        if self.filtered(lambda leave: not leave.resource_id):
            self.env["resource.calendar"]._integration_changed()

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._integration_note_holidays()
        return leaves

    def write(self, vals):
        # What becomes somebody's own time off was a holiday before.
        if "resource_id" in vals:
            self._integration_note_holidays()
        result = super().write(vals)
        self._integration_note_holidays()
        return result

    def unlink(self):
        holidays = self.filtered(lambda leave: not leave.resource_id)
        result = super().unlink()
        if holidays:
            self.env["resource.calendar"]._integration_changed()
        return result
