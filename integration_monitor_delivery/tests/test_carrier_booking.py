from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common import IntegrationCase
from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.http_client import HttpResponse

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestCarrierBooking(CarrierCase):
    def test_payload(self):
        """The carrier gets the service, the address, the weight and the value of the parcel."""
        order, picking = self._shipped(quantities=(2, 1, 1))
        picking.sudo().move_ids.product_id.weight = 0.2
        handler, message = self._booking(picking)
        self.assertFalse(message.env.su)
        payload = handler._prepare(message)
        self.assertEqual(payload["reference"], picking.name)
        self.assertEqual(payload["service"], "express")
        self.assertEqual(payload["to"]["city"], "Louisville")
        self.assertEqual(payload["to"]["country"], "US")
        self.assertEqual(payload["parcels"], [{"weight": 0.8}])
        self.assertEqual(payload["currency"], "USD")
        goods = order.order_line.filtered(lambda line: line.product_id.type == "consu")
        self.assertEqual(payload["value"], round(sum(goods.mapped("price_total")), 2))

    def test_answer(self):
        """Tracking number, price and label reach the delivery, once, also when it repeats."""
        _order, picking = self._shipped()
        self._book(picking)
        self._book(picking)
        self.assertEqual(picking.carrier_tracking_ref, "TRK1")
        self.assertEqual(picking.carrier_price, 5.9)
        self.assertEqual(picking.carrier_tracking_url, "https://carrier.example.com/TRK1")
        labels = self.env["ir.attachment"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)]
        )
        self.assertEqual(labels.mapped("name"), ["Label-TRK1.pdf"])

    def test_nothing_to_book(self):
        """A delivery that somebody booked by hand meanwhile is not booked again."""
        _order, picking = self._shipped()
        handler, message = self._booking(picking)
        picking.carrier_tracking_ref = "BYHAND"
        self.assertIsNone(handler._prepare(message))

    def test_address_without_country(self):
        """The warehouse reads which address to complete, instead of a carrier's code."""
        _order, picking = self._shipped()
        picking.partner_id.country_id = False
        handler, message = self._booking(picking)
        with self.assertRaisesRegex(BusinessError, "has no country"):
            handler._prepare(message)

    def test_unreadable_answer(self):
        """An accepted booking without a number is kept for a person, not lost."""
        _order, picking = self._shipped()
        handler, message = self._booking(picking)
        for body in (b"", b"<html>", b"[]", b"{}"):
            response = HttpResponse(200, {}, body, 1.0, "127.0.0.1")
            with self.assertRaises(ContractError):
                handler._on_success(message, response)

    def test_flow_needs_an_endpoint(self):
        """A booking flow that could never call anybody is refused when it is saved."""
        with self.assertRaisesRegex(ValidationError, "endpoint"):
            self.booking_flow.endpoint_id = False


@tagged("post_install", "-at_install")
class TestCarrierAnswer(CarrierCase, IntegrationCase):
    def test_garbage_then_retry(self):
        """The carrier is mended, and Retry applies its garbage for ever."""
        self.allow_company(self.users["operator"], self.company)
        _order, picking = self._shipped()
        message = self.booking_flow._emit(picking)
        garbage = HttpResponse(200, {}, b"<html>", 1.0, "127.0.0.1")
        booked = HttpResponse(200, {}, b'{"tracking_number": "TRK9"}', 1.0, "127.0.0.1")
        with self.answers(garbage, booked) as requests:
            self.drain(self.booking_flow)
            self.assertEqual(message.state, "quarantined")
            message.exception_ids.with_user(self.users["operator"]).action_retry()
            self.drain(self.booking_flow)
        self.assertEqual((message.state, picking.carrier_tracking_ref), ("done", "TRK9"))
        keys = {request["headers"]["Idempotency-Key"] for request in requests}
        self.assertEqual((len(requests), keys), (2, {message.idempotency_key}))
