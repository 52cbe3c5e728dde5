"""Lines of working hours."""

from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """Deadlines in working hours follow their lines."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["resource.calendar"]._integration_changed()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self.env["resource.calendar"]._integration_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["resource.calendar"]._integration_changed()
        return result
