from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import sample

from .common_warehouse import WarehouseCase


@tagged("post_install", "-at_install")
class TestWarehouseParcels(WarehouseCase):
    """A release that leaves in parts, or shall not leave any more."""

    def setUp(self):
        super().setUp()
        self.wms.behaviour(auto_ship=False)

    def _released(self):
        """Return (order of three pieces a line, its released transfer)."""
        payload = sample("shopify/order_created.json")
        for line in payload["line_items"]:
            line["quantity"] = 3
        order = self._handle(payload)
        self.drain(self.release_flow)
        picking = order.picking_ids.filtered("integration_release_ref")
        self.assertEqual(self._status(picking), "accepted")
        return order, picking

    def _status(self, picking):
        """:return: the state of the release in the warehouse"""
        (release,) = self.wms.ledger("releases", reference=picking.name)
        return release["status"]

    def _leave(self, picking, quantities, close):
        """Let the warehouse ship quantities of the lines in turn, and report them."""
        (release,) = self.wms.ledger("releases", reference=picking.name)
        lines = [
            {"line_id": line["line_id"], "quantity": quantity}
            for line, quantity in zip(release["lines"], quantities, strict=True)
        ]
        body = {"reference": picking.name, "lines": lines, "close": close}
        self._report(self.wms.control("POST", "ship", body))

    def test_two_parcels(self):
        """The rest is released a second time while the first release is open: it leaves twice."""
        order, picking = self._released()
        self._leave(picking, (1, 3, 0), close=False)
        self.drain(self.release_flow)
        self.assertEqual(len(self._messages(self.release_flow)), 1)
        self._leave(picking, (2, 0, 3), close=True)
        self.drain(self.release_flow)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [3, 3, 3])
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done"})
        self.assertEqual(len(self._messages(self.release_flow)), 1)

    def test_closed_with_a_rest(self):
        """The warehouse closes a release short, and nobody asks it for the rest."""
        order, picking = self._released()
        self._leave(picking, (1, 1, 1), close=False)
        self._leave(picking, (1, 2, 2), close=True)
        self.drain(self.release_flow)
        self.assertEqual(self._messages(self.release_flow).mapped("state"), ["done", "done"])
        rest = order.picking_ids.filtered(lambda p: p.state == "assigned")
        (release,) = self.wms.ledger("releases", reference=rest.name)
        self.assertEqual([line["quantity"] for line in release["lines"]], [1])

    def test_cancelled_order_is_withdrawn(self):
        """The shop cancels, and the warehouse ships all the same."""
        order, picking = self._released()
        order._action_cancel()
        self.drain(self.release_flow)
        self.assertEqual(self._status(picking), "cancelled")
        self.assertEqual(self._messages(self.release_flow).mapped("state"), ["done", "done"])

    def test_cancelled_before_the_release(self):
        """Nothing is withdrawn that the warehouse was never told."""
        before = len(self.wms.ledger("requests", method="DELETE"))
        order = self._handle(sample("shopify/order_created.json"))
        self.env.cr.precommit.run()
        order._action_cancel()
        self.drain(self.release_flow)
        self.assertEqual(set(self._messages(self.release_flow).mapped("state")), {"cancelled"})
        self.assertEqual(len(self.wms.ledger("requests", method="DELETE")), before)

    def _unanswered(self, **fault):
        """Return (cancelled order, its release whose only attempt failed, the withdrawal)."""
        self.wms.faults({"path": "/releases", "count": 1, **fault})
        self.addCleanup(self.wms.clear_faults)
        order = self._handle(sample("shopify/order_created.json"))
        self.drain(self.release_flow)
        release = self._messages(self.release_flow)
        self.assertEqual(release.state, "retry")
        order._action_cancel()
        self.drain(self.release_flow)
        release, withdrawal = self._messages(self.release_flow)
        self.assertEqual(withdrawal.state, "retry")
        return order, release, withdrawal

    def _settle(self, *messages):
        """Let the messages be due, one after the other."""
        for message in messages:
            self.due_now(message)
            self.drain(self.release_flow)

    def test_cancelled_after_a_lost_answer(self):
        """The warehouse took the release, and Odoo does not know."""
        order, release, withdrawal = self._unanswered(kind="reset_after")
        self._settle(release, withdrawal)
        self.assertEqual((withdrawal.state, release.state), ("done", "cancelled"))
        picking = order.picking_ids[:1]
        self.assertEqual(self._status(picking), "cancelled")
        self.assertFalse(release.exception_ids.filtered("is_open"))

    def test_cancelled_while_the_warehouse_is_down(self):
        """The release of a cancelled order is tried again, and arrives."""
        order, release, withdrawal = self._unanswered(kind="status", status=503)
        self._settle(release, withdrawal)
        self.assertEqual((withdrawal.state, release.state), ("done", "cancelled"))
        self.assertFalse(self.wms.ledger("releases", reference=order.picking_ids[:1].name))
        self.assertFalse(release.exception_ids.filtered("is_open"))

    def test_cancelled_too_late(self):
        """The goods left while the order was cancelled, and nobody is told."""
        order, picking = self._released()
        self.wms.control("POST", "ship", {"reference": picking.name})
        order._action_cancel()
        self.drain(self.release_flow)
        message = self._messages(self.release_flow)[1]
        self.assertEqual(message.state, "dead")
        self.assertIn("has left", message.exception_ids.error_message)
        self.assertTrue(message.exception_ids.is_open)

    def test_rest_of_an_open_release_is_cancelled(self):
        """The customer does without the rest: it is withdrawn by the name the warehouse knows."""
        _order, picking = self._released()
        self._leave(picking, (1, 1, 1), close=False)
        picking.backorder_ids.action_cancel()
        self.drain(self.release_flow)
        message = self._messages(self.release_flow)[1]
        self.assertEqual(message.state, "dead")
        self.assertIn(picking.name, message.exception_ids.error_message)
