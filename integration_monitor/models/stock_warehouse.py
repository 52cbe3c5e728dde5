"""Warehouses have working hours."""

from odoo import api, fields, models

from .integration_process_step_deadline import BY_HOURS


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    integration_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        ondelete="set null",
        help="Deadlines in working hours count these hours, without their holidays. Empty: those "
        "of the company.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        warehouses = super().create(vals_list)
        if warehouses.integration_calendar_id:
            self.env["integration.process.step"]._deadline_places_changed(BY_HOURS)
        return warehouses

    def write(self, vals):
        result = super().write(vals)
        if "integration_calendar_id" in vals:
            self.env["integration.process.step"]._deadline_places_changed(BY_HOURS)
        return result
