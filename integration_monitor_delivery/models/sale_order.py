from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _integration_invoice_delivered(self, journal=None):
        """Invoice what is delivered and, with a journal, register the payment the shop collected.

        Orders with nothing to invoice are passed over, so that a repeated tracking event does no
        harm.

        :param journal: ``account.journal`` that takes the payment, or None for no payment.
        :return: the posted ``account.move`` records.
        """
        orders = self.filtered(lambda order: order.invoice_status == "to invoice")
        if not orders:
            return self.env["account.move"]
        # Not grouped: a shop's customer expects one invoice for each order.
        invoices = orders._create_invoices(grouped=True, final=True)
        invoices.action_post()
        if journal:
            for company_invoices in invoices.grouped("company_id").values():
                company_invoices._integration_register_payment(journal)
        return invoices
