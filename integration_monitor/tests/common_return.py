"""Customers' returns of real deliveries, for tests of their transactions."""

from .common_transaction import TransactionCommon


class ReturnCommon(TransactionCommon):
    """An order that has left and is invoiced, and short ways to its returns."""

    @classmethod
    def delivered(cls, quantity=2, invoiced=True, paid=True, **values):
        """:return: an order whose goods have left, and its invoice, if wanted, which is paid"""
        order = cls.order(quantity=quantity, **values)
        for _step in range(3):
            cls.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        invoice = cls.invoice(order) if invoiced else None
        if invoice and paid:
            cls.pay(invoice)
        return order, invoice

    @classmethod
    def announce(cls, picking, quantity=None, refund=True, exchange=False):
        """Make the return of a delivery, as people do.

        :param quantity: of each product, or by product; all of it when it is not given
        :return: the transfer, which waits
        """
        wizard = (
            cls.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_ids=picking.ids, active_model=picking._name)
            .create({})
        )
        for line in wizard.product_return_moves:
            asked = quantity.get(line.product_id) if isinstance(quantity, dict) else quantity
            line.quantity = line.move_id.quantity if asked is None else asked
            line.to_refund = refund
        action = wizard.action_create_exchanges() if exchange else wizard.action_create_returns()
        cls.record()
        return cls.env["stock.picking"].browse(action["res_id"])

    @classmethod
    def credit(cls, invoice, quantity=None, post=True):
        """Make the credit note of an invoice, of all or of a part of its goods."""
        wizard = (
            cls.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = cls.env["account.move"].browse(wizard.refund_moves()["res_id"])
        if quantity is not None:
            refund.invoice_line_ids.quantity = quantity
        if post:
            refund.action_post()
        cls.record()
        return refund

    def counts(self, document, code):
        """:return: how many documents reached a step, and how many are to"""
        milestone = self.owner(document).milestone_ids.filtered(lambda m: m.step_id.code == code)
        return milestone.reached_count, milestone.expected_count

    def roles(self, document):
        return sorted(self.owner(document).document_ids.mapped("role"))
