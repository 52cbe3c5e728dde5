"""What recording costs while gates keep documents back."""

from odoo.tests import tagged

from .common_gate import GateCase

#: What gates may add to the statements of a batch of any size.
MOST = 3


@tagged("post_install", "-at_install")
class TestGateCost(GateCase):
    """Orders are recorded together, with nothing in the cache but what each request reads."""

    def _confirmed(self, number):
        """:return: orders, and the statements for recording that they were confirmed together"""
        orders = self.quotations(number)
        orders.action_confirm()
        return orders, self.recording_cost()

    def _invoiced(self, number):
        """:return: orders, and the statements for recording that they have drafts of invoices"""
        orders, _statements = self._confirmed(number)
        orders._create_invoices(grouped=True)
        return orders, self.recording_cost()

    def assertCosts(self, action, *gates):
        """Gates add little to what recording costs, and as much for one order as for ten.

        :return: the ten orders
        """
        action(1)  # fills caches of the registry
        _order, without = action(1)
        for step, values in gates:
            self.gate(step, **values)
        action(1)
        _order, one = action(1)
        orders, ten = action(10)
        self.assertEqual(one, ten)
        self.assertLessEqual(one, without + MOST)
        return orders

    def assertTold(self, order, document, step):
        owner = self.owner(order)
        self.assertEqual(owner.cause, "gate")
        self.assertIn(document, owner.cause_text)
        self.assertIn(self.step(step).name, owner.cause_text)

    def test_deliveries(self):
        """Each order of a batch asks for its own transfer, its overrides and its step."""
        for order in self.assertCosts(self._confirmed, ("paid", {})):
            self.assertTold(order, order.picking_ids.name, "paid")

    def test_of_one_warehouse(self):
        """What narrows a gate is asked of each transfer."""
        narrow = {
            "warehouse_ids": self.warehouse.ids,
            "document_step": "picking",
            "picking_type_ids": self.warehouse.out_type_id.ids,
        }
        for order in self.assertCosts(self._confirmed, ("paid", narrow)):
            self.assertTold(order, order.picking_ids.name, "paid")

    def test_invoices(self):
        """Each draft is asked for its name."""
        gate = ("released", {"document_step": "invoice"})
        for order in self.assertCosts(self._invoiced, gate):
            self.assertTold(order, order.invoice_ids.display_name, "released")

    def test_deliveries_and_invoices(self):
        """Two kinds of gates pay for each."""
        other = self.env["stock.warehouse"].sudo().create({"name": "Second", "code": "SEC"})
        orders = self.assertCosts(
            self._invoiced,
            ("paid", {"warehouse_ids": other.ids}),
            ("released", {"document_step": "invoice"}),
        )
        for order in orders:
            self.assertTold(order, order.invoice_ids.display_name, "released")

    def test_some_of_a_batch_pass(self):
        """What one order may, or another order's system, is told of its neighbour."""
        gate = self.gate("paid")
        let_pass, held, other = self.env["sale.order"].union(*(self.order() for _n in range(3)))
        let_pass.picking_ids.with_user(self.boss)._integration_override_gate("Of old")
        gate.document_domain = f"[('id', '!=', {other.picking_ids.id})]"
        owners = self.owner(let_pass) | self.owner(held) | self.owner(other)
        owners._refresh_blame()
        self.assertTold(held, held.picking_ids.name, "paid")
        self.assertNotIn("gate", (self.owner(let_pass) | self.owner(other)).mapped("cause"))

    def test_step_is_translated(self):
        """The former name of a step stays in the cache, for translations are written past it."""
        self.gate("paid")
        order = self.order()
        self.assertTold(order, order.picking_ids.name, "paid")
        self.step("paid").update_field_translations("name", {"en_US": "Money is here"})
        self.owner(order)._refresh_blame()
        self.assertIn("Money is here", self.owner(order).cause_text)

    def test_nothing_is_held_by_a_message(self):
        """Looking for messages to wake costs a savepoint and its end."""
        self.gate("paid")
        Message = self.env["integration.message"].sudo()
        Message._release_gated([1])
        with self.assertQueryCount(1):
            Message._release_gated([1])
