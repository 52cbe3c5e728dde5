"""Orders of two warehouses, the systems around them, and short ways to what goes wrong."""

import sys
import threading
from unittest.mock import patch

import requests

from odoo import Command

from odoo.addons.integration_monitor.tests.common import IntegrationCase
from odoo.addons.integration_monitor.tests.common_fallback import Site
from odoo.addons.integration_monitor.tests.common_partner import REAL_SEND
from odoo.addons.integration_monitor.tests.common_return import ReturnCommon

from .common_blame_situations import SituationsMixin
from .common_warehouse import SETUP


class BlameCase(SituationsMixin, ReturnCommon, IntegrationCase):
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
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.house.lot_stock_id, 1000)
        cls.systems = {
            kind: cls._make_system(kind)
            for kind in ("wms", "carrier", "middleware", "finance", "ecommerce")
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
        return (
            self.owner(order)
            .sudo()
            .message_ids.filtered(lambda message: message.message_type == message_type)[:1]
        )

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

    def labels(self):
        """:return: the flow that asks the carrier for labels of returns; the carrier is ``site``"""
        return self._make_flow(
            "carrier", "label", message_type="carrier.return", retry_policy_id=self.patient.id,
            endpoint_id=self._make_endpoint("carrier", self.site.url).id, warehouse_ids=False,
            trigger_event="return.announced",
        )  # fmt: skip

    def tracking(self):
        """:return: the flow by which carriers report parcels"""
        return self._make_flow(
            "carrier", "tracking", direction="inbound", message_type="carrier.tracking"
        )

    def step_of(self, code, **values):
        """Put a version of the process in use that has one step more, before the picking."""
        process = self.env.ref("integration_monitor.process_order_to_cash").sudo()
        current = process.browse(process._for_root("sale.order", self.company.id))
        draft = process.browse(current.action_new_version()["res_id"])
        self.env["integration.process.step"].sudo().create(
            {
                "process_id": draft.id,
                "sequence": 65,
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
