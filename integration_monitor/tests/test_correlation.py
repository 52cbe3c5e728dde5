"""Which documents belong to which transaction, and what they do to its milestones."""

from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestCorrelation(TransactionCommon):
    """Of three orders one is confirmed, one has left, and one is invoiced as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.confirmed, cls.shipped, cls.invoiced = (cls.order() for _number in range(3))
        cls.ship((cls.shipped | cls.invoiced).picking_ids)
        cls.posted = cls.invoice(cls.invoiced)

    def _roles(self, order):
        documents = self.owner(order).document_ids
        return sorted(documents.mapped("role"))

    def test_quotation_by_hand_has_no_transaction(self):
        """The monitor fills with drafts that nobody ordered."""
        order = self.order(confirm=False)
        self.assertFalse(self.owner(order))
        self.assertTrue(order.integration_correlation_id)

    def test_one_step_order_to_cash(self):
        """A plain order is delivered and paid, and its transaction stays open."""
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.state, "in_progress")
        self.assertEqual(owner.waits_for_step_id.code, "picked")
        self.assertEqual(owner.correlation_id, order.integration_correlation_id)
        self.assertStates(order, received="reached", confirmed="reached", shipped="pending")
        self.ship(order.picking_ids)
        self.assertStates(order, picked="reached", packed=None, shipped="reached")
        self.assertEqual(owner.waits_for_step_id.code, "invoiced")
        invoice = self.invoice(order)
        self.assertStates(order, invoiced="reached", paid="pending", delivered=None)
        self.assertEqual(owner.cause, "customer")
        self.assertEqual(owner.waits_on, self.customer.name)
        self.pay(invoice)
        self.assertStates(order, paid="reached")
        self.assertEqual(owner.state, "completed")
        self.assertTrue(owner.completed_at)
        self.assertFalse(owner.waits_for_step_id)
        self.assertEqual(self._roles(order), ["invoice", "order", "out", "payment"])

    def test_reference_carries_the_correlation(self):
        """Documents made by rules and purchases lose the order's correlation."""
        order = self.confirmed
        self.assertEqual(
            order.stock_reference_ids.integration_correlation_id,
            order.integration_correlation_id,
        )

    def test_copy_gets_its_own_correlation(self):
        """A duplicated order writes into the transaction of the first."""
        order = self.confirmed
        self.assertNotEqual(
            order.copy().integration_correlation_id, order.integration_correlation_id
        )

    def test_pick_pack_ship(self):
        """Transfers that push rules make later are missing from the order's transaction."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.order()
        owner = self.owner(order)
        self.ship(order.picking_ids)
        self.assertStates(order, picked="reached", packed="pending", shipped="pending")
        self.assertEqual(owner.waits_for_step_id.code, "packed")
        pack = order.picking_ids.filtered(lambda p: p.state == "assigned")
        self.ship(pack)
        self.assertStates(order, packed="reached", shipped="pending")
        self.ship(order.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertStates(order, packed="reached", shipped="reached")
        self.assertEqual(self._roles(order), ["order", "out", "pack", "pick"])

    def test_back_order_is_partial(self):
        """A short delivery counts as shipped, and the rest is forgotten."""
        order = self.order(quantity=5)
        first = order.picking_ids
        self.ship(first, quantity=2)
        self.assertStates(order, shipped="partial")
        shipped = self.owner(order).milestone_ids.filtered(lambda m: m.step_id.code == "shipped")
        self.assertEqual((shipped.reached_count, shipped.expected_count), (1, 2))
        self.assertEqual(self.owner(order).waits_for_step_id.code, "picked")
        self.ship(order.picking_ids - first)
        self.assertStates(order, shipped="reached", picked="reached")
        self.assertEqual(self._roles(order), ["order", "out", "out"])

    def test_short_pick_in_three_steps(self):
        """The first parcel leaves while the rest is not even picked: shipped in full, it says."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.order(quantity=5)
        pick = order.picking_ids
        self.ship(pick, quantity=2)
        rest = order.picking_ids.filtered(lambda p: p.backorder_id == pick)
        for _step in range(2):
            self.ship(order.picking_ids.filtered(lambda p: p.state == "assigned") - rest)
        self.assertStates(order, picked="partial", shipped="partial")
        self.ship(rest)
        for _step in range(2):
            self.ship(order.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertStates(order, picked="reached", packed="reached", shipped="reached")

    def test_cancelled_back_order_completes(self):
        """The rest is given up, and the order waits for it for ever."""
        order = self.order(quantity=5)
        first = order.picking_ids
        self.ship(first, quantity=2)
        (order.picking_ids - first).action_cancel()
        self.record()
        self.assertStates(order, shipped="reached")

    def test_return(self):
        """All goods came back, and the order counts as shipped."""
        order = self.shipped
        self.assertStates(order, shipped="reached")
        self.send_back(order.picking_ids)
        self.assertStates(order, shipped="pending")
        shipped = self.owner(order).milestone_ids.filtered(lambda m: m.step_id.code == "shipped")
        self.assertEqual(shipped.history[-1]["from"], "reached")
        self.assertFalse(shipped.reached_at)
        self.assertIn("return", self._roles(order))

    def test_part_of_the_goods_returned(self):
        """One piece of two came back, and the whole delivery counts as undone."""
        order = self.shipped
        self.send_back(order.picking_ids, quantity=1)
        self.assertStates(order, shipped="reached")

    def test_two_orders_in_one_invoice(self):
        """The second order of a grouped invoice never gets invoiced or paid."""
        other = self.order()
        self.ship(other.picking_ids)
        orders = self.shipped | other
        invoice = self.invoice(orders)
        self.assertEqual(len(invoice), 1)
        for order in orders:
            self.assertStates(order, invoiced="reached", paid="pending")
        self.assertEqual(invoice.integration_transaction_count, 2)
        self.pay(invoice)
        for order in orders:
            self.assertStates(order, paid="reached")
            self.assertEqual(self.owner(order).state, "completed")

    def test_one_order_in_three_invoices(self):
        """The first of three invoices is paid, and the order counts as paid."""
        self.product.invoice_policy = "delivery"
        order = self.order(quantity=3)
        for number in range(3):
            self.ship(order.picking_ids.filtered(lambda p: p.state == "assigned"), quantity=1)
            invoice = self.invoice(order)
            state = "reached" if number == 2 else "partial"
            self.assertStates(order, invoiced=state)
            self.pay(invoice)
            self.assertStates(order, paid=state)
        self.assertEqual(len(order.invoice_ids), 3)
        self.assertEqual(self.owner(order).state, "completed")

    def test_refund(self):
        """A credit note is not seen with the order it belongs to."""
        order = self.shipped
        self.send_back(order.picking_ids)
        invoice = self.invoice(order)
        self.refund(invoice)
        self.assertIn("refund", self._roles(order))

    def test_one_payment_for_two_invoices(self):
        """A payment of two invoices reaches the first order alone."""
        orders = self.invoiced | self.shipped
        invoices = self.posted | self.invoice(self.shipped)
        payment = self.pay(invoices)
        self.assertEqual(len(payment), 1)
        for order in orders:
            self.assertStates(order, paid="reached")
            self.assertIn("payment", self._roles(order))

    def test_part_payment(self):
        """A part payment is shown as nothing, or as everything."""
        order, invoice = self.invoiced, self.posted
        self.pay(invoice, amount=50)
        self.assertStates(order, paid="partial")
        self.pay(invoice)
        self.assertStates(order, paid="reached")

    def test_unreconciled_payment(self):
        """The bank takes the money back, and the order stays paid."""
        order, invoice = self.invoiced, self.posted
        self.pay(invoice)
        owner = self.owner(order)
        self.assertEqual(owner.state, "completed")
        invoice.line_ids.remove_move_reconcile()
        self.record()
        self.assertStates(order, paid="pending")
        self.assertEqual(owner.state, "in_progress")
        self.assertFalse(owner.completed_at)
        paid = owner.milestone_ids.filtered(lambda m: m.step_id.code == "paid")
        self.assertEqual([entry["to"] for entry in paid.history], ["pending"])

    def test_invoice_reset_to_draft(self):
        """An invoice is taken back, and the order stays invoiced."""
        order, invoice = self.invoiced, self.posted
        invoice.button_draft()
        self.record()
        self.assertStates(order, invoiced="pending")
        invoice.action_post()
        self.record()
        self.assertStates(order, invoiced="reached")

    def test_cancelled_order(self):
        """A cancelled order is awaited for ever."""
        order = self.confirmed
        order._action_cancel()
        self.record()
        owner = self.owner(order)
        self.assertEqual(owner.state, "cancelled")
        self.assertFalse(owner.waits_for_step_id)
        self.assertStates(order, confirmed="pending")

    def test_service_needs_no_shipping(self):
        """An order of services waits for a delivery that never comes."""
        service = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "list_price": 10.0, "invoice_policy": "order"}
        )
        order = self.order(product=service)
        self.assertEqual(self.owner(order).waits_for_step_id.code, "invoiced")
        self.invoice(order)
        self.assertStates(order, picked="skipped", shipped="skipped", invoiced="reached")

    def test_deleted_order_takes_its_transaction_along(self):
        """Transactions of deleted orders open onto an error."""
        order = self.confirmed
        owner = self.owner(order)
        order._action_cancel()
        order.unlink()
        self.assertFalse(owner.exists())

    def test_order_from_before_the_installation(self):
        """An order confirmed before the monitor was installed never gets a transaction."""
        order = self.confirmed
        self.owner(order).sudo().unlink()
        self.ship(order.picking_ids)
        self.assertStates(order, confirmed="reached", shipped="reached")
