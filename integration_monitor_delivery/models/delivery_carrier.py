from odoo import fields, models


class DeliveryCarrier(models.Model):
    """A delivery method whose parcels are booked by a monitored flow."""

    _inherit = "delivery.carrier"

    integration_flow_id = fields.Many2one(
        "integration.flow",
        string="Booking Flow",
        domain="[('handler', '=', 'integration.handler.carrier.booking')]",
        check_company=True,
        index="btree_not_null",
        help="Deliveries with this method are booked at the carrier by this flow, after the "
        "delivery is done: a carrier that does not answer never blocks the warehouse.",
    )
    integration_service = fields.Char(
        string="Carrier Service",
        help="The carrier's code for the service, for example express. Empty: standard.",
    )
    integration_tracking_url = fields.Char(
        string="Tracking Address",
        help="Address of the carrier's tracking page; {tracking} stands for the number.",
    )

    def get_tracking_link(self, picking):
        """Return the carrier's page for the parcel when the method names one."""
        if self.integration_tracking_url and picking.carrier_tracking_ref:
            return self.integration_tracking_url.replace(
                "{tracking}", picking.carrier_tracking_ref.split(",")[-1]
            )
        return super().get_tracking_link(picking)
