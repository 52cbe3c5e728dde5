"""What a warehouse system knows a transfer by."""

from odoo import api, fields, models

from .integration_document_mixin import PREFETCH


class StockPicking(models.Model):
    """The release and the shipment of the warehouse system that runs this transfer."""

    _inherit = "stock.picking"

    integration_release_ref = fields.Char(
        string="Released As",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        index="btree_not_null",
        help="The number that the warehouse system gave to the release.",
    )
    integration_shipment_ref = fields.Char(
        string="Shipped As",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        index="btree_not_null",
        help="The shipment of the warehouse system that completed this transfer.",
    )

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_release_ref",
            "integration_shipment_ref",
        }
