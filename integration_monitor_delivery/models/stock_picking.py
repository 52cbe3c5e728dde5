from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_monitor.models.integration_document_mixin import PREFETCH

#: The tracking numbers of a transfer, in SQL; as the index has them.
NUMBERS = "string_to_array(replace(carrier_tracking_ref, ' ', ''), ',')"


class StockPicking(models.Model):
    _inherit = "stock.picking"

    _integration_numbers_idx = models.Index(
        f"USING gin (({NUMBERS})) WHERE carrier_tracking_ref IS NOT NULL"
    )

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
        help="The parcel's last state, as the carrier reported it. Of several parcels: delivered "
        "when all are; else what is wrong with one, or where the one is that is furthest behind.",
    )
    integration_parcels = fields.Json(
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The last state of each parcel and when it was seen, by tracking number.",
    )
    integration_tracking_at = fields.Datetime(
        string="Parcel Seen At", copy=False, readonly=True, prefetch=PREFETCH
    )
    integration_delivered_at = fields.Datetime(
        string="Delivered At", copy=False, readonly=True, prefetch=PREFETCH
    )

    integration_booking = fields.Selection(
        [("booked", "Booked"), ("failed", "Not booked"), ("cancelled", "Cancelled")],
        string="Booking",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="What the provider of the delivery method answered last.",
    )

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_booking",
            "integration_parcels",
            "integration_tracking_status",
            "integration_tracking_at",
            "integration_delivered_at",
        }

    def write(self, vals):
        if {"carrier_tracking_ref", "carrier_id", "integration_booking"}.intersection(vals) and (
            self.env["delivery.carrier"]._integration_has_providers()
        ):
            # What shows that a provider booked changes: the orders are looked at anew.
            self._integration_note(("state",))
        if "carrier_id" in vals and self.env["integration.cut.off"]._by_carrier():
            # Another carrier comes at other times.
            self._integration_note(())
        return super().write(vals)

    def send_to_shipper(self):
        """Compute the price as Odoo does; a flow books the parcel once the delivery is done.

        What a provider answered is kept: a batch of transfers survives the failure of one.
        """
        if self.carrier_id.integration_flow_id:
            self = self.with_context(integration_books_later=True)
        if not self.carrier_id._integration_provides("send_shipping"):
            return super().send_to_shipper()
        try:
            result = super().send_to_shipper()
        except UserError:
            self._integration_booked("failed")
            raise
        self._integration_booked("booked")
        return result

    def cancel_shipment(self):
        result = super().cancel_shipment()
        self.filtered(
            lambda picking: picking.carrier_id._integration_provides("cancel_shipment")
        )._integration_booked("cancelled")
        return result

    def _integration_booked(self, state):
        """Note what the provider did; the engine's field, whoever asked for it."""
        if self:
            self.sudo().integration_booking = state

    def message_post(self, **kwargs):
        """Say who books the parcel, where Odoo would note "sent with tracking number False"."""
        if self.env.context.get("integration_books_later"):
            kwargs["body"] = self.env._(
                "%(carrier)s is asked to collect this shipment. The tracking number follows.",
                carrier=self.carrier_id.name,
            )
        return super().message_post(**kwargs)
