from odoo import api, fields, models

from odoo.addons.integration_monitor.models.integration_document_mixin import PREFETCH


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
        prefetch=PREFETCH,
        help="The parcel's last state, as the carrier reported it.",
    )
    integration_tracking_at = fields.Datetime(
        string="Parcel Seen At", copy=False, readonly=True, prefetch=PREFETCH
    )
    integration_delivered_at = fields.Datetime(
        string="Delivered At", copy=False, readonly=True, prefetch=PREFETCH
    )

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_tracking_status",
            "integration_tracking_at",
            "integration_delivered_at",
        }

    def send_to_shipper(self):
        """Compute the price as Odoo does; the flow books the parcel once the delivery is done."""
        if self.carrier_id.integration_flow_id:
            self = self.with_context(integration_books_later=True)
        return super().send_to_shipper()

    def message_post(self, **kwargs):
        """Say who books the parcel, where Odoo would note "sent with tracking number False"."""
        if self.env.context.get("integration_books_later"):
            kwargs["body"] = self.env._(
                "%(carrier)s is asked to collect this shipment. The tracking number follows.",
                carrier=self.carrier_id.name,
            )
        return super().message_post(**kwargs)
