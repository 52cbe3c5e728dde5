"""Returns beside their orders: what recording costs, adoption, events, words and rights."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..models import integration_transaction_snapshot
from ..tools.root import SALE
from .common_return import ReturnCommon
from .common_users import new_user


@tagged("post_install", "-at_install")
class TestReturnRecord(ReturnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered = [cls.delivered()[0] for _number in range(4)]
        cls.delivery = cls.ordered[0].picking_ids

    def test_others_pay_nothing(self):
        """Each delivery and each invoice asks whether it is a return."""
        asked = []
        Transaction = type(self.env["integration.transaction"])
        read = Transaction._root_reading

        def root_reading(model, root_model, documents, known):
            reading = read(model, root_model, documents, known)
            if reading:
                asked.append(root_model)
            return reading

        self.patch(Transaction, "_root_reading", root_reading)
        order, _invoice = self.delivered()
        self.assertNotIn("stock.picking", asked)
        back = self.announce(order.picking_ids)
        self.assertIn("stock.picking", asked)
        self.assertTrue(self.owner(back))

    def test_asking_costs_no_statement(self):
        """To find out that a transfer is no return, something is read of the database."""

        def cost():
            order = self.order(confirm=False)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.action_confirm()
            self.record()
            self.env.invalidate_all()
            self.ship(order.picking_ids)
            self.env.invalidate_all()
            self.pay(self.invoice(order))
            return self.env.cr.sql_log_count - before

        cost()  # what is cached for all is read once
        asked = cost()
        Picking = type(self.env["stock.picking"])
        with patch.object(
            Picking, "_integration_by_root", lambda pickings: [(SALE.model, pickings)]
        ):
            unasked = cost()
        self.assertEqual(asked, unasked)

    def test_one_statement_for_any_number(self):
        """Ten returns are read one by one."""
        backs = [self.announce(order.picking_ids) for order in self.ordered]
        Transaction = self.env["integration.transaction"]
        notes = {"stock.picking": {"stock.picking": [back.id for back in backs]}}
        self.record()
        with self.assertQueryCount(1):
            rows = Transaction._snapshot({}, further=notes)
        self.assertEqual([row["id"] for row in rows], [back.id for back in backs])

    def test_statements_for_a_batch(self):
        """A morning's returns are recorded one by one."""

        def cost():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["integration.milestone"].sudo()._record_pending()
            return self.env.cr.sql_log_count - before

        # The first one fills caches.
        for orders in ([self.delivered()[0]], self.ordered):
            backs = self.env["stock.picking"]
            with patch.object(type(self), "record"):
                for order in orders:
                    backs |= self.announce(order.picking_ids)
            announced = cost()
            backs.move_ids.picked = True
            backs._action_done()
            came = cost()
        self.assertStates(backs[-1], announced="reached", returned="reached")
        self.assertLessEqual(announced, 3)
        # Of an order whose goods came back it is asked, too, what is left to be invoiced of it.
        self.assertLessEqual(came, 3)

    def test_adopted_like_recorded(self):
        """Returns from before the installation stand at their first step."""
        order, other = self.ordered[:2]
        done = self.announce(self.delivery, quantity=1)
        self.ship(done)
        self.pay(self.credit(order.invoice_ids, quantity=1))
        waiting = self.announce(self.delivery, quantity=1)
        exchanged = self.announce(other.picking_ids, exchange=True)
        backs = (done, waiting, exchanged)
        before = {back: (self.states(back), self.roles(back)) for back in backs}
        ids = [self.owner(back).id for back in backs]
        self.env.cr.execute(SQL("DELETE FROM integration_transaction WHERE id = ANY(%s)", ids))
        self.env.invalidate_all()
        adoption = (
            self.env["integration.adoption"]
            .sudo()
            .create({"company_id": self.company.id, "root_model": "stock.picking"})
        )
        adoption.action_start()
        self.assertEqual(adoption.total_count, 3)
        self.env.cr.precommit.run()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            adoption.with_env(adoption.env(cr=cr))._run()
        self.env.invalidate_all()
        self.assertEqual(
            (adoption.state, adoption.done_count, adoption.failed_count), ("done", 3, 0)
        )
        for back in backs:
            self.assertEqual((self.states(back), self.roles(back)), before[back])

    def test_return_from_before_the_installation(self):
        """A return that was made before the monitor never gets a transaction."""
        back = self.announce(self.delivery)
        self.owner(back).sudo().unlink()
        self.ship(back)
        self.assertStates(back, announced="reached", returned="reached", credited="pending")

    def test_events(self):
        """Nobody can tell a carrier or a warehouse of a return."""
        seen = []
        Flow = type(self.env["integration.flow"])
        emit = Flow._emit_for_events

        def emitted(flows, events):
            seen.extend((event.code, event.res_id) for event in events)
            return emit(flows, events)

        self.patch(Flow, "_emit_for_events", emitted)
        order, _invoice = self.delivered()
        back = self.announce(order.picking_ids, quantity=1)
        self.assertEqual([event for event in seen if event[0].startswith("return.")],
                         [("return.announced", back.id)])  # fmt: skip
        seen.clear()
        self.ship(back)
        self.assertIn(("return.received", back.id), seen)
        other = self.announce(order.picking_ids - back, quantity=1)
        seen.clear()
        other.action_cancel()
        self.record()
        self.assertIn(("return.cancelled", other.id), seen)

    def test_most_urgent_is_shown(self):
        """The return is late, and its transfer says that the order is completed."""
        order = self.ordered[0]
        back = self.announce(self.delivery)
        self.assertEqual(self.owner(order).state, "completed")
        self.assertEqual(back.integration_status, "on_track")
        self.assertEqual(back.integration_waits_on, self.customer.name)
        self.assertIn(self.customer.name, back.integration_banner)
        self.ship(back)
        refund = self.credit(order.invoice_ids)
        # Order and return stand alike: of a return nobody reads that it has to be shipped.
        self.assertEqual(self.owner(order).status, self.owner(back).status)
        for document in (back, refund):
            self.assertEqual(document.integration_waits_for_step_id.code, "refunded")
            self.assertIn("the payment of the credit note", document.integration_banner)
        step = self.owner(back).waits_for_step_id
        found = back.search([("integration_waits_for_step_id", "=", step.id)])
        self.assertIn(back, found)
        self.assertEqual(refund.integration_status, "on_track")
        self.assertEqual(refund.integration_waits_on, "Accounting")
        self.pay(refund)
        self.assertIn("Everything of this return is done", self.owner(back).banner)

    def test_warehouse_reads_it_without_amounts(self):
        """A warehouse worker sees what the customer paid, or not the return."""
        worker = new_user(self.env, "im_return_worker", "stock.group_stock_user")
        back = self.announce(self.delivery)
        owner = self.owner(back).with_user(worker)
        self.assertTrue(owner.has_access("read"))
        self.assertEqual(owner.waits_for_step_id.code, "returned")
        self.assertNotIn("amount_total", owner.fields_get())
        self.assertTrue(owner.may_open_root)

    def test_read_by_a_function_of_the_engine(self):
        """The function stays behind when the engine goes."""
        name = "integration_order_return"
        self.assertTrue(name.startswith(integration_transaction_snapshot.PREFIX))
        self.assertIn(name, integration_transaction_snapshot.FUNCTIONS)
