"""Whom a transaction waits for, and when it counts as late."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from .common_transaction_blame import BlamedOrders


@tagged("post_install", "-at_install")
class TestBlame(BlamedOrders):
    def test_team(self):
        """An order that has only to be picked blames somebody else."""
        self.flow.active = False
        owner = self._judge(self.order())
        self.assertEqual((owner.cause, owner.waits_on), ("team", self.warehouse.name))

    def test_missing_stock(self):
        """An order without goods on the shelf blames the pickers."""
        self.flow.active = False
        scarce = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        owner = self._judge(self.order(product=scarce))
        picking = self.env["sale.order"].browse(owner.res_id).picking_ids
        self.assertEqual((picking.state, owner.cause), ("confirmed", "stock"))
        self.assertIn(self.warehouse.name, owner.waits_on)

    def test_missing_stock_before_the_release(self):
        """The warehouse system is blamed for an order whose goods are missing."""
        scarce = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        owner = self.owner(self.order(product=scarce))
        self.assertEqual(owner.waits_for_step_id.code, "released")
        self.assertEqual((owner.cause, owner.waits_on_system_id.id), ("stock", False))

    def test_expected_release_waits_on_the_system(self):
        """A connected warehouse system is not named while its release is outstanding."""
        owner = self.owner(self.order())
        self.assertEqual(owner.waits_for_step_id.code, "released")
        self.assertEqual(owner.waits_on, "Main WMS")
        self.assertEqual(owner.waits_on_system_id, self.system)

    def test_message_on_its_way(self):
        """A message in the queue looks like nothing at all."""
        order = self.order()
        self._message(order)
        owner = self._judge(order)
        self.assertEqual((owner.cause, owner.waits_on), ("message_pending", "Main WMS"))

    def test_held_behind_a_failure(self):
        """A message waits for a failed one, and the banner says that it is about to be sent."""
        for reason, words in (
            ("ordering", "Order release waits for an earlier message"),
            ("archived", "nothing goes to Main WMS at present"),
        ):
            order = self.order()
            self._message(order, held=True, hold_reason=reason)
            owner = self._judge(order)
            self.assertIn(words, owner.cause_text)
            self.assertEqual(owner.waits_on, "Our team")

    def test_retry_says_what_is_wrong_and_when_the_next_try_is(self):
        """Nobody can tell from the order whether the failing call is tried again."""
        order = self.order()
        message = self._message(
            order,
            state="retry",
            error_class="timeout",
            error_message="The connection timed out\nTraceback …",
            attempt_count=3,
            next_attempt_at=fields.Datetime.now() + timedelta(minutes=4),
        )
        owner = self._judge(order)
        self.assertEqual((owner.cause, owner.cause_category), ("message_failed", "technical"))
        self.assertEqual(owner.waits_on, "Main WMS")
        self.assertRegex(owner.cause_text, r"^Main WMS does not answer since .*\d\d")
        self.assertEqual(owner.sudo().cause_message_id, message)
        self.assertIn("The connection timed out", owner.sudo().cause_error)
        self.assertIn("next try in 4 min", order.integration_banner)
        # A minute later nobody has judged anew, and the words must not be a minute old.
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            order.invalidate_recordset(["integration_banner"])
            self.assertIn("next try in 2 min", order.integration_banner)

    def test_held_message_names_what_holds_it(self):
        """A message that a setting holds back reads as if somebody had paused the flow."""
        order = self.order()
        self._message(order, held=True, hold_reason="environment")
        owner = self._judge(order)
        self.assertEqual(owner.cause, "environment")
        self.assertIn("not released to call Main WMS", owner.cause_text)

    def test_missing_stock_before_a_message_that_waits(self):
        """An order without goods blames a carrier's message that has nothing to do with it."""
        self.flow.active = False
        scarce = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        order = self.order(product=scarce)
        self._message(order, held=True, hold_reason="paused", message_type="carrier.booking")
        self.assertEqual(self._judge(order).cause, "stock")

    def test_dead_message_and_its_end(self):
        """A failed message is still blamed after it was sent."""
        order = self.order()
        message = self._message(order, state="dead", error_message="Refused", attempt_count=6)
        self.assertEqual(self._judge(order).cause, "message_failed")
        message.write({"state": "done"})
        self.assertNotEqual(self._judge(order).cause, "message_failed")

    def test_failure_that_a_person_closed(self):
        """An order needs a person for ever, although one looked at it and closed the matter."""
        order = self.order()
        for close in ("action_ignore", "action_resolve"):
            message = self._message(order, state="dead", error_message="Refused")
            problem = self.env["integration.exception"]._open(
                [
                    {
                        "name": "Refused",
                        "dedupe_key": f"message:{message.id}",
                        "flow_id": self.flow.id,
                        "message_id": message.id,
                        "transaction_id": self.owner(order).id,
                    }
                ]
            )
            self.assertEqual(self._judge(order).cause, "message_failed")
            getattr(problem, close)()
            self.assertNotEqual(self.owner(order).cause, "message_failed")
            self.assertNotEqual(order.integration_status, "stuck")

    def test_paused_flow(self):
        """A paused flow looks like a slow partner."""
        order = self.order()
        self._message(order, held=True, hold_reason="paused")
        self.assertEqual(self._judge(order).cause, "paused")

    def test_breaker_blames_the_partner(self):
        """A partner does not answer, and the order's own people are asked why."""
        order = self.order()
        endpoint = self.flow.endpoint_id or self.env["integration.endpoint"].sudo().create(
            {
                "name": "WMS API",
                "code": "im_blame_api",
                "system_id": self.flow.system_id.id,
                "base_url": "https://wms.example.com",
            }
        )
        self._message(
            order, held=True, hold_reason="breaker", direction="outbound", endpoint_id=endpoint.id
        )
        endpoint.sudo().write({"breaker_state": "open", "breaker_since": "2026-05-04 10:05:00"})
        owner = self._judge(order)
        self.assertEqual(owner.cause, "breaker")
        self.assertEqual(owner.waits_on, "Main WMS")
        self.assertIn("Main WMS has not been answering since", owner.cause_text)

    def test_maintenance_and_limits_in_words(self):
        """An announced maintenance, or a partner's wish, reads like a pause of ours."""
        order = self.order()
        message = self._message(order, held=True, hold_reason="maintenance", direction="outbound")
        for reason, cause, words in (
            ("maintenance", "maintenance", "is in maintenance"),
            ("rate_limit", "message_pending", "asked us to slow down"),
            ("budget", "message_pending", "asked too often"),
        ):
            message.write({"hold_reason": reason})
            owner = self._judge(order)
            self.assertEqual(owner.cause, cause)
            self.assertIn(words, owner.cause_text)

    def test_exception(self):
        """An order with an open exception blames the customer or nobody."""
        order = self.order()
        problem = (
            self.env["integration.exception"]
            .sudo()
            .create(
                {
                    "name": "Unknown product LAMP-9",
                    "category": "business",
                    "company_id": self.company.id,
                    "transaction_id": self.owner(order).id,
                }
            )
        )
        owner = self._judge(order)
        self.assertEqual((owner.cause, owner.cause_category), ("exception", "business"))
        self.assertEqual(owner.cause_text, "Unknown product LAMP-9")
        problem.write({"state": "resolved"})
        self.assertNotEqual(self._judge(order).cause, "exception")

    def test_time_makes_late(self):
        """An order that nobody touches stays on track for ever."""
        self.flow.active = False
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.timeliness, "on_track")
        self.assertTrue(owner.tick_at)
        for back, expected in ((timedelta(minutes=1), "warning"), (None, "missed")):
            past = fields.Datetime.now() - timedelta(minutes=1)
            owner.sudo().write(
                {
                    "tick_at": past,
                    "due_at": fields.Datetime.now() + back if back else past,
                }
            )
            self.env["integration.transaction"].sudo()._tick()
            self.assertEqual(owner.timeliness, expected)

    def test_tick_is_one_statement(self):
        """The clock of the monitor costs more with each order."""
        self.order()
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env["integration.transaction"].sudo()._tick()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)

    def test_missed_promise(self):
        """An order past its promised date is on track because its step is young."""
        order = self.order(
            commitment_date=fields.Datetime.now() - timedelta(days=1),
            order_line=[
                Command.create({"product_id": self.product.id, "product_uom_qty": 1}),
            ],
        )
        self.assertEqual(self.owner(order).timeliness, "missed")
