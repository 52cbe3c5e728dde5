"""The clock of a company is that of its partner."""

from odoo import models


class ResPartner(models.Model):
    """Deadlines that end with the day follow the time zone of the company."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        Step = self.env["integration.process.step"]
        if "tz" in vals and "invoice_due" in Step._deadline_sources():
            # Also a company that the user does not work for.
            of_company = [("partner_id", "in", self.ids)]
            if self.env["res.company"].sudo().search_count(of_company, limit=1):
                Step._deadline_places_changed({"invoice_due"})
        return result
