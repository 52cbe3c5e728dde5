from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestExpectation(WmsCase):
    """A done outgoing transfer produces a shipment notice within 15 minutes."""

    number = 0  # of the next delivery

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.expectation = cls.env["integration.expectation"].create(
            {
                "flow_id": cls.shipment_flow.id,
                "event_code": "picking.out.done",
                "watch_from": cls.now - timedelta(days=1),
            }
        )
        cls.deliveries = [cls._long_ago(number) for number in range(4)]
        cls.env.cr.flush()

    @classmethod
    def _long_ago(cls, number):
        """:return: the delivery of an order, done before anybody watched"""
        order = cls._order(id=7_000_000 + number, name=f"#{number}").sudo()
        order.date_order = cls.now - timedelta(days=60)
        picking = cls._first(order)
        picking.move_ids.picked = True
        picking._action_done()
        cls._done_at(picking, cls.now - timedelta(days=60))
        return picking

    @classmethod
    def _done_at(cls, picking, moment):
        picking.date_done = moment
        picking.move_ids.date = moment

    def shipped(self, minutes=20):
        """:return: a further delivery, which was done so many minutes ago"""
        picking = self.deliveries[self.number]
        self.number += 1
        self._done_at(picking, self.now - timedelta(minutes=minutes))
        return picking

    def watch(self, minutes=0):
        """Sweep. :return: the open exceptions of the expectation"""
        self.env["integration.expectation"]._watch_missing(self.now + timedelta(minutes=minutes))
        return self.env["integration.exception"].search(
            [("expectation_id", "=", self.expectation.id), ("is_open", "=", True)]
        )

    def notice(self, picking):
        """Let a message of the flow about the transfer be there."""
        return self._message(
            flow=self.shipment_flow, res_model=picking._name, res_id=picking.id, state="done"
        )

    def test_one_exception_each(self):
        """Nobody notices that the notice of a parcel is missing, or is told each minute."""
        first, second = self.shipped(), self.shipped()
        young = self.shipped(minutes=10)
        found = self.watch()
        self.assertEqual(set(found.mapped("res_id")), {first.id, second.id})
        self.assertEqual(self.watch(), found)
        self.assertEqual(found.mapped("occurrence_count"), [1, 1])
        exception = found.filtered(lambda e: e.res_id == first.id)
        self.assertIn(first.name, exception.name)
        self.assertIn("15 minutes", exception.error_message)
        self.assertEqual(exception.category, "partner")
        self.assertEqual(exception.transaction_id, first.sale_id.integration_transaction_ids)
        self.assertIn("Ask the partner", exception.advice)
        self.assertIn(young.id, self.watch(minutes=10).mapped("res_id"))

    def test_goods_that_go_back_to_their_vendor(self):
        """A customer's notice is missed of what a vendor gets back."""
        back, shipped = self.shipped(), self.shipped()
        vendors = self.env.ref("stock.stock_location_suppliers")
        back.move_ids.location_dest_id = back.location_dest_id = vendors
        self.assertEqual(self.watch().mapped("res_id"), shipped.ids)

    def keep_messages(self, days):
        """Let done messages be kept for so many days, and those that are older be deleted."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("integration_monitor.message_retention_days", str(days))
        self.env.flush_all()
        self.env["integration.message"]._gc_messages()

    def test_deleted_messages_are_not_missing(self):
        """Messages are kept for a week, and those of the week before are told to be missing."""
        day = 24 * 60
        self.expectation.watch_from = self.now - timedelta(days=13)
        for days, ahead in ((10, 0), (7, 0), (6.9, 0.5)):
            # Some notices come before the transfer is done by them.
            notice = self.notice(self.shipped(minutes=days * day))
            notice.received_at = self.now - timedelta(days=days + ahead)
        self.assertFalse(self.watch())
        self.keep_messages(7)
        self.assertFalse(self.watch())
        late = self.shipped(minutes=5 * day)
        self.assertEqual(self.watch().mapped("res_id"), late.ids)

    def test_messages_kept_for_longer_from_now_on(self):
        """Those of the week before were deleted already, and are told to be missing."""
        self.expectation.watch_from = self.now - timedelta(days=13)
        notice = self.notice(self.shipped(minutes=10 * 24 * 60))
        notice.received_at = self.now - timedelta(days=10)
        self.keep_messages(7)
        self.assertFalse(notice.exists())
        older = self.notice(self.shipped(minutes=5))
        older.received_at = self.now - timedelta(days=40)
        self.keep_messages(30)
        self.assertFalse(older.exists())
        self.assertFalse(self.watch())

    def test_expected_while_messages_are_kept(self):
        """A message is to come within a week, is deleted after a day, and is never missed."""
        self.expectation.minutes = 24 * 60
        self.keep_messages(1)
        with self.assertRaisesRegex(ValidationError, "are kept for 1 days"):
            self.expectation.minutes = 2 * 24 * 60
        with self.assertRaisesRegex(ValidationError, "are kept for 1 days"):
            self.expectation.copy({"event_code": "picking.in.done"})
        self.expectation.minutes = 11 * 60
        picking, older = self.shipped(minutes=11.5 * 60), self.shipped(minutes=13 * 60)
        found = self.watch().mapped("res_id")
        self.assertEqual(found, picking.ids)
        self.assertNotIn(older.id, found)

    def test_messages_kept_for_less_than_is_expected(self):
        """Somebody keeps messages for a day from now on, and no expectation finds anything."""
        self.expectation.minutes = 24 * 60
        settings = self.env["res.config.settings"]
        with self.assertRaisesRegex(ValidationError, "are kept for 1 days.*\n.*1440 min"):
            settings.create({"integration_message_retention_days": 1})
        settings.create({"integration_message_retention_days": 3})
        # Another setting can be saved where the parameter was written by hand.
        self.keep_messages(1)
        settings.create({"integration_retention_days": 20})
        self.expectation.active = False
        with self.assertRaises(ValidationError):
            self.expectation.active = True
        self.keep_messages(30)
        settings.create({"integration_message_retention_days": 1})

    def test_resolved_when_it_arrives(self):
        """The notice came late, and the exception stays."""
        picking = self.shipped()
        exception = self.watch()
        self.notice(picking)
        self.assertFalse(self.watch())
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))
        self.assertEqual(self.expectation.exception_count, 0)

    def test_in_time(self):
        """A message that came is missed all the same."""
        self.notice(self.shipped())
        self.assertFalse(self.watch())

    def test_message_of_another_flow(self):
        """The release of a transfer counts as its shipment notice."""
        picking = self.shipped()
        self._message(flow=self.release_flow, res_model=picking._name, res_id=picking.id)
        self.assertEqual(self.watch().res_id, picking.id)

    def test_same_order(self):
        """The notice names the picking of a chain, and the delivery counts as forgotten."""
        picking = self.shipped()
        transaction = picking.sale_id.integration_transaction_ids
        self._message(flow=self.shipment_flow, transaction_id=transaction.id, state="done")
        self.assertTrue(self.watch())
        self.expectation.match_by = "transaction"
        self.assertFalse(self.watch())

    def test_ignored_is_not_told_again(self):
        """What a person ignored comes back each minute."""
        self.shipped()
        self.watch().action_ignore()
        self.assertFalse(self.watch())

    def test_what_is_not_watched(self):
        """Old documents, other warehouses and conditions, paused flows raise alarms."""
        picking = self.shipped()
        for values in (
            {"watch_from": self.now},
            {"warehouse_id": self.warehouse.copy({"name": "Other", "code": "OTH"}).id},
            {"document_domain": "[('name', '=', 'nothing')]"},
            {"event_code": "picking.in.done"},
            {"minutes": 30},
            {"active": False},
        ):
            before = {name: self.expectation[name] for name in values}
            if "warehouse_id" in before:
                before["warehouse_id"] = False
            self.expectation.write(values)
            with self.subTest(values=values):
                self.assertFalse(self.watch())
            self.expectation.write(before)
        self.shipment_flow.action_pause()
        self.assertFalse(self.watch())
        self.shipment_flow.action_resume()
        self.assertEqual(self.watch().res_id, picking.id)

    def test_document_is_taken_back(self):
        """The order was cancelled, and its message is missed for ever."""
        order = self._order().sudo()
        order.date_order = self.now - timedelta(minutes=20)
        self.expectation.write({"event_code": "sale.confirmed", "flow_id": self.release_flow.id})
        exception = self.watch()
        self.assertEqual((exception.res_model, exception.res_id), ("sale.order", order.id))
        self.assertEqual(exception.category, "technical")
        order._action_cancel()
        self.assertFalse(self.watch())
        self.assertEqual(exception.state, "resolved")

    def test_archived_and_restored(self):
        """An expectation that is restored is silent about what is still missing."""
        picking = self.shipped()
        self.watch()
        self.expectation.active = False
        self.assertFalse(self.watch())
        self.expectation.active = True
        self.assertEqual(self.watch().res_id, picking.id)
        self.watch().action_resolve()
        self.assertFalse(self.watch(), "a person closed it")

    def test_cancelled_and_confirmed_again(self):
        """An order that was cancelled meanwhile is never missed again."""
        order = self._order().sudo()
        order.date_order = self.now - timedelta(minutes=20)
        self.expectation.write({"event_code": "sale.confirmed", "flow_id": self.release_flow.id})
        self.watch()
        order._action_cancel()
        self.assertFalse(self.watch())
        order.action_draft()
        order.action_confirm()
        order.date_order = self.now - timedelta(minutes=20)
        self.env["integration.message"].search([("flow_id", "=", self.release_flow.id)]).unlink()
        self.assertEqual(self.watch().res_id, order.id)

    def test_statements_do_not_grow(self):
        """The sweep asks for each document by itself."""
        for _document in range(3):
            self.notice(self.shipped())
        self.watch()
        with self.assertQueryCount(5):
            self.env["integration.expectation"]._watch_missing(self.now)

    def test_health_watch_calls_it(self):
        """Nothing ever calls the sweep."""
        self.shipped()
        self.env.cr.execute("UPDATE integration_health_mark SET watched_at = '1970-01-01'")
        self.env["integration.health"]._watch_on(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual(self.expectation.exception_count, 1)

    def test_what_cannot_work(self):
        """A condition that cannot be read blinds the sweep."""
        for values in (
            {"document_domain": "[('nonsense', '=', 1)]"},
            {"document_domain": "[("},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, "condition"):
                self.expectation.write(values)
                self.env.flush_all()
        with self.assertRaises(AccessError):
            self.expectation.with_user(self.service).write({"minutes": 3})
