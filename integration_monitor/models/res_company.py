"""What a company promises itself."""

from odoo import fields, models

from .integration_process_step_deadline import BY_HOURS


class ResCompany(models.Model):
    _inherit = "res.company"

    integration_invoice_target_days = fields.Integer(
        string="Deliveries Are Invoiced Within (days)",
        default=1,
        help="Calendar days after the day a delivery left, for the figure Invoice Completion; 0: "
        "on that day. What was judged already stays, unless it is computed anew.",
    )

    _integration_invoice_target_days_positive = models.Constraint(
        "CHECK (integration_invoice_target_days >= 0)",
        "A delivery cannot be invoiced before it left: give zero days or more.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            self.env.registry.clear_cache()  # in which language its orders are judged
        if not {"resource_calendar_id", "partner_id"}.isdisjoint(vals):
            self.env["integration.process.step"]._deadline_places_changed(BY_HOURS)
        return result
