"""How the orders of a shop become sales orders: what a person decides on the flow."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class IntegrationFlow(models.Model):
    """Settings of the shop order handlers beyond the commercial ones."""

    _inherit = "integration.flow"

    shipping_product_id = fields.Many2one(default=lambda self: self._line_product("shipping"))
    discount_product_id = fields.Many2one(default=lambda self: self._line_product("discount"))
    fee_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        default=lambda self: self._line_product("fee"),
        help="The order line that carries a fee or a tip.",
    )
    adjustment_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        default=lambda self: self._line_product("adjustment"),
        help="The order line that makes visible by how much the shop's totals differ from its "
        "lines, and cents of rounding.",
    )
    create_missing_taxes = fields.Boolean(
        default=True,
        help="A tax that the shop names and Odoo does not know is made, under a tax group with "
        "the name of the system. Otherwise the order waits until somebody maps the tax.",
    )
    discrepancy_policy = fields.Selection(
        [("adjust", "Add an adjustment line"), ("reject", "Refuse the order")],
        string="When Totals Differ From Lines",
        required=True,
        default="adjust",
        help="What happens when the lines of an order do not lead to the totals that the shop "
        "states, by more than rounding.",
    )
    rounding_tolerance = fields.Integer(
        string="Rounding Tolerance (cents per line)",
        required=True,
        default=1,
        help="By how many of the currency's smallest units per line the shop's taxes may differ "
        "from those that Odoo computes. Within it the difference becomes a rounding line; "
        "beyond it the order is refused, because then a tax is mapped wrongly.",
    )
    activate_currency = fields.Boolean(
        string="Activate Currencies",
        help="Switch a currency on when an order uses it. Without exchange rates its amounts "
        "count one to one in reports.",
    )
    partner_tag_id = fields.Many2one(
        "res.partner.category", string="Tag for New Customers", ondelete="set null"
    )
    is_shop_order_flow = fields.Boolean(compute="_compute_is_shop_order_flow")

    _rounding_tolerance_range = models.Constraint(
        "CHECK (rounding_tolerance BETWEEN 0 AND 100)",
        "The rounding tolerance is a number of cents between 0 and 100.",
    )

    @api.depends("handler")
    def _compute_is_shop_order_flow(self):
        """Tell the form whether to show the section about orders."""
        for flow in self:
            flow.is_shop_order_flow = (flow.handler or "").startswith(
                "integration.handler.shop.order"
            )

    @api.constrains("pricelist_id", "handler")
    def _check_pricelist_active(self):
        """A pricelist in the archive would hide the order's currency."""
        for flow in self:
            if flow.pricelist_id and not flow.pricelist_id.active:
                raise ValidationError(
                    self.env._(
                        "The pricelist “%s” is archived: choose another one or unarchive it.",
                        flow.pricelist_id.name,
                    )
                )

    @api.model
    def _line_product(self, purpose):
        """Return the ready-made service product for order lines that are no goods.

        :param str purpose: shipping, discount, fee or adjustment
        """
        xmlid = f"integration_monitor.product_shop_{purpose}"
        return self.env.ref(xmlid, raise_if_not_found=False)

    def _order_line_product(self, purpose):
        """Return the product of this flow for lines of a purpose, the ready-made one by default.

        :param str purpose: shipping, discount, fee or adjustment
        :return: ``product.product``, empty when neither is set
        """
        self.ensure_one()
        chosen = self[f"{purpose}_product_id"] or self._line_product(purpose)
        return chosen if chosen else self.env["product.product"]
