"""A provider of deliveries as other modules bring it: it calls a carrier over HTTP."""

import threading
from unittest.mock import patch

import requests

from odoo.exceptions import UserError

from odoo.addons.integration_monitor.instrumentation import log_writer, requests_session
from odoo.addons.integration_monitor.tests.common_partner import REAL_SEND, Partner

from .common import CarrierCase

PROVIDER = "tstparcel"
NOBODY = "http://127.0.0.1:9"
PATIENCE = 0.4  # seconds that the provider waits for an answer


class ProviderError(UserError):
    """What a provider tells the user, in its own words."""


class Carrier(Partner):
    """Sells labels with numbers of its own; fails when told to.

    ``faults`` maps a reference, or a path, to a status, or to ``hang``. ``sold`` and ``cancelled``
    are its ledgers.
    """

    def __init__(self):
        super().__init__()
        self.faults = {}
        self.sold = []
        self.cancelled = []
        self.prefix = "JD0146000062812307"  # reads like the number of an account

    def answer(self, call):
        """:return: (status, value)"""
        reference = call["headers"].get("X-Reference", "")
        fault = self.faults.get(reference) or self.faults.get(call["path"])
        if fault == "hang":
            self.gate.clear()
            self.gate.wait(30)
        elif fault:
            return fault, {"error": f"fault {fault}"}
        with self.guard:
            if call["path"] == "/labels":
                self.sold.append(f"{self.prefix}{len(self.sold):02}")
                return 201, {"number": self.sold[-1], "price": 7.5}
            if call["path"].startswith("/cancel/"):
                self.cancelled.append(call["path"].rpartition("/")[2])
        return 200, {"price": 6.25, "number": "RET1", "url": "https://track.example/1"}


def provider_methods(url):
    """:return: the methods that a provider's module adds to ``delivery.carrier``, by name"""

    def call(path, reference):
        try:
            answer = requests.post(
                f"{url}{path}", headers={"X-Reference": reference}, json={}, timeout=PATIENCE
            )
            answer.raise_for_status()
        except requests.HTTPError as error:
            if error.response.status_code == 422:
                raise ProviderError(f"{reference}: the address is unknown") from None
            raise ProviderError("The carrier is not available, try again later") from None
        except requests.RequestException as error:
            raise ProviderError("The carrier is not available, try again later") from error
        return answer.json()

    def rate_shipment(self, order):
        try:
            price = call("/rates", order.name)["price"]
        except ProviderError as error:
            return {
                "success": False,
                "price": 0.0,
                "error_message": str(error),
                "warning_message": False,
            }
        return {"success": True, "price": price, "error_message": False, "warning_message": False}

    def send_shipping(self, pickings):
        answers = [call("/labels", picking.name) for picking in pickings]
        return [{"exact_price": a["price"], "tracking_number": a["number"]} for a in answers]

    def get_return_label(self, pickings, tracking_number=None, origin_date=None):
        return [
            {"exact_price": 0.0, "tracking_number": call("/returns", picking.name)["number"]}
            for picking in pickings
        ]

    def get_tracking_link(self, picking):
        if self.prod_environment:
            return call("/links", picking.name)["url"]
        return f"https://track.example/{picking.carrier_tracking_ref}"

    def cancel_shipment(self, pickings):
        for picking in pickings:
            call(f"/cancel/{picking.carrier_tracking_ref}", picking.name)

    functions = (rate_shipment, send_shipping, get_return_label, get_tracking_link, cancel_shipment)
    return {f"{PROVIDER}_{function.__name__}": function for function in functions}


class ProviderCase(CarrierCase):
    """Orders whose delivery method has the provider; its carrier is on a port of this machine."""

    number = 7000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        field = cls.env["delivery.carrier"]._fields["delivery_type"]
        kinds = [*field.selection, (PROVIDER, "Test Parcel")]
        cls.startClassPatcher(patch.object(field, "selection", kinds))
        cls.startClassPatcher(patch.object(field, "_selection", dict(kinds)))
        # Where nobody listens, until a test has a carrier.
        carriers = type(cls.env["delivery.carrier"])
        for name, function in provider_methods(NOBODY).items():
            cls.startClassPatcher(patch.object(carriers, name, function, create=True))
        # A flow for other methods, beside: it is told of its own deliveries alone.
        cls.booking_flow.trigger_event = "picking.out.done"
        cls.parcel_system = cls.env["integration.system"].create(
            {
                "name": "Parcel Inc.",
                "code": "parcelinc",
                "kind": "carrier",
                "company_id": cls.company.id,
            }
        )
        cls.parcel_endpoint = cls.env["integration.endpoint"].create(
            {
                "name": "Parcel API",
                "code": "parcelapi",
                "system_id": cls.parcel_system.id,
                "base_url": NOBODY,
            }
        )
        cls.provider = cls.env["delivery.carrier"].create(
            {
                "name": "Parcel Inc. Express",
                "company_id": cls.company.id,
                "delivery_type": PROVIDER,
                "product_id": cls.carrier.product_id.id,
                "integration_system_id": cls.parcel_system.id,
                "integration_endpoint_id": cls.parcel_endpoint.id,
            }
        )

    def setUp(self):
        super().setUp()
        send = requests_session.wrapped(REAL_SEND)  # observed, as outside of tests
        self.startPatcher(patch.object(requests.Session, "send", send))
        self.shop = Carrier()
        threading.Thread(target=self.shop.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(self.shop.server_close)
        self.addCleanup(self.shop.shutdown)
        self.addCleanup(self.shop.gate.set)
        for name, function in provider_methods(self.shop.url).items():
            self.startPatcher(patch.object(type(self.provider), name, function))
        self.parcel_endpoint.base_url = self.shop.url

    @classmethod
    def ready(cls, carrier=None):
        """:return: (order, its delivery, picked and ready to validate)"""
        cls.number += 1
        order = cls._order(id=cls.number, name=f"#{cls.number}").sudo()
        picking = cls._first(order)
        picking.carrier_id = carrier or cls.provider
        picking.move_ids.picked = True
        cls.settle()
        return order, picking

    @classmethod
    def settle(cls):
        """Let everything that waits for a commit happen."""
        cls.env.flush_all()
        cls.env.cr.precommit.run()

    def watched(self, work, *arguments, error=None):
        """Do something as a request does it: undone when it fails; the log is written after.

        :return: the lines of operations that it left
        """
        with log_writer.captured() as seen:
            try:
                with self.env.cr.savepoint():
                    work(*arguments)
                    self.settle()
            except Exception as raised:  # noqa: BLE001 - compared with what is expected
                if error is None or not isinstance(raised, error):
                    raise
            else:
                self.assertIsNone(error, "it went well")
        log_writer.write_on(self.env.cr, seen)
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        self.settle()
        return [line for line in seen if (line.operation or "").startswith("carrier.")]

    def milestone(self, order, code="carrier_booked"):
        """:return: the order's milestone of a step"""
        return order.integration_transaction_ids.milestone_ids.filtered(
            lambda milestone: milestone.step_id.code == code
        )

    def open_exceptions(self, key):
        """:return: the open exceptions whose key begins so, of this case's company"""
        return self.env["integration.exception"].search(
            [
                ("is_open", "=", True),
                ("dedupe_key", "=like", f"{key}:%"),
                ("company_id", "=", self.company.id),
            ]
        )
