import json

from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import sample
from odoo.addons.integration_monitor_delivery.tests.common import SAMPLE

from . import replay_table
from .common_replay_table import ReplayTableCase

COLUMNS = {
    "shop.order": ("shop.order.shopify", "shop.order.woocommerce"),
    "purchase.in": ("purchase.acknowledgement", "purchase.asn"),
}
ACTIONS = {
    "replay": ("replay", False),
    "skip": ("skip", False),
    "refuse": ("refuse", True),
    "never": ("refuse", False),
}


@tagged("post_install", "-at_install")
class TestReplayTable(ReplayTableCase):
    """README.rst tells what a replay does to each document; here is a test for each cell."""

    # Documents in each state

    def _bring(self, order, state):
        """Bring a confirmed order, or its delivery, to a state."""
        order = order.sudo()  # by people with rights, not by the service account
        picking = order.picking_ids[:1]
        if state == "locked":
            order.action_lock()
        elif state == "cancelled":
            order._action_cancel()
        elif state == "shipped":
            picking.move_ids.picked = True
            picking._action_done()
        elif state == "invoiced":
            self._bring(order, "shipped")
            order._create_invoices()
        elif state == "deleted":
            order._action_cancel()
            picking.unlink()
            order.unlink()

    def _make_noop(self, state, handler="noop"):
        if state == "none":
            return self._told(handler)
        order = self.order
        message = self._told(handler, order)
        self._bring(order, state)
        return message

    def _make_status(self, state):
        return self._make_noop(state, "status")

    def _make_shop(self, handler, changed, state):
        flow, order = self.flows[handler], self.orders[handler]
        payload = self.payloads[handler]
        if state == "none":
            order.sudo().integration_external_key = False
            return self._told(handler, payload=payload)
        if state == "draft":
            order.sudo().integration_external_key = False
            flow.auto_confirm = False
            order = self._handle(payload, flow=flow)
        self.assertEqual(order.state, "draft" if state == "draft" else "sale")
        message = self._told(handler, order, changed if state == "changed" else payload)
        if state == "older":
            order.integration_external_updated_at = "2035-01-01 00:00:00"
        self._bring(order, state)
        return message

    def _make_shop_order_shopify(self, state):
        changed = sample("shopify/order_created.json")
        changed["line_items"][0]["quantity"] += 1
        return self._make_shop("shop.order.shopify", changed, state)

    def _make_shop_order_woocommerce(self, state):
        payload = self.payloads["shop.order.woocommerce"]
        changed = {**payload, "shipping": {**payload["shipping"], "city": "Elsewhere"}}
        return self._make_shop("shop.order.woocommerce", changed, state)

    def _make_shop_stock(self, state):
        if state == "none":
            return self._told("shop.stock")
        product = self.env["product.product"].create({"name": "Level", "is_storable": True})
        message = self._told("shop.stock", product)
        if state == "archived":
            product.active = False
        elif state == "deleted":
            product.unlink()
        return message

    def _make_event(self, state):
        if state == "none":
            return self._told("event")
        order = self.order
        message = self._told("event", order)
        # What happened to the document since is no reason not to tell again.
        self._bring(order, "shipped" if state == "open" else state)
        return message

    def _make_wms_release(self, state):
        if state == "none":
            return self._told("wms.release")
        order = self.order
        picking = self._first(order)
        message = self._told("wms.release", picking, {"reference": picking.name})
        if state == "waiting":
            picking.do_unreserve()
        elif state == "released":
            picking.integration_release_ref = "REL-1"
        self._bring(order, state)
        return message

    def _make_wms_shipment(self, state):
        order = self.order
        picking = self._first(order)
        event = self._shipment(self._release(picking), picking)
        if state == "none":
            event["data"]["reference"] = "WH/OUT/unknown"
            return self._told("wms.shipment", payload=event)
        # What failed, too, finds the transfer: by its name.
        linked = state in ("cancelled", "deleted")
        message = self._told("wms.shipment", picking if linked else None, event)
        if state == "applied":
            self._ship(event)
        self._bring(order, state)
        return message

    def _make_purchase_order(self, state, handler="purchase.order"):
        if state == "none":
            return self._told(handler)
        if state == "draft":
            return self._told(handler, self._make_purchase())
        order = self.purchase
        receipt = order.picking_ids
        message = self._told(handler, receipt if handler == "purchase.asn" else order)
        if state in ("shipped", "invoiced"):
            receipt.move_ids.write({"quantity": 2, "picked": True})
            receipt._action_done()
        if state == "invoiced":
            order.action_create_invoice()
        elif state in ("cancelled", "deleted"):
            order.button_cancel()
        if state == "deleted":
            receipt.unlink()
            order.unlink()
        return message

    def _make_purchase_acknowledgement(self, state):
        return self._make_purchase_order(state, "purchase.acknowledgement")

    def _make_purchase_asn(self, state):
        return self._make_purchase_order(state, "purchase.asn")

    def _make_carrier_booking(self, state):
        if state == "none":
            return self._told("carrier.booking")
        order = self.order
        picking = self._first(order)
        message = self._told("carrier.booking", picking)
        self._bring(order, "shipped" if state == "booked" else state)
        if state == "booked":
            picking.carrier_tracking_ref = "TRK1"
        return message

    def _make_carrier_tracking(self, state):
        event = json.loads(SAMPLE.read_text(encoding="utf-8"))
        event["result"].update(tracking_code="TRK1", status="in_transit")
        if state == "none":
            return self._told("carrier.tracking", payload=event)
        order = self.order
        picking = self._first(order)
        picking.carrier_tracking_ref = "TRK1"
        message = self._told("carrier.tracking", picking, event)
        self._bring(order, "shipped" if state == "applied" else state)
        if state == "applied":
            picking.integration_tracking_status = "delivered"
        return message

    # Cells

    def _check_cell(self, handler, state, cell):
        """Make a document in that state, and compare the verdicts with and without a new key."""
        message = getattr(self, f"_make_{handler.replace('.', '_')}")(state)
        self.env.flush_all()
        same, _slash, new = (part.strip() for part in cell.partition("/"))
        for expected, new_key in ((same, False), (new or same, True)):
            verdict = message._replay_verdicts(new_key=new_key)[message.id]
            self.assertEqual(verdict.state, state, verdict.reason)
            self.assertEqual(
                (verdict.action, verdict.overridable), ACTIONS[expected], verdict.reason
            )
            if verdict.action != "replay":
                self.assertTrue(verdict.reason)

    def test_every_handler_and_state_has_a_cell(self):
        """A handler, or a state that it tells apart, is missing in the table."""
        handlers = [
            name.removeprefix("integration.handler.")
            for name, _label in self.env["integration.flow"]._selection_handler()
        ]
        self.assertEqual(set(self.flows), set(handlers))
        for handler in handlers:
            states = {state for name, state, _cell in CELLS if name == handler}
            known = set(self.env[f"integration.handler.{handler}"]._replay_states())
            self.assertEqual(states, known, handler)


CELLS = [
    (handler, state, cell)
    for column, state, cell in replay_table.read()
    for handler in COLUMNS.get(column, (column,))
]


def _add(handler, state, cell):
    """Add the test of one cell."""

    def test(self):
        self._check_cell(handler, state, cell)

    test.__doc__ = f"{handler}, document {state}: README.rst says {cell}."
    name = f"test_{handler.replace('.', '_')}_{state}"
    test.__name__ = name
    setattr(TestReplayTable, name, test)


for _cell in CELLS:
    _add(*_cell)
