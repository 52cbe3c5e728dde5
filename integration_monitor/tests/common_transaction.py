"""Real orders, transfers, invoices and payments, for tests of business transactions."""

from odoo import Command, fields
from odoo.tests import Form

from .common_company import PreparedCompanyCommon


class TransactionCommon(PreparedCompanyCommon):
    """A company with a chart of accounts, a warehouse with stock, and short ways to documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= (
            cls.env.ref("sales_team.group_sale_manager")
            | cls.env.ref("stock.group_stock_manager")
            | cls.env.ref("stock.group_adv_location")
        )
        cls.company = cls.company_data["company"]
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.product = cls.shelved("Harbor Lamp")
        cls.customer = cls.env["res.partner"].create({"name": "Ada Customer"})

    @classmethod
    def shelved(cls, name, invoice_policy="order"):
        """:return: a product without taxes for 100.0, of which a hundred are on the shelf"""
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "list_price": 100.0,
                "invoice_policy": invoice_policy,
                "taxes_id": [Command.clear()],
            }
        )
        cls.stock(product, 100)
        return product

    @classmethod
    def stock(cls, product, quantity):
        """Put goods on the shelf of the warehouse."""
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.warehouse.lot_stock_id, quantity
        )

    @classmethod
    def order(cls, quantity=2, confirm=True, product=None, **values):
        """Make an order of one line; confirmed and recorded unless told otherwise."""
        order = cls.env["sale.order"].create(cls._order_values(quantity, product, **values))
        if confirm:
            order.action_confirm()
        cls.record()
        return order

    @classmethod
    def quotations(cls, number, **values):
        """Make so many quotations of one line, together."""
        orders = cls.env["sale.order"].create(
            [cls._order_values(**values) for _order in range(number)]
        )
        cls.record()
        return orders

    @classmethod
    def _order_values(cls, quantity=2, product=None, **values):
        return {
            "partner_id": cls.customer.id,
            "warehouse_id": cls.warehouse.id,
            "order_line": [
                Command.create(
                    {"product_id": (product or cls.product).id, "product_uom_qty": quantity}
                )
            ],
            **values,
        }

    @classmethod
    def record(cls):
        """Let the recorder run, as it does before each commit."""
        cls.env.cr.flush()

    @classmethod
    def recording_cost(cls):
        """Let the recorder run with nothing in the cache but what each request reads.

        :return: number of its statements
        """
        cls.env.flush_all()
        cls.env.invalidate_all()
        # Whoever asks, and for which company, is read for each request.
        cls.env.user.partner_id.mapped("tz")
        cls.env.company.partner_id.mapped("lang")
        before = cls.env.cr.sql_log_count
        cls.env["integration.milestone"].sudo()._record_pending()
        return cls.env.cr.sql_log_count - before

    @classmethod
    def owner(cls, order):
        """Return the transaction that an order, or another root document, owns, or none."""
        return cls.env["integration.transaction"].search(
            [("res_model", "=", order._name), ("res_id", "=", order.id)]
        )

    def states(self, order):
        """Return the states of the milestones of an order by step code."""
        return {
            milestone.step_id.code: milestone.state for milestone in self.owner(order).milestone_ids
        }

    def assertStates(self, order, **expected):
        states = self.states(order)
        self.assertEqual({code: states.get(code) for code in expected}, expected)

    @classmethod
    def ship(cls, pickings, quantity=None):
        """Complete transfers; less than demanded makes a back order."""
        for picking in pickings:
            picking.action_assign()
            for move in picking.move_ids:
                move.quantity = move.product_uom_qty if quantity is None else quantity
                move.picked = True
            picking.with_context(skip_backorder=True).button_validate()
        cls.record()

    @classmethod
    def ship_short(cls, picking, quantity):
        """Complete a transfer with less than demanded, and answer *No Backorder*."""
        picking.action_assign()
        picking.move_ids.write({"quantity": quantity, "picked": True})
        Form.from_action(cls.env, picking.button_validate()).save().process_cancel_backorder()
        cls.record()

    @classmethod
    def invoice(cls, orders, post=True):
        """Invoice orders together."""
        moves = orders._create_invoices()
        if post:
            moves.action_post()
        cls.record()
        return moves

    @classmethod
    def pay(cls, invoices, amount=None):
        """Register one payment for invoices. :return: the payment"""
        values = {"group_payment": True}
        if amount:
            values["amount"] = amount
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(values)
        )
        payment = wizard._create_payments()
        cls.record()
        return payment

    @classmethod
    def refund(cls, invoice):
        """Reverse a posted invoice and post the credit note."""
        wizard = (
            cls.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"date": fields.Date.today(), "journal_id": invoice.journal_id.id})
        )
        action = wizard.refund_moves()
        refund = cls.env["account.move"].browse(action["res_id"])
        if refund.state == "draft":
            refund.action_post()
        cls.record()
        return refund

    @classmethod
    def send_back(cls, picking, quantity=None):
        """Return the goods of a done transfer; all, so many of each, or so many by product."""
        form = Form(
            cls.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        )
        wizard = form.save()
        for line in wizard.product_return_moves:
            line.quantity = (
                quantity[line.product_id]
                if isinstance(quantity, dict)
                else line.move_id.quantity
                if quantity is None
                else quantity
            )
        back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        for move in back.move_ids:
            move.picked = True
        back.button_validate()
        cls.record()
        return back
