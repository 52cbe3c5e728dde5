from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    integration_tracking_status = fields.Selection(
        [
            ("unknown", "Unknown"),
            ("pre_transit", "Announced"),
            ("in_transit", "In transit"),
            ("out_for_delivery", "Out for delivery"),
            ("available_for_pickup", "Ready for pickup"),
            ("failure", "Delivery failed"),
            ("error", "Carrier error"),
            ("return_to_sender", "Returned to sender"),
            ("cancelled", "Cancelled"),
            ("delivered", "Delivered"),
        ],
        string="Parcel",
        copy=False,
        readonly=True,
        help="The parcel's last state, as the carrier reported it.",
    )
    integration_tracking_at = fields.Datetime(string="Parcel Seen At", copy=False, readonly=True)
    integration_delivered_at = fields.Datetime(string="Delivered At", copy=False, readonly=True)
