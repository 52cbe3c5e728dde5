import json
import threading
from unittest.mock import patch

import requests

from odoo.tests import tagged

from ..instrumentation import log_writer
from ..tools.iso_time import parse_iso
from .common_partner import REAL_SEND, Partner
from .common_subscription import SubscriptionCase


@tagged("post_install", "-at_install")
class TestEventData(SubscriptionCase):
    """What subscribers read: CloudEvents, built as the service account."""

    def told(self, subscription):
        """:return: the events that a subscriber would be sent, by type"""
        self.fan_out()
        return {event["type"]: event for event in map(self.payload, self.messages(subscription))}

    def assertEnvelope(self, event):
        self.assertEqual(event["specversion"], "1.0")
        self.assertEqual(event["datacontenttype"], "application/json")
        self.assertTrue(event["source"].startswith("urn:uuid:"))
        self.assertTrue(event["id"] and event["subject"])
        self.assertRegex(event["traceparent"], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")
        parse_iso(event["time"])
        self.assertEqual(json.loads(json.dumps(event)), event)

    def test_stock(self):
        """The level of another warehouse, or other quantities than the shop is told."""
        subscription = self.subscriber()
        self._order((4, 1, 1))
        self.env.cr.flush()
        self.fan_out()
        message = self.messages(subscription).filtered(lambda m: m.res_id == self.product.id)
        event = self.payload(message)
        self.assertEnvelope(event)
        self.assertEqual((event["type"], event["subject"]), ("integration.stock.changed",
                                                             "IPOD2008GREEN"))  # fmt: skip
        self.assertEqual(event["id"], message.event_uid)
        self.assertIn(message.trace_id, event["traceparent"])
        data = event["data"]
        parse_iso(data.pop("as_of"))
        self.assertEqual(
            data,
            {
                "sku": "IPOD2008GREEN",
                "warehouse": self.warehouse.code.strip(),
                "free": 96,
                "on_hand": 100,
            },
        )
        self.product.default_code = False
        self.assertIsNone(self.payload(message))

    def test_documents(self):
        """A subscriber reads names of customers, or nothing that he could use."""
        codes = self.env["integration.event.type"].search([("res_model", "!=", "product.product")])
        subscription = self.subscriber(*codes.mapped("code"))
        order = self._order((2, 1, 1)).sudo()
        self.env.cr.flush()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking._action_done()
        self.env.cr.flush()
        events = self.told(subscription)
        self.assertEqual(
            set(events),
            {
                "integration.sale.confirmed",
                "integration.picking.first.ready",
                "integration.picking.first.done",
                "integration.picking.out.done",
            },
        )
        for event in events.values():
            self.assertEnvelope(event)
            self.assertNotIn(order.partner_id.name, json.dumps(event))
        sale = events["integration.sale.confirmed"]["data"]
        self.assertEqual((sale["order"], sale["total"]), (order.name, order.amount_total))
        shipped = events["integration.picking.out.done"]["data"]
        self.assertEqual((shipped["order"], shipped["state"]), (order.name, "done"))
        self.assertEqual(
            shipped["lines"][0], {"sku": "IPOD2008GREEN", "quantity": 2, "unit": "Units"}
        )

    def test_deleted(self):
        """An event about a document that is gone is tried for ever."""
        subscription = self.subscriber()
        product = self.env["product.product"].create(
            {"name": "Gone", "default_code": "GONE", "is_storable": True}
        )
        self.change_stock(product)
        self.fan_out()
        message = self.messages(subscription)
        product.unlink()
        self.assertIsNone(self.payload(message))

    def test_delivered(self):
        """The subscriber gets another content type, or an id that changes with each attempt."""
        partner = Partner()
        partner.open = True
        self.startPatcher(patch.object(requests.Session, "send", REAL_SEND))
        threading.Thread(target=partner.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(partner.server_close)
        self.addCleanup(partner.shutdown)
        self.endpoint.write({"base_url": partner.url, "allowed_networks": "127.0.0.0/8"})
        self.system.environment = "test"
        subscription = self.subscriber("sale.confirmed")
        order = self._order()
        self.env.cr.flush()
        self.fan_out()
        message = self.messages(subscription)
        partner.api_answer = (503, {})
        self.drain(subscription.flow_id)
        self.assertEqual(message.state, "retry")
        message.next_attempt_at = "2000-01-01 00:00:00"
        partner.api_answer = (202, {})
        self.drain(subscription.flow_id)
        self.assertEqual(message.state, "done")
        self.assertFalse(message.transaction_id)
        first, second = partner.api_calls
        self.assertEqual(first["headers"]["Content-Type"], "application/cloudevents+json")
        self.assertEqual(first["body"], second["body"])
        for name in ("Idempotency-Key", "X-Correlation-ID"):
            self.assertEqual(first["headers"][name], second["headers"][name])
        self.assertEqual(second["headers"]["X-Correlation-ID"], order.integration_correlation_id)
        event = json.loads(second["body"])
        self.assertEqual(event["id"], message.event_uid)
        self.assertEqual(event["traceparent"][:35], second["headers"]["traceparent"][:35])
        self.assertEqual(subscription.last_push_at, message.done_at)
        self.assertEqual(subscription.last_event_at, message.occurred_at)

    def drain(self, flow):
        """Work on what is due in a lane, as the queue does."""
        self.env.cr.flush()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            lane = flow._as_service()
            with log_writer.captured():
                lane.with_env(lane.env(cr=cr))._drain()
        self.env.invalidate_all()
