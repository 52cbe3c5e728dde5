"""Who of our people has to move, and which system is behind another one's trouble."""

from odoo import Command
from odoo.tests import tagged

from ..tools.errors import RemoteError
from .common_transaction_blame import BlamedOrders


@tagged("post_install", "-at_install")
class TestBlamePerson(BlamedOrders):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.env["res.users"].create({"name": "Paul Picker", "login": "im_blame_clerk"})

    def test_salesperson_of_a_quotation(self):
        """Sales is asked to confirm, and nobody feels meant."""
        self.flow.active = False
        order = self.order(user_id=self.clerk.id)
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        self.record()
        owner = self.owner(order)
        self.assertEqual((owner.waits_on, owner.waits_on_user_id), ("Sales", self.clerk))
        order.action_quotation_sent()
        self.record()
        self.assertEqual((owner.cause, owner.waits_on_user_id.id), ("customer", False))
        self.assertEqual(owner.waits_on, self.customer.name)

    def test_responsible_of_a_transfer(self):
        """The warehouse is asked to pick what one person has taken."""
        self.flow.active = False
        order = self.order()
        self.assertFalse(self.owner(order).waits_on_user_id)
        order.picking_ids.user_id = self.clerk
        owner = self._judge(order)
        self.assertEqual((owner.cause, owner.waits_on_user_id), ("team", self.clerk))
        self.assertIn("Paul Picker", order.integration_banner)

    def test_owner_of_the_exception(self):
        """A word of the partner is unknown, and nobody is asked to say what it means."""
        order = self.order()
        message = self._message(order, state="dead", error_class="business", error_message="x")
        self.env["integration.exception"]._open(
            [
                {
                    "name": "Unknown product",
                    "dedupe_key": f"message:{message.id}",
                    "category": "business",
                    "flow_id": self.flow.id,
                    "message_id": message.id,
                    "transaction_id": self.owner(order).id,
                    "source_model": "product.product",
                    "source_key": "default_code",
                    "source_value": "LAMP-9",
                    "user_id": self.clerk.id,
                }
            ]
        )
        owner = self.owner(order)
        self.assertEqual((owner.cause, owner.waits_on_user_id), ("mapping", self.clerk))
        self.assertIn("“LAMP-9”", owner.cause_text)
        self.assertEqual((owner.waits_on_system_id, owner.status), (self.system, "stuck"))

    def test_system_behind_it(self):
        """Two systems fail, and people telephone with the one that only suffers."""
        order = self.order()
        self._message(order, state="retry", error_class="server", attempt_count=1)
        owner = self._judge(order)
        behind = self.system.sudo().copy({"name": "Message Bus", "code": "im_blame_bus"})
        self.env["integration.dependency"].sudo().create(
            {"system_id": self.system.id, "depends_on_system_id": behind.id}
        )
        self.system.sudo()._set_health("down", "503")
        self.assertEqual((owner.cause, owner.waits_on), ("message_failed", "Main WMS"))
        behind._set_health("down", "no answer")
        self.assertEqual((owner.cause, owner.waits_on_system_id), ("dependency", behind))
        self.assertEqual(owner.cause_text, "Message Bus is out, and Main WMS needs it")
        behind._set_health("up")
        self.assertEqual((owner.cause, owner.waits_on), ("message_failed", "Main WMS"))

    def test_healthy_orders_ask_nothing(self):
        """What systems need of each other is read with every transfer."""
        orders = [self.order(), self.order()]
        self._message(orders[1], state="retry", error_class="server", attempt_count=1)
        counts = []
        for order in orders:
            self._judge(order)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.owner(order)._refresh_blame()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1] - counts[0], 1)

    def test_outage_costs_a_batch_nothing_more(self):
        """While a system is out, each batch pays for it, beside the names of who has to move."""
        self.flow.active = False
        orders = self.order() | self.order()
        behind = self.system.sudo().copy({"name": "Message Bus", "code": "im_blame_bus"})
        self.env["integration.dependency"].sudo().create(
            {"system_id": self.system.id, "depends_on_system_id": behind.id}
        )
        (self.system | behind).sudo()._set_health("down", "no answer")
        for failed, other in (orders, reversed(orders)):
            with self.subTest(first=failed == orders[0]):
                message = self._message(
                    failed, state="retry", error_class="server", attempt_count=1
                )
                counts = [self._statements(orders) for _time in range(2)]
                # Nothing changed since the first time: what is left is reading.
                self.assertEqual(counts[1], 2)
                owner = self.owner(failed)
                self.assertEqual((owner.cause, owner.waits_on), ("dependency", "Message Bus"))
                self.assertEqual(self.owner(other).waits_on, self.warehouse.name)
                message.state = "cancelled"

    def _statements(self, orders):
        """:return: number of statements for judging orders anew, nothing of them being cached"""
        owner_ids = [self.owner(order).id for order in orders]
        self.env.flush_all()
        self.env.invalidate_all()
        # Whoever asks, and for which company, is read for each request.
        self.env.user.partner_id.mapped("tz")
        self.env.company.partner_id.mapped("lang")
        before = self.env.cr.sql_log_count
        self.env["integration.transaction"].sudo().browse(owner_ids)._refresh_blame()
        return self.env.cr.sql_log_count - before

    def test_stopped_by_an_earlier_message(self):
        """A message keeps its order behind a failed one of another order, and looks like new."""
        self.flow.write({"ordering": True, "retry_policy_id": self._at_once().id})
        orders = [self.order(), self.order()]
        first, second = (self._message(order, ordering_key="dock 1") for order in orders)
        self.assertEqual(self._judge(orders[1]).cause, "message_pending")
        self.assertIn("waits its turn", self.owner(orders[1]).cause_text)
        first.write({"state": "processing", "attempt_count": 1})
        first._settle_failure(RemoteError(500))
        self.assertEqual((first.state, second.state), ("dead", "pending"))
        owner = self.owner(orders[1])
        self.assertEqual((owner.cause, owner.sudo().cause_message_id), ("message_failed", first))
        self.assertIn("An earlier message comes first", owner.cause_text)

    def _at_once(self):
        return (
            self.env["integration.retry.policy"]
            .sudo()
            .create({"name": "Once", "code": "im_blame_once", "max_attempts": 1})
        )

    def test_draft_transfer(self):
        """Somebody is asked to pick what is a draft."""
        self.flow.active = False
        order = self.order()
        copy = order.picking_ids.copy()
        (order.picking_ids - copy).action_cancel()
        self.record()
        owner = self._judge(order)
        self.assertEqual(owner.cause, "team")
        self.assertIn(f"{copy.name} is a draft", owner.cause_text)

    def test_content_not_understood_is_no_mapping(self):
        """A product is searched for where the partner wrote nonsense."""
        order = self.order()
        self._message(order, state="quarantined", error_class="contract", error_message="x")
        owner = self._judge(order)
        self.assertEqual((owner.cause, owner.cause_category), ("quarantined", "partner"))
        self.assertEqual(owner.waits_on, "Main WMS")

    def test_two_lines_of_one_order(self):
        """One of two products is missing, and the order waits for nothing but the shelf."""
        self.flow.active = False
        scarce = self.env["product.product"].create({"name": "Scarce", "is_storable": True})
        lines = [Command.create({"product_id": p.id}) for p in (self.product, scarce)]
        order = self.order(order_line=lines)
        self.assertEqual(self._judge(order).cause, "team")
        order.picking_ids.do_unreserve()
        order.picking_ids.move_type = "one"
        order.picking_ids.action_assign()
        self.record()
        self.assertEqual(self._judge(order).cause, "stock")
