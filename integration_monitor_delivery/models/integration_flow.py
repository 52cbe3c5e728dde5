from odoo import fields, models


class IntegrationFlow(models.Model):
    """Settings that the carrier handlers read from their flow."""

    _inherit = "integration.flow"

    default_carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Default Delivery Method",
        check_company=True,
        help="Shop orders whose shipping method is not mapped get this one.",
    )
    delivery_method_ids = fields.One2many(
        "delivery.carrier",
        "integration_flow_id",
        string="Delivery Methods",
        help="Only deliveries with these methods are booked, each with the flow that its method "
        "names.",
    )
    invoice_on_delivery = fields.Boolean(
        help="When the carrier reports the last parcel of an order as delivered, and nothing of it "
        "is left to ship, invoice what was delivered."
    )
    payment_journal_id = fields.Many2one(
        "account.journal",
        string="Payment Journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Register the payment that the shop collected in this journal once the invoice is "
        "posted. Empty: payments are registered by people.",
    )
