from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestGate(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered = cls.order()
        cls.picked = cls.ready(cls.ordered.picking_ids)

    def test_transfer_waits_for_its_milestone(self):
        """Goods leave before the warehouse has confirmed the release."""
        self.gate()
        picking = self.picked
        self.assertHeld(picking.button_validate)
        self.assertNotEqual(picking.state, "done")
        self.release(self.ordered)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_return_by_the_type_of_deliveries(self):
        """What a customer sends back is kept at the door, as if it were to leave."""
        self.warehouse.out_type_id.return_picking_type_id = False
        delivery = self.order().picking_ids
        self.ship(delivery)
        self.gate()
        back = self.send_back(delivery)
        self.assertEqual((back.picking_type_code, back.state), ("outgoing", "done"))

    def test_words(self):
        """The refusal does not say what is missing, nor what to do."""
        self.gate()
        order, picking = self.ordered, self.picked
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            picking.with_user(self.clerk).button_validate()
        words = str(caught.exception)
        released = self.step("released").name
        for part in (picking.name, released, order.name, "Main WMS", "Ask the warehouse office."):
            self.assertIn(part, words)
        self.assertIn(released, picking.with_user(self.clerk).integration_gate_text)

    def test_no_way_around(self):
        """A wizard, a batch or the server lets the goods go all the same."""
        self.gate()
        order, other = self.order(quantity=4), self.order()
        picking = self.ready(order.picking_ids)
        free = self.ready(other.picking_ids)
        self.release(other)
        self.assertHeld((picking | free).button_validate)
        self.assertHeld(picking._action_done)
        self.assertHeld(picking.move_ids._action_done)
        self.assertHeld(lambda: picking.move_ids.write({"state": "done"}))
        self.assertHeld(picking.with_context(skip_backorder=True).button_validate)
        picking.move_ids.quantity = 1
        wizard = picking.button_validate()
        confirmation = self.env[wizard["res_model"]].with_context(**wizard["context"]).create({})
        self.assertHeld(confirmation.process)
        self.assertHeld(confirmation.process_cancel_backorder)
        self.assertEqual(order.order_line.qty_delivered, 0)
        free.button_validate()
        self.assertEqual(free.state, "done")

    def test_nothing_is_moved_by_a_refusal(self):
        """The refused transfer has bought its label, or moved half of its goods."""
        self.gate()
        picking = self.picked
        before = self.product.qty_available
        self.assertHeld(picking.button_validate)
        self.assertEqual(self.product.qty_available, before)

    def test_back_order_is_held_again(self):
        """The override of a transfer opens the gate for its back order."""
        self.gate()
        order = self.order(quantity=5)
        picking = self.ready(order.picking_ids)
        picking.with_user(self.boss)._integration_override_gate("Customer waits at the door")
        picking.move_ids.quantity = 2
        picking.with_context(skip_backorder=True).button_validate()
        self.record()
        self.assertEqual(picking.state, "done")
        rest = self.ready(picking.backorder_ids)
        self.assertHeld(rest.button_validate)

    def test_scrap_goes_to_nobody(self):
        """A broken lamp of a held transfer cannot be thrown away."""
        self.gate()
        picking = self.picked
        scrap = self.env["stock.scrap"].create(
            {"product_id": self.product.id, "scrap_qty": 1, "picking_id": picking.id}
        )
        scrap.do_scrap()
        self.assertEqual(scrap.state, "done")

    def test_incoming_and_returns_pass(self):
        """Goods that come back are refused at the door."""
        order = self.order()
        self.ship(order.picking_ids)
        self.gate()
        back = self.send_back(order.picking_ids)
        self.assertEqual(back.state, "done")

    def test_any_transfer_type(self):
        """Only the delivery is kept back, not the picking in front of it."""
        self.warehouse.delivery_steps = "pick_ship"
        self.gate(
            document_step="picking", picking_type_ids=[Command.set(self.warehouse.pick_type_id.ids)]
        )
        order = self.order()
        pick = self.ready(order.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertEqual(pick.picking_type_id, self.warehouse.pick_type_id)
        self.assertHeld(pick.button_validate)

    def test_whom_it_is_for(self):
        """A gate for one warehouse stops the whole company."""
        other = (
            self.env["stock.warehouse"]
            .sudo()
            .create({"name": "Second", "code": "SEC", "company_id": self.company.id})
        )
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        passing = (
            {"warehouse_ids": [Command.set(other.ids)]},
            {"company_id": elsewhere.id},
            {"document_domain": "[('origin', '=', 'nobody')]"},
            {"active": False},
        )
        picking = self.picked
        for values in passing:
            gate = self.gate(**values)
            with self.subTest(values):
                self.assertFalse(self.env["integration.gate"]._held(picking))
            gate.active = False
        self.gate(
            warehouse_ids=[Command.set(self.warehouse.ids)],
            document_domain="[('origin', '!=', False)]",
        )
        self.assertHeld(picking.button_validate)
        self.env["integration.gate"].sudo().search([]).active = False
        self.gate(company_id=False)
        self.assertHeld(picking.button_validate)

    def test_documents_without_an_order(self):
        """A sample that somebody sends by hand waits for an order that there is not."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 1,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self.ready(picking)
        gate = self.gate(unlinked="hold")
        self.assertHeld(picking.button_validate, "belong to an order")
        gate.unlinked = "pass"
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_step_that_nobody_reaches(self):
        """An order that is never packed waits for its packing."""
        self.gate("packed")
        picking = self.picked
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_costs_nothing_without_gates(self):
        """Every transfer asks the database for gates that there are not."""
        picking = self.picked
        Gate = self.env["integration.gate"]
        Gate._check(picking)
        Gate._rules("account.move")
        self.env.flush_all()
        with self.assertQueryCount(0):
            Gate._check(picking)
            Gate._in_use()
            self.assertFalse(picking.integration_gate_text)

    def test_queries_do_not_grow(self):
        """A batch of transfers asks for each of them."""
        self.gate()
        orders = self.env["sale.order"].union(*(self.order() for _turn in range(6)))
        pickings = self.ready(orders.picking_ids)
        Gate = self.env["integration.gate"]
        Gate._rules("stock.picking")

        def cost(documents):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(Gate._held(documents)), len(documents))
            return self.env.cr.sql_log_count - before

        cost(pickings)
        self.assertEqual(cost(pickings), cost(pickings[:1]))

    def test_blame(self):
        """An order waits for its goods to be shipped, as if nothing kept them back."""
        owner = self.owner(self.ordered)
        self.assertNotEqual(owner.cause, "gate")
        self.gate("paid")
        owner._refresh_blame()
        self.assertEqual(owner.cause, "gate")
        self.assertIn("held by gating", owner.cause_text)
        self.assertIn(self.step("paid").name, owner.cause_text)
        self.assertEqual(owner.waits_on, self.customer.name)
        self.pay(self.invoice(self.ordered))
        self.assertNotEqual(owner.cause, "gate")

    def test_blame_names_the_system(self):
        """The warehouse's system is late, and our own people are blamed."""
        self.gate()
        order = self.order()
        self.ready(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual(owner.cause, "gate")
        self.assertEqual(owner.waits_on_system_id, self.system)
        self.assertEqual(owner.waits_on, "Main WMS")

    def test_a_kept_invoice_is_no_reason_to_wait_for_goods(self):
        """An order without stock is said to wait for its invoice, and a carrier is blamed."""
        self.gate("shipped", document_step="invoice")
        order = self.order()
        order._create_invoices()
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "released")
        self.assertNotEqual(owner.cause, "gate")

    def test_what_is_held_is_found(self):
        """A gate keeps documents back, and nobody finds out which."""
        gate = self.gate("paid")
        held, free = self.ordered, self.order()
        self.ready(free.picking_ids)
        self.pay(self.invoice(free))
        self.assertEqual(gate.held_count, 1)
        action = gate.action_open_held()
        documents = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(documents, held.picking_ids)

    def test_changed_gate_is_told(self):
        """A gate is switched off, and orders say for days that it holds them."""
        gate = self.gate("paid")
        order = self.order()
        self.ready(order.picking_ids)
        self.assertEqual(self.owner(order).cause, "gate")
        gate.active = False
        jobs = self.env["queue.job"].sudo().search([("method_name", "=", "_refresh_blame")])
        owner = self.owner(order)
        self.assertIn(owner.id, [i for job in jobs for i in job.records.ids])
        owner._refresh_blame()
        self.assertNotEqual(owner.cause, "gate")

    def test_gates_that_never_open(self):
        """A gate waits for what it keeps back."""
        for values in (
            {"step": "shipped"},
            {"step": "invoiced", "document_step": "invoice"},
            {"step": "paid", "document_step": "invoice"},
            {"document_step": "picking"},
            {"document_domain": "[('no_such_field', '=', 1)]"},
            {"document_domain": "rubbish("},
        ):
            with self.subTest(values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.gate(**values)
