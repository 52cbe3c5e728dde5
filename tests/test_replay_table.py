import json

from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import sample
from odoo.addons.integration_monitor.tools.payload import proof
from odoo.addons.integration_monitor_delivery.tests.common import SAMPLE, CarrierCase

from . import replay_table

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
class TestReplayTable(CarrierCase):
    """README.rst tells what a replay does to each document; here is a test for each cell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.woo_flow = cls._make_flow(
            "integration.handler.shop.order.woocommerce", "table.woo", message_type="shop.order"
        )
        cls.env["product.product"].create(
            {"name": "Woo Single #1", "type": "consu", "is_storable": True}
        )
        cls.noop_flow = cls._make_flow("integration.handler.noop", "table.noop")
        cls.status_flow = cls._make_flow("integration.handler.status", "table.status")
        out = {"direction": "outbound", "endpoint_id": cls.endpoint.id}
        cls.stock_flow = cls._make_flow(
            "integration.handler.shop.stock", "table.stock", coalesce=True, **out
        )
        cls.event_flow = cls._make_flow("integration.handler.event", "table.event", **out)
        cls.flows = {
            "event": cls.event_flow,
            "noop": cls.noop_flow,
            "status": cls.status_flow,
            "shop.order.shopify": cls.flow,
            "shop.order.woocommerce": cls.woo_flow,
            "shop.stock": cls.stock_flow,
            "wms.release": cls.release_flow,
            "wms.shipment": cls.shipment_flow,
            "carrier.booking": cls.booking_flow,
            "carrier.tracking": cls.tracking_flow,
            "purchase.order": cls._make_flow(
                "integration.handler.purchase.order", "table.purchase", **out
            ),
            "purchase.acknowledgement": cls._make_flow(
                "integration.handler.purchase.acknowledgement", "table.acknowledgement"
            ),
            "purchase.asn": cls._make_flow("integration.handler.purchase.asn", "table.asn"),
        }
        cls.service.group_ids |= cls.env.ref("purchase.group_purchase_user")
        # What can be invoiced needs accounts.
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )

    def _told(self, handler, document=None, payload=None):
        """:return: a message of the handler's flow that is done"""
        text = json.dumps({} if payload is None else payload)
        values = {"res_model": document._name, "res_id": document.id} if document else {}
        return self._message(
            flow=self.flows[handler],
            state="done",
            content_type="application/json",
            payload=text,
            **proof(text),
            **values,
        )

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
        order = self._order()
        message = self._told(handler, order)
        self._bring(order, state)
        return message

    def _make_status(self, state):
        return self._make_noop(state, "status")

    def _make_shop(self, handler, payload, changed, state):
        flow = self.flows[handler]
        if state == "none":
            return self._told(handler, payload=payload)
        flow.auto_confirm = state != "draft"
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
        payload = sample("shopify/order_created.json")
        return self._make_shop("shop.order.shopify", payload, changed, state)

    def _make_shop_order_woocommerce(self, state):
        payload = sample("woocommerce/order_created.json")
        payload["status"] = "processing"
        changed = {**payload, "shipping": {**payload["shipping"], "city": "Elsewhere"}}
        return self._make_shop("shop.order.woocommerce", payload, changed, state)

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
        order = self._order()
        message = self._told("event", order)
        # What happened to the document since is no reason not to tell again.
        self._bring(order, "shipped" if state == "open" else state)
        return message

    def _make_wms_release(self, state):
        if state == "none":
            return self._told("wms.release")
        order = self._order()
        picking = self._first(order)
        message = self._told("wms.release", picking, {"reference": picking.name})
        if state == "waiting":
            picking.do_unreserve()
        elif state == "released":
            picking.integration_release_ref = "REL-1"
        self._bring(order, state)
        return message

    def _make_wms_shipment(self, state):
        order = self._order()
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
        line = {"product_id": self.products["Bar3"].id, "product_qty": 2}
        order = self.env["purchase.order"].create(
            {"partner_id": self.service.partner_id.id, "order_line": [Command.create(line)]}
        )
        if state == "draft":
            return self._told(handler, order)
        order.button_confirm()
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
        order = self._order()
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
        order = self._order()
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
