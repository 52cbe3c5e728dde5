"""What a person fills in on a flow that makes sales orders or moves stock."""

from odoo import fields, models


class IntegrationFlow(models.Model):
    """Settings that the shop and warehouse handlers read from their flow."""

    _inherit = "integration.flow"

    warehouse_id = fields.Many2one(
        "stock.warehouse", check_company=True, help="Orders of this flow ship from here."
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    sale_team_id = fields.Many2one("crm.team", check_company=True)
    shipping_product_id = fields.Many2one(
        "product.product", check_company=True, help="The order line that carries shipping costs."
    )
    discount_product_id = fields.Many2one(
        "product.product", check_company=True, help="The order line that carries a discount."
    )
    tax_policy = fields.Selection(
        [
            ("payload", "As the partner computed it"),
            ("odoo", "As Odoo computes it"),
        ],
        default="payload",
        required=True,
        help="As the partner computed it: the tax with the rate of the payload is used, and the "
        "order must match the payload to the cent.",
    )
    auto_confirm = fields.Boolean(
        string="Confirm Orders", default=True, help="Confirm the order as soon as it is made."
    )
