"""Orders of two warehouses, the systems around them, and short ways to what goes wrong."""

import sys
import threading
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import Command, fields

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tests.common import IntegrationCase
from odoo.addons.integration_monitor.tests.common_fallback import Site
from odoo.addons.integration_monitor.tests.common_partner import REAL_SEND
from odoo.addons.integration_monitor.tests.common_transaction import TransactionCommon
from odoo.addons.integration_monitor.tools.errors import IntegrationError, RemoteError

from .common_warehouse import SETUP


class BlameCase(TransactionCommon, IntegrationCase):
    """``warehouse`` is run by people, ``house`` by a warehouse system behind the release flow."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        if str(SETUP) not in sys.path:
            sys.path.insert(0, str(SETUP))
            cls.addClassCleanup(sys.path.remove, str(SETUP))
        from simulators.launcher import Simulator

        cls.wms = Simulator("wms", config={"behaviour": {"auto_ship": False}}).start()
        cls.addClassCleanup(cls.wms.stop)
        cls.product.default_code = "LAMP"
        cls.house = cls.env["stock.warehouse"].create(
            {"name": "Run by a System", "code": "SYS", "company_id": cls.company.id}
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.product, cls.house.lot_stock_id, 1000
        )
        cls.systems = {
            kind: cls._make_system(kind) for kind in ("wms", "carrier", "middleware", "finance")
        }
        cls.endpoint = cls._make_endpoint("wms", cls.wms.url)
        cls.release = cls._make_flow(
            "wms", "release", endpoint_id=cls.endpoint.id, message_type="wms.release",
            handler="integration.handler.wms.release", trigger_event="picking.first.ready",
        )  # fmt: skip
        cls.shipment = cls._make_flow(
            "wms", "shipment", direction="inbound", message_type="wms.shipment",
            handler="integration.handler.wms.shipment", warehouse_id=cls.house.id,
        )  # fmt: skip
        cls.impatient = cls._make_policy("impatient", max_attempts=1)
        cls.patient = cls._make_policy("patient", max_attempts=9)
        cls.release.retry_policy_id = cls.patient
        cls.clerk = cls.users["operator"]

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(requests.Session, "send", REAL_SEND))
        self.site = Site()
        threading.Thread(target=self.site.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)

    @classmethod
    def _make_system(cls, kind, **values):
        return cls.env["integration.system"].create(
            {
                "name": f"The {kind.capitalize()}",
                "code": f"im_blame_{kind}",
                "kind": kind,
                "environment": "test",
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def _make_endpoint(cls, kind, url, **values):
        return cls.env["integration.endpoint"].create(
            {
                "name": f"Address of {kind}",
                "code": f"im_blame_{kind}_{len(cls.systems[kind].endpoint_ids)}",
                "system_id": cls.systems[kind].id,
                "base_url": url,
                "allowed_networks": "127.0.0.0/8",
                "connect_timeout": 1.0,
                "read_timeout": 0.3,
                **values,
            }
        )

    @classmethod
    def _make_flow(cls, kind, code, **values):
        return cls.env["integration.flow"].create(
            {
                "name": code.capitalize(),
                "code": f"im.blame.{code}",
                "system_id": cls.systems[kind].id,
                "direction": "outbound",
                "warehouse_ids": [Command.set(cls.house.ids)],
                **values,
            }
        )

    @classmethod
    def _make_policy(cls, code, **values):
        return cls.env["integration.retry.policy"].create(
            {
                "name": code.capitalize(),
                "code": f"im_blame_{code}",
                "base_seconds": 3600,
                "cap_seconds": 3600,
                "deadline_minutes": 6000,
                "retry_classes": "dns,connect,timeout,server,rate_limit,unknown",
                **values,
            }
        )

    def sold(self, **values):
        """:return: an order of the warehouse that a system runs; confirmed unless told otherwise"""
        return self.order(warehouse_id=self.house.id, **values)

    def work(self, flow=None):
        """Let a lane run, that of the releases unless told otherwise."""
        self.drain(flow or self.release)
        self.env.invalidate_all()

    def sent(self, **values):
        """:return: an order whose release the warehouse system has taken, or refused"""
        order = self.sold(**values)
        self.work()
        return order

    def message_of(self, order, message_type="wms.release"):
        """:return: the newest message of a type about an order"""
        return self.owner(order).sudo().message_ids.filtered(
            lambda message: message.message_type == message_type
        )[:1]

    def tell(self, flow, payload, **received):
        """A partner sends us something, and the lane works on it. :return: the message"""
        message, _created = self.receive(payload, flow, **received)
        self.work(flow)
        return message

    def shipped(self, order, echo=False, **line):
        """The warehouse system reports a transfer of an order.

        :param bool echo: with the correlation id of the release, as the simulator does
        :return: the message
        """
        picking = order.picking_ids[:1]
        [move] = picking.move_ids
        lines = [{"line_id": move.id, "sku": "LAMP", "quantity": move.product_uom_qty, **line}]
        data = {"reference": picking.name, "shipment_id": f"S-{picking.id}", "lines": lines}
        return self.tell(
            self.shipment,
            {"type": "shipment.confirmed", "data": data},
            correlation_id=self.owner(order).correlation_id if echo else None,
        )

    def booking(self, **values):
        """:return: the flow that books carriers once goods left; the carrier is ``site``"""
        return self._make_flow(
            "carrier", "booking", message_type="carrier.booking", retry_policy_id=self.patient.id,
            endpoint_id=self._make_endpoint("carrier", self.site.url).id,
            trigger_event="picking.out.done", **values,
        )  # fmt: skip

    def tracking(self):
        """:return: the flow by which carriers report parcels"""
        return self._make_flow(
            "carrier", "tracking", direction="inbound", message_type="carrier.tracking"
        )

    def step_of(self, code, **values):
        """Put a version of the process in use that has one step more, after confirmation."""
        process = self.env.ref("integration_monitor.process_order_to_cash").sudo()
        current = process.browse(process._for_root("sale.order", self.company.id))
        draft = process.browse(current.action_new_version()["res_id"])
        self.env["integration.process.step"].sudo().create(
            {
                "process_id": draft.id,
                "sequence": 25,
                "code": code,
                "name": code.capitalize(),
                "record_kind": "external",
                "event_code": f"external.{code}",
                "waits_on": "system",
                **values,
            }
        )
        draft.action_put_in_use()

    def refuse(self, status, body=None):
        """The site answers everything with a status."""
        self.site.api_answer = (status, body or {"error": "out of order"})

    def call_site(self, **values):
        """Releases go to the site instead of the simulator."""
        self.endpoint.write({"base_url": self.site.url, **values})

    def under_maintenance(self, kind):
        """A system is being worked on, from an hour ago to in an hour."""
        now = fields.Datetime.now()
        self.env["integration.maintenance"].create(
            {
                "name": "New version",
                "system_id": self.systems[kind].id,
                "date_from": now - timedelta(hours=1),
                "date_to": now + timedelta(hours=1),
            }
        )

    def told(self, order, kind, **report):
        """A system tells what became of the release of an order."""
        flow = self._make_flow(
            kind, f"status.{kind}", direction="inbound", message_type="status",
            handler="integration.handler.status", warehouse_ids=False,
        )  # fmt: skip
        key = self.message_of(order).idempotency_key
        message = self.tell(flow, {"message": key, **report})
        self.assertEqual((message.state, message.error_message), ("done", False))

    def via_middleware(self):
        """Releases go to the middleware, which answers as ``site`` does."""
        self.release.active = False
        self._make_flow(
            "middleware", "via", endpoint_id=self._make_endpoint("middleware", self.site.url).id,
            message_type="wms.release", handler="integration.handler.wms.release",
            trigger_event="picking.first.ready", retry_policy_id=self.patient.id,
        )  # fmt: skip

    def sold_via_middleware(self):
        """:return: an order whose release the middleware was sent"""
        order = self.sold()
        self.work(self.systems["middleware"].flow_ids)
        return order

    def gone(self):
        """:return: an order that the warehouse system released and shipped"""
        order = self.sent()
        message = self.shipped(order)
        self.assertEqual((message.state, message.error_message), ("done", False))
        return order

    def checks(self, **values):
        """:return: the flow by which the finance system reports credit checks"""
        return self._make_flow(
            "finance", "checks", direction="inbound", message_type="finance.check", **values
        )

    def sold_unreleased(self):
        """:return: an order of the warehouse of the system, which takes no releases"""
        self.release.active = False
        return self.sold()

    def quotation(self):
        """:return: an order that is a quotation again"""
        order = self.order()
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        self.record()
        return order

    def scarce(self):
        """:return: a product of which nothing is on the shelf"""
        return self.env["product.product"].create(
            {
                "name": "Scarce Lamp",
                "default_code": "SCARCE",
                "is_storable": True,
                "invoice_policy": "order",
            }
        )

    def matter(self, order):
        """A business exception about an order is opened, with an owner."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": "The customer asks for another address",
                    "category": "business",
                    "company_id": self.company.id,
                    "transaction_id": self.owner(order).id,
                    "user_id": self.clerk.id,
                }
            ]
        )

    def gate(self, step):
        """Outgoing transfers are kept back until a step is reached."""
        process_id = self.env["integration.process"]._for_root("sale.order", self.company.id)
        steps = self.env["integration.process.step"].sudo()
        self.env["integration.gate"].sudo().create(
            {
                "name": "First things first",
                "company_id": self.company.id,
                "step_id": steps.search(
                    [("process_id", "=", process_id), ("code", "=", step)]
                ).id,
            }
        )

    def to_be_paid(self, post=True):
        """:return: an order that was shipped and invoiced"""
        order = self.order()
        self.ship(order.picking_ids)
        self.invoice(order, post=post)
        return order

    def in_two_parcels(self):
        """:return: an order that left in two deliveries"""
        order = self.order()
        self.ship(order.picking_ids, quantity=1)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        return order

    def reported(self, order, step, *pickings):
        """Somebody outside reports a step of some transfers."""
        self.env["integration.milestone"]._record(
            [
                {
                    "transaction_id": self.owner(order).id,
                    "step_code": step,
                    "occurred_at": fields.Datetime.now(),
                    "res_model": picking._name,
                    "res_id": picking.id,
                }
                for picking in pickings
            ]
        )

    def to_be_invoiced_again(self, order):
        """The order is looked at once more, as after each change of its documents."""
        self.owner(order)._refresh_blame()

    def needs(self, kind, other):
        """One system cannot work without another."""
        self.env["integration.dependency"].create(
            {
                "system_id": self.systems[kind].id,
                "depends_on_system_id": self.systems[other].id,
            }
        )

    def fails(self, kind, endpoint):
        """A system fails until it counts as down."""
        self.refuse(503)
        for _call in range(10):
            with self.assertRaises(IntegrationError), log_writer.captured():
                endpoint._call("GET")
            endpoint._note_outcome(RemoteError(503))
        self.assertEqual(self.systems[kind].health, "down")
