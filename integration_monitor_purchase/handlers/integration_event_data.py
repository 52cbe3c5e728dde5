from odoo import models

from odoo.addons.integration_monitor.tools.iso_time import utc_text

from ..tools.purchase_counts import BILL_TYPES


class IntegrationEventData(models.AbstractModel):
    """What subscribers are told of purchases."""

    _inherit = "integration.event.data"

    def _purchase_order_data(self, order):
        """The purchase with its total."""
        return {
            "order": order.name,
            "vendor_reference": order.partner_ref or None,
            "state": order.state,
            "revision": order.integration_revision,
            "warehouse": (order.picking_type_id.warehouse_id.code or "").strip() or None,
            "total": order.amount_total,
            "currency": order.currency_id.name,
            "expected_at": utc_text(order.date_planned) if order.date_planned else None,
        }

    def _stock_picking_data(self, picking):
        data = super()._stock_picking_data(picking)
        if picking.purchase_id:
            data["order"] = picking.purchase_id.name
        return data

    def _account_move_data(self, invoice):
        data = super()._account_move_data(invoice)
        if invoice.move_type in BILL_TYPES:
            orders = invoice.line_ids.purchase_line_id.order_id
            data["orders"] = sorted(orders.mapped("name"))
            data["kind"] = "vendor_refund" if invoice.move_type == "in_refund" else "vendor_bill"
        return data
