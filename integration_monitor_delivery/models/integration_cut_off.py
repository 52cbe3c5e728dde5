from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import ormcache


class IntegrationCutOff(models.Model):
    """Cut-offs of one carrier: he comes at those that name him, and at no others."""

    _inherit = "integration.cut.off"

    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Delivery Method",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: every delivery method that has no cut-off of its own.",
    )

    def _as_data(self):
        return replace(super()._as_data(), carrier_id=self.carrier_id.id or None)

    @api.model
    @ormcache()
    def _by_carrier(self):
        """Return whether the carrier of an order matters to its deadlines."""
        if "cut_off" not in self.env["integration.process.step"]._deadline_sources():
            return False
        # Whoever moves a document need not read settings.
        return bool(self.sudo().search_count([("carrier_id", "!=", False)], limit=1))
