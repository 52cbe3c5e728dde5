from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_monitor.tools.errors import ContractError, RetryLater

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestCarrierTracking(CarrierCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order, cls.shipped = cls._shipped()
        cls.env.cr.flush()

    def _milestones(self, order):
        return {
            milestone.step_id.code: milestone.state
            for milestone in order.integration_transaction_ids.milestone_ids
        }

    def test_delivered(self):
        """Customer service sees on the delivery and the order that the parcel arrived."""
        order, picking = self.order, self.shipped
        self._book(picking)
        self.assertEqual(self._track("TRK1", "in_transit"), picking)
        self.assertEqual(picking.integration_tracking_status, "in_transit")
        self._track("TRK1", "delivered", at="2024-08-05T09:30:00Z")
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertEqual(str(picking.integration_delivered_at), "2024-08-05 09:30:00")
        milestones = self._milestones(order)
        self.assertEqual(milestones["in_transit"], "reached")
        self.assertEqual(milestones["delivered"], "reached")

    def test_out_of_order(self):
        """A scan that arrives late never takes a delivered parcel back into transit."""
        picking = self.shipped
        self._book(picking)
        self._track("TRK1", "delivered")
        self._track("TRK1", "in_transit")
        self.assertEqual(picking.integration_tracking_status, "delivered")

    def test_part_delivered(self):
        """An order of two parcels counts as delivered when the second one arrived."""
        order, picking = self._shipped(quantities=(2, 1, 1), id=2, name="#1002")
        other = picking.copy({"name": "SECOND"})
        other.move_ids.sale_line_id = picking.move_ids.sale_line_id[:1]
        self._book(picking)
        self._track("TRK1", "delivered")
        self.assertNotEqual(self._milestones(order).get("delivered"), "reached")

    def _problems(self, picking):
        """:return: the exceptions about a delivery, the oldest first"""
        return self.env["integration.exception"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)], order="id"
        )

    def test_several_parcels(self):
        """The first of two parcels arrives: the delivery and its order have arrived, too."""
        order, picking = self.order, self.shipped
        self._book(picking, tracking="A,B")
        self.tracking_flow.invoice_on_delivery = True
        self._track("A", "delivered")
        self.assertEqual(picking.integration_tracking_status, "in_transit")
        self.assertFalse(picking.integration_delivered_at)
        self.assertNotEqual(self._milestones(order).get("delivered"), "reached")
        self.assertFalse(order.invoice_ids)
        self._track("A", "delivered")
        self.assertFalse(picking.integration_delivered_at)
        self._track("B", "out_for_delivery")
        self.assertEqual(picking.integration_tracking_status, "out_for_delivery")
        self.tracking_flow.invoice_on_delivery = False
        self._track("B", "delivered", at="2024-08-05T09:30:00Z")
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertEqual(str(picking.integration_delivered_at), "2024-08-05 09:30:00")
        delivered = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertEqual(delivered.state, "reached")
        self.assertEqual(str(delivered.reached_at), "2024-08-05 09:30:00")

    def test_one_of_several_comes_back(self):
        """One parcel is delivered, the other one comes back: nobody is told of it."""
        picking = self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        self._track("B", "return_to_sender")
        self.assertEqual(picking.integration_tracking_status, "return_to_sender")
        problem = self._problems(picking)
        self.assertTrue(problem.is_open)
        self.assertIn("parcel B", problem.error_message)

    def test_one_of_several_arrives_after_all(self):
        """The parcel that arrives closes the exception of the one that does not."""
        picking = self.shipped
        self._book(picking, tracking="A,B")
        self._track("B", "return_to_sender")
        self._track("A", "failure")
        self.assertEqual(self._problems(picking).mapped("is_open"), [True, True])
        self._track("A", "delivered")
        self.assertEqual(self._problems(picking).mapped("is_open"), [True, False])
        self._track("B", "delivered")
        self.assertEqual(self._problems(picking).mapped("is_open"), [False, False])

    def test_parcels_from_before(self):
        """What an older version noted of the whole delivery is forgotten, or stays open."""
        picking = self.shipped
        self._book(picking)
        self._track("TRK1", "failure")
        picking.sudo().integration_parcels = False
        problem = self._problems(picking)
        problem.sudo().dedupe_key = f"tracking:{picking.id}"
        self._track("TRK1", "in_transit")
        self.assertEqual(picking.integration_tracking_status, "failure")
        self._track("TRK1", "delivered")
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertFalse(problem.is_open)

    def test_number_taken_off(self):
        """A number that was entered by mistake keeps the delivery from arriving for ever."""
        picking = self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        picking.carrier_tracking_ref = "A"
        self._track("A", "delivered", at="2024-08-03T10:00:00Z")
        self.assertTrue(picking.integration_delivered_at)

    def test_exchange(self):
        """The parcel that replaces returned goods tells that the goods are on their way back."""
        order, picking = self.order, self.shipped
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
        back = self.env["stock.picking"].browse(wizard.action_create_exchanges()["res_id"])
        self.env.cr.flush()
        new = order.picking_ids - picking - back
        new.move_ids.picked = True
        new._action_done()
        self._book(new, tracking="NEW1")
        self._track("NEW1", "in_transit")
        owners = self.env["integration.transaction"].search(
            [("res_id", "=", back.id), ("res_model", "=", back._name)]
        )
        self.assertIn(owners, new.integration_transaction_ids)
        told = owners.milestone_ids.filtered(lambda m: m.step_id.code == "in_transit")
        self.assertFalse(told.evidence)
        self.assertIn(self._milestones(order)["in_transit"], ("partial", "reached"))

    def test_return(self):
        """The carrier has a customer's return, and nobody is told; or its order travels again."""
        order, picking = self.order, self.shipped
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.carrier_tracking_ref = "BACK1"
        self.env.cr.flush()
        self.tracking_flow.invoice_on_delivery = True
        self.assertEqual(self._track("BACK1", "in_transit"), back)
        owner = self.env["integration.transaction"].search(
            [("res_id", "=", back.id), ("res_model", "=", back._name)]
        )
        told = owner.milestone_ids.filtered(lambda m: m.step_id.code == "in_transit")
        self.assertEqual(told.state, "reached")
        sold = (order.integration_transaction_ids - owner).milestone_ids
        self.assertFalse(sold.filtered(lambda m: m.step_id.code == "in_transit").evidence)
        self._track("BACK1", "delivered")
        self.assertEqual(back.integration_tracking_status, "delivered")
        self.assertFalse(order.invoice_ids)

    def test_sent_again(self):
        """A repaired parcel that arrives stands for a delivery that is under way or lost."""
        order, picking = self.order, self.shipped
        self._book(picking)
        self._track("TRK1", "delivered")
        told = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code in ("in_transit", "delivered")
        )
        before = {one.step_id.code: (one.reached_at, one.evidence) for one in told}
        self.assertEqual(set(before), {"in_transit", "delivered"})
        transfer = self._sent_again(picking)
        transfer.carrier_tracking_ref = "AGAIN1"
        self.assertEqual(self._track("AGAIN1", "delivered", at="2024-08-09T10:00:00Z"), transfer)
        self.assertEqual(transfer.integration_tracking_status, "delivered")
        after = {one.step_id.code: (one.reached_at, one.evidence) for one in told}
        self.assertEqual(after, before)

    def test_sent_again_before_it_arrived(self):
        """The customer was not at home: the parcel came back, and its order waits for ever."""
        order, picking = self.order, self.shipped
        self._book(picking)
        self._track("TRK1", "return_to_sender")
        transfer = self._sent_again(picking)
        transfer.carrier_tracking_ref = "AGAIN2"
        self._track("AGAIN2", "delivered", at="2024-08-09T10:00:00Z")
        arrived = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertEqual(
            (arrived.state, list(arrived.evidence)), ("reached", [f"stock.picking,{picking.id}"])
        )

    def test_sent_again_beside_another_parcel(self):
        """One of two parcels came back and arrives later: the other one is still on its way."""
        order, picking = self.order, self.shipped
        self._book(picking, tracking="ONE,TWO")
        self._track("ONE", "return_to_sender")
        transfer = self._sent_again(picking)
        transfer.carrier_tracking_ref = "AGAIN3"
        self._track("AGAIN3", "delivered", at="2024-08-09T10:00:00Z")
        arrived = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertNotEqual(arrived.state, "reached")
        self._track("TWO", "delivered", at="2024-08-10T10:00:00Z")
        self.assertEqual(
            (arrived.state, list(arrived.evidence)), ("reached", [f"stock.picking,{picking.id}"])
        )
        self.assertEqual(str(arrived.reached_at), "2024-08-10 10:00:00")

    def test_sent_again_before_the_carrier_says_that_it_came_back(self):
        """The carrier tells of the way back after all the rest, and the order waits for ever."""
        order, picking = self.order, self.shipped
        self._book(picking, tracking="ONE,TWO")
        self._track("ONE", "in_transit")
        self._track("TWO", "delivered")
        self._sent_again(picking).carrier_tracking_ref = "AGAIN4"
        self._track("AGAIN4", "delivered", at="2024-08-09T10:00:00Z")
        arrived = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertNotEqual(arrived.state, "reached")
        self._track("ONE", "return_to_sender", at="2024-08-10T10:00:00Z")
        self.assertEqual(
            (arrived.state, str(arrived.reached_at)), ("reached", "2024-08-09 10:00:00")
        )

    def test_numbers_by_hand(self):
        """A person enters two numbers with a space between them, and the second is unknown."""
        picking = self.shipped
        self._book(picking)
        picking.carrier_tracking_ref = "111, 222"
        self.assertEqual(self._track("222", "in_transit"), picking)

    def test_unknown_number(self):
        """An event that overtakes the booking's answer is tried again, not thrown away."""
        with self.assertRaises(RetryLater) as caught:
            self._track("NOBODY", "in_transit")
        self.assertIn("NOBODY", caught.exception.message)

    def test_number_inside_another(self):
        """Parcel 12 must not move the delivery of parcel 123."""
        picking = self.shipped
        self._book(picking, tracking="123,456")
        with self.assertRaises(RetryLater):
            self._track("12", "delivered")
        self.assertEqual(self._track("456", "in_transit"), picking)

    def test_unreadable(self):
        """An event of another format is quarantined with the name of what is missing."""
        message = self._message(flow=self.tracking_flow).with_user(self.service)
        handler = self.tracking_flow.with_user(self.service)._handler()
        with self.assertRaisesRegex(ContractError, "result"):
            handler._handle(message, {"hello": 1})

    def test_failure_opens_one_exception(self):
        """A parcel that cannot be delivered is somebody's task until it arrives."""
        picking = self.shipped
        self._book(picking)
        self._track("TRK1", "failure")
        self._track("TRK1", "failure")
        exception = self.env["integration.exception"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)]
        )
        self.assertEqual(len(exception), 1)
        self.assertEqual((exception.category, exception.is_open), ("partner", True))
        self._track("TRK1", "delivered")
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))

    def test_company(self):
        """A carrier of one company cannot move the deliveries of another."""
        picking = self.shipped
        self._book(picking)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids = [Command.link(other.id)]
        self.tracking_flow.system_id.sudo().copy(
            {"name": "Other carrier", "code": "other", "company_id": other.id}
        )
        message = self._message(flow=self.tracking_flow)
        message.sudo().company_id = other
        handler = self.env["integration.handler.carrier.tracking"]
        self.assertFalse(handler._find_pickings(message, "TRK1"))
