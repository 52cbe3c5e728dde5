from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _integration_invoice_delivered(self, journal=None):
        """Invoice what is delivered and, with a journal, register the payment the shop collected.

        Orders with nothing to invoice are passed over, so that a repeated tracking event does no
        harm.

        :param journal: ``account.journal`` that takes the payment, or None for no payment.
        :return: the posted ``account.move`` records.
        :raise UserError: an invoice would be below zero, or Odoo refuses it
        """
        orders = self.filtered(lambda order: order.invoice_status == "to invoice")
        # What came back is refunded by a person who has seen it; a down payment is only deducted.
        orders = orders.filtered(
            lambda order: all(
                line.qty_to_invoice >= 0 for line in order.order_line if not line.is_downpayment
            )
        )
        if not orders:
            return self.env["account.move"]
        # Not grouped: a shop's customer expects one invoice for each order. Odoo hands them out as
        # superuser; who posts them and takes the money is the caller.
        paid_before = any(orders.order_line.mapped("is_downpayment"))
        invoices = orders._create_invoices(grouped=True, final=paid_before).sudo(self.env.su)
        for invoice in invoices:
            if invoice.move_type == "out_invoice" and invoice.amount_total < 0:
                raise UserError(
                    self.env._(
                        "What is to be invoiced of %(order)s comes to %(amount)s, because less was "
                        "delivered than its deductions assume. Decide with the customer what is "
                        "owed.",
                        order=invoice.invoice_origin or invoice.ref or "?",
                        amount=invoice.currency_id.format(invoice.amount_total),
                    )
                )
        invoices.action_post()
        if journal:
            collected = invoices.filtered(
                lambda move: move.move_type == "out_invoice"
                and all(move.line_ids.sale_line_ids.order_id.mapped("integration_shop_collected"))
            )
            for company_invoices in collected.grouped("company_id").values():
                company_invoices._integration_register_payment(journal)
        return invoices
