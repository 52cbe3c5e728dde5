"""The clock and the language of a company are those of its partner."""

from odoo import models


class ResPartner(models.Model):
    """Deadlines that end with the day follow the company's time zone; verdicts are in its words."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        Step = self.env["integration.process.step"]
        clock = "tz" in vals and "invoice_due" in Step._deadline_sources()
        words = not {"lang", "tz"}.isdisjoint(vals)
        if clock or words:
            # Also a company that the user does not work for.
            of_company = [("partner_id", "in", self.ids)]
            if self.env["res.company"].sudo().search_count(of_company, limit=1):
                if clock:
                    Step._deadline_places_changed({"invoice_due"})
                if words:
                    self.env.registry.clear_cache()
        return result
