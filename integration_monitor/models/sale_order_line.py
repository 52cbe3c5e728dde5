"""Which line of the shop's order a sales order line is."""

from odoo import fields, models

from .integration_document_mixin import PREFETCH


class SaleOrderLine(models.Model):
    """The identity of the line in the shop, for later changes and refunds."""

    _inherit = "sale.order.line"

    integration_external_line_id = fields.Char(
        string="Shop Line ID",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        index="btree_not_null",
    )
    integration_external_price = fields.Float(
        string="Price in the Shop",
        digits=(16, 6),
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="What the customer paid for one unit, discounts taken off. Zero: not known.",
    )

    def _compute_field_value(self, field):
        if field.compute == "_compute_qty_to_invoice":
            # What was done of a service, entered or in timesheets, moves no document.
            self._origin.filtered(
                lambda line: line.state == "sale"
                and line.qty_delivered_method not in ("stock_move", "analytic")
                and line.product_id.type == "service"
                and line.product_id.invoice_policy == "delivery"
            ).order_id._integration_note(())
        return super()._compute_field_value(field)

    def _prepare_reference_vals(self):
        """Let every move that follows from the order carry its correlation id."""
        return {
            **super()._prepare_reference_vals(),
            "integration_correlation_id": self.order_id.integration_correlation_id,
        }
