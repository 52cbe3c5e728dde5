from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import sample

from .common_warehouse import WarehouseCase


@tagged("post_install", "-at_install")
class TestWarehouseOrdering(WarehouseCase):
    """Releases as the ready-made warehouse makes them: in the order of their documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.release_flow.ordering = True

    def setUp(self):
        super().setUp()
        self.wms.behaviour(auto_ship=False)

    def _cancelled_after(self, **fault):
        """An attempt to release fails, the order is cancelled, and all goes its way.

        :return: tuple (transfer, release, withdrawal)
        """
        self.wms.faults({"path": "/releases", "count": 1, **fault})
        self.addCleanup(self.wms.clear_faults)
        order = self._handle(sample("shopify/order_created.json"))
        self.drain(self.release_flow)
        order._action_cancel()
        self.drain(self.release_flow)
        release, withdrawal = self._messages(self.release_flow)
        self.due_now(release)
        self.drain(self.release_flow)
        return order.picking_ids[:1], release, withdrawal

    def test_withdrawn_although_the_answer_was_lost(self):
        """The warehouse took a release, nobody knows, and it ships the cancelled order."""
        picking, release, withdrawal = self._cancelled_after(kind="reset_after")
        self.assertEqual((release.state, withdrawal.state), ("cancelled", "done"))
        self.assertEqual(release.superseded_by_id, withdrawal)
        (known,) = self.wms.ledger("releases", reference=picking.name)
        self.assertEqual(known["status"], "cancelled")
        self.assertFalse(release.exception_ids.filtered("is_open"))

    def test_withdrawn_although_the_warehouse_was_out(self):
        """The warehouse knows nothing of it, and a failure stays open for ever."""
        picking, release, withdrawal = self._cancelled_after(kind="status", status=503)
        self.assertEqual((release.state, withdrawal.state), ("cancelled", "done"))
        self.assertFalse(self.wms.ledger("releases", reference=picking.name))
        self.assertFalse(release.exception_ids.filtered("is_open"))

    def test_released_again_after_a_refusal(self):
        """A refused release was given up, and no other one of the transfer is ever sent."""
        self.wms.faults({"path": "/releases", "count": 1, "kind": "status", "status": 422})
        self.addCleanup(self.wms.clear_faults)
        order = self._handle(sample("shopify/order_created.json"))
        self.drain(self.release_flow)
        refused = self._messages(self.release_flow)
        picking = order.picking_ids.filtered(lambda p: p.state == "assigned")
        refused.exception_ids.action_ignore()
        picking.do_unreserve()
        self.env.cr.precommit.run()
        picking.action_assign()
        self.drain(self.release_flow)
        self.assertEqual(self._messages(self.release_flow)[1:].mapped("state"), ["done"])
        self.assertTrue(self.wms.ledger("releases", reference=picking.name))
