"""A shop's order, a delivery method with a booking flow, and a carrier that reports parcels."""

import json
from pathlib import Path

from odoo.addons.integration_monitor.tests.test_wms_release import WmsCase
from odoo.addons.integration_monitor.tools.http_client import HttpResponse

SAMPLE = Path(__file__).parent / "data" / "easypost" / "tracker_updated_event.json"


class CarrierCase(WmsCase):
    """Handlers run as the service account, which has just the roles that they ask for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.booking_flow = cls._make_flow(
            "integration.handler.carrier.booking",
            "carrier.booking",
            direction="outbound",
            endpoint_id=cls.endpoint.id,
            message_type="carrier.booking",
        )
        cls.tracking_flow = cls._make_flow(
            "integration.handler.carrier.tracking",
            "carrier.tracking",
            message_type="carrier.tracking",
        )
        cls.carrier = cls.env["delivery.carrier"].create(
            {
                "name": "Test Parcel",
                "company_id": cls.company.id,
                "delivery_type": "fixed",
                "product_id": cls.env["product.product"]
                .create({"name": "Parcel", "type": "service", "company_id": cls.company.id})
                .id,
                "integration_flow_id": cls.booking_flow.id,
                "integration_service": "express",
                "integration_tracking_url": "https://carrier.example.com/{tracking}",
            }
        )
        cls.flow.default_carrier_id = cls.carrier
        for handler in ("carrier.booking", "carrier.tracking"):
            for xmlid in cls.env[f"integration.handler.{handler}"]._required_groups():
                cls.service.group_ids |= cls.env.ref(xmlid)

    @classmethod
    def _shipped(cls, **kwargs):
        """Return (order, its done delivery)."""
        order = cls._order(**kwargs)
        picking = cls._first(order)
        picking.move_ids.picked = True
        picking._action_done()
        assert picking.state == "done"
        return order, picking

    @classmethod
    def _booking(cls, picking):
        """Return (handler, message) of a booking, in the service account's environment."""
        message = cls._message(
            flow=cls.booking_flow, res_model="stock.picking", res_id=picking.id
        ).with_user(cls.service)
        return cls.booking_flow.with_user(cls.service)._handler(), message

    @classmethod
    def _book(cls, picking, tracking="TRK1"):
        """Book a delivery as if the carrier answered."""
        handler, message = cls._booking(picking)
        body = {"tracking_number": tracking, "price": "5.90", "label_base64": "JVBERi0xLjQK"}
        response = HttpResponse(201, {}, json.dumps(body).encode(), 1.0, "127.0.0.1")
        return handler._on_success(message, response)

    @classmethod
    def _track(cls, tracking, status, at="2024-08-03T10:00:00Z"):
        """Handle one tracking event as the service account; return what it changed."""
        payload = json.loads(SAMPLE.read_text(encoding="utf-8"))
        payload["result"].update(tracking_code=tracking, status=status)
        payload["result"]["tracking_details"].append(
            {"status": status, "message": f"Parcel {status}", "datetime": at}
        )
        message = cls._message(flow=cls.tracking_flow).with_user(cls.service)
        handler = cls.tracking_flow.with_user(cls.service)._handler()
        return handler._handle(message, payload)

    def _to_be_turned(self, transfer, *quantities):
        """Prepare that goods go the other way, which leaves the order alone.

        :param quantities: of each line of the transfer; by default all
        :return: the transfer, which is not done
        """
        wizard = self.env["stock.return.picking"].create({"picking_id": transfer.id})
        lines = wizard.product_return_moves
        quantities = quantities or lines.move_id.mapped("quantity")
        for line, quantity in zip(lines, quantities, strict=True):
            line.write({"quantity": quantity, "to_refund": False})
        return self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])

    def _done(self, transfer):
        """:return: the transfer, done"""
        transfer.move_ids.picked = True
        transfer._action_done()
        self.env.cr.flush()
        return transfer

    def _turned(self, transfer, *quantities):
        """:return: the done transfer by which goods went the other way"""
        return self._done(self._to_be_turned(transfer, *quantities))

    def _sent_again(self, transfer, *quantities):
        """Take goods back without a refund, and send them out. :return: the new delivery"""
        transfer = self._turned(self._turned(transfer, *quantities))
        self.assertEqual(transfer.picking_type_code, "outgoing")
        return transfer
