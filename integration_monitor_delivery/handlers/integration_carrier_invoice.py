"""Invoicing what the carrier delivered."""

from odoo import models
from odoo.exceptions import UserError

CLOSED = ("done", "cancel")
#: Types of transfers whose parcels go to customers.
DELIVERING = ("outgoing", "dropship")


class IntegrationCarrierInvoice(models.AbstractModel):
    """Invoices an order with its last parcel; what cannot be invoiced is a task for a person."""

    _name = "integration.carrier.invoice"
    _description = "Invoices of delivered orders"

    def _invoice_arrived(self, flow, pickings):
        """Invoice the orders whose goods all arrived, each by itself, if the flow says so.

        However they arrived: the carrier reported the last parcel, or a person took off the number
        of one that does not travel. The parcel arrived whatever becomes of the invoice: one that
        Odoo refuses opens an exception and leaves no draft behind.

        :param flow: the one that reports the parcels; its service account invoices
        :param pickings: the transfers that arrived now; returns are left out
        """
        if not flow.invoice_on_delivery:
            return
        delivered = pickings.filtered(lambda picking: picking.picking_type_code in DELIVERING)
        for order in delivered.sale_id.filtered(self._all_delivered):
            order = order.with_company(flow.company_id)
            try:
                with self.env.cr.savepoint():
                    order._integration_invoice_delivered(flow.payment_journal_id)
            except UserError as error:
                self._report_invoice(flow, order, error)

    def _all_delivered(self, order):
        """Tell whether all that the order sends out reached the customer.

        Transfers alone do not tell: Odoo makes the delivery of a back order once that is picked,
        so goods on their way through the house count as well, by their moves.
        """
        moves = order.order_line.move_ids | order.picking_ids.move_ids
        if any(move.state not in CLOSED and move.picking_code != "incoming" for move in moves):
            return False
        if any(self._is_unplanned(line) for line in order.order_line):
            return False
        return all(
            picking._integration_arrived_at()
            for picking in order.picking_ids
            if picking.picking_type_code == "outgoing" and picking.state != "cancel"
        )

    def _is_unplanned(self, line):
        """Tell whether goods of the line are owed that no transfer knows yet."""
        return (
            line.qty_delivered_method == "stock_move"
            and line.product_uom_qty > 0
            and not line.move_ids
        )

    def _report_invoice(self, flow, order, error):
        """Open one exception for an order whose invoice or payment Odoo refused."""
        # Exceptions are opened by code only, whoever runs the handler.
        self.env["integration.exception"].sudo()._open(
            [
                {
                    "dedupe_key": f"invoice:{order.id}",
                    "name": self.env._("%s is delivered but not invoiced", order.name),
                    "category": "business",
                    "error_class": "business",
                    "error_message": self.env._(
                        "Every parcel of %(order)s arrived, but it could not be invoiced: "
                        "%(error)s Correct the cause, create the invoice on the order and register "
                        "the payment if the shop collected it, then resolve this exception.",
                        order=order.name,
                        error=str(error),
                    ),
                    "flow_id": flow.id,
                    "system_id": flow.system_id.id,
                    "transaction_id": order.integration_transaction_ids[:1].id,
                    "res_model": order._name,
                    "res_id": order.id,
                    "company_id": order.company_id.id,
                }
            ]
        )
