from odoo.tests import tagged

from ..tools.errors import BusinessError
from .common_shop import sample
from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestWmsParcels(WmsCase):
    """A release that the warehouse keeps open leaves in several shipments."""

    def _released(self):
        order = self._order((3, 3, 3))
        picking = self._first(order)
        return order, picking, self._release(picking)

    def _parcel(self, release, picking, number, *quantities, close=True):
        """Return the report of a parcel: quantities of the lines in turn."""
        event = self._shipment(release, picking, number=number)
        for line, quantity in zip(event["data"]["lines"], quantities, strict=True):
            line["quantity"] = quantity
        event["data"]["close"] = close
        return event

    def test_open_release(self):
        """What is open is still the warehouse's: it is not released again."""
        order, picking, release = self._released()
        self._ship(self._parcel(release, picking, "SHP-1", 1, 0, 3, close=False))
        rest = picking.backorder_ids
        self.assertEqual(rest.integration_release_ref, picking.integration_release_ref)
        flow = self.release_flow.with_user(self.service)
        self.assertFalse(flow._handler()._wanted(flow, rest))
        self.assertIsNone(self._prepare(rest))
        done = self._ship(self._parcel(release, picking, "SHP-2", 1, 1, 0, close=False))
        self.assertEqual(done[:1], rest)
        done = self._ship(self._parcel(release, picking, "SHP-3", 1, 1, 0, close=True))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [3, 2, 3])
        last = done[:1].backorder_ids
        self.assertFalse(last.integration_release_ref)
        self.assertEqual(flow._handler()._wanted(flow, last), last)

    def test_same_parcel_again(self):
        """Each parcel counts once, however late it is reported again."""
        order, picking, release = self._released()
        first = self._parcel(release, picking, "SHP-1", 1, 0, 3, close=False)
        second = self._parcel(release, picking, "SHP-2", 2, 1, 0, close=False)
        self._ship(first)
        self._ship(first)
        self._ship(second)
        self._ship(first)
        self._ship(second)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [3, 1, 3])

    def test_too_many_pieces(self):
        """More leaves in the second parcel than the first left over."""
        order, picking, release = self._released()
        self._ship(self._parcel(release, picking, "SHP-1", 1, 0, 3, close=False))
        with self.assertRaisesRegex(BusinessError, "needs 2 of IPOD2008GREEN"):
            self._ship(self._parcel(release, picking, "SHP-2", 3, 0, 0))
        with self.assertRaisesRegex(BusinessError, "needs nothing more of line"):
            self._ship(self._parcel(release, picking, "SHP-2", 0, 0, 1))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 0, 3])

    def test_same_product_on_two_lines(self):
        """Pieces of one order line are booked on another."""
        lines = sample("shopify/order_created.json")["line_items"]
        lines[1]["sku"] = lines[0]["sku"]
        order = self._order((3, 3, 3), line_items=lines)
        picking = self._first(order)
        release = self._release(picking)
        self._ship(self._parcel(release, picking, "SHP-1", 1, 1, 3, close=False))
        self._ship(self._parcel(release, picking, "SHP-2", 0, 2, 0, close=False))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 3, 3])

    def test_closed_without_a_piece(self):
        """The warehouse closes what it left open: the rest is released anew."""
        _order, picking, release = self._released()
        self.release_flow.write(
            {"trigger_event": "picking.first.ready", "message_type": "wms.release"}
        )
        self._ship(self._parcel(release, picking, "SHP-1", 1, 1, 1, close=False))
        rest = picking.backorder_ids
        self._ship(self._parcel(release, picking, "SHP-2", 0, 0, 0))
        self.assertFalse(rest.integration_release_ref)
        sent = self.release_flow.message_ids.filtered(lambda m: m.res_id == rest.id)
        self.assertEqual(sent.mapped("state"), ["pending"])


@tagged("post_install", "-at_install")
class TestWmsParcelsChain(TestWmsParcels):
    """The same in a warehouse that picks, packs and ships."""

    delivery_steps = "pick_pack_ship"
