"""The simulated carrier: rates, labels, tracking."""

import sys
from base64 import b64encode
from datetime import timedelta
from decimal import Decimal
from typing import Any

from .carrier_pages import label_pdf, tracking_page
from .core import checks
from .core.app import Simulator
from .core.clock import digits, iso, token, utcnow
from .core.runner import main
from .core.samples import load_sample
from .core.wire import Problem, Request, Response

#: service (in any case) → price of the first kilogram, of each further one, days of transit
SERVICES = {
    "economy": (Decimal("4.10"), Decimal("0.60"), 5),
    "ground": (Decimal("5.20"), Decimal("0.70"), 4),
    "standard": (Decimal("5.90"), Decimal("0.80"), 3),
    "express": (Decimal("12.40"), Decimal("1.50"), 1),
}
#: status → message and EasyPost's status_detail
STATUSES = {
    "pre_transit": ("Shipment information received", "label_created"),
    "in_transit": ("On the way", "departed_facility"),
    "out_for_delivery": ("Out for delivery", "out_for_delivery"),
    "delivered": ("Delivered", "arrived_at_destination"),
    "failure": ("Delivery failed", "unable_to_deliver"),
    "return_to_sender": ("Returned to sender", "return"),
}
FINAL = ("delivered", "failure", "return_to_sender", "cancelled")
OUNCES = 35.274  # per kilogram


class Carrier(Simulator):
    """A parcel carrier whose tracking webhooks have EasyPost's shape."""

    name = "carrier"
    defaults = {
        "auto_advance": True,
        "delay": 0.5,
        "steps": ["in_transit", "out_for_delivery", "delivered"],
        "reject_postcodes": [],
    }
    entity_pages = {"shipments": "shipment"}

    def setup(self) -> None:
        """Add the routes and the timer of the carrier."""
        add = self.router.add
        add("POST", "/rates", self._rates)
        add("POST", "/shipments", self._book)
        add("GET", "/shipments/<number>", lambda _r, number: Response.of(self._known(number)))
        add("DELETE", "/shipments/<number>", self._cancel)
        add("GET", "/labels/<number>.pdf", self._label, public=True)
        add("GET", "/track/<number>", self._track, public=True)
        add("POST", "/pickups", lambda _request: Response.of({"status": "noted"}, 202), public=True)
        add("POST", "/control/advance", self._advance_now)
        self.timers.register("advance", self._advance_by_timer)

    # -- rates and bookings ------------------------------------------------------------------

    def _rates(self, request: Request) -> Response:
        data = request.json_object()
        weights = self._weights(data)
        currency = checks.text(data, "currency", "USD")
        rates = [
            {
                "service": service,
                "price": price_of(service, weights),
                "currency": currency,
                "delivery_days": SERVICES[service][2],
            }
            for service in SERVICES
        ]
        return Response.of({"rates": rates})

    def _book(self, request: Request) -> Response:
        data = request.json_object()
        reference = checks.text(data, "reference")
        service = checks.text(data, "service", "standard")
        if service.lower() not in SERVICES:
            detail = f"{service!r} is not one of {sorted(SERVICES)}."
            raise Problem(422, "Unknown service", detail, {"services": sorted(SERVICES)})
        weights = self._weights(data)
        self._check_address(data)
        number = f"SIM{digits(12)}"
        shipment = {
            "id": token("shp_"),
            "reference": reference,
            "tracking_number": number,
            "label_url": f"{self.base_url}/labels/{number}.pdf",
            "price": price_of(service, weights),
            "currency": checks.text(data, "currency", "USD"),
            "service": service,
            "status": "pre_transit",
            "booked_at": iso(),
            "from": data.get("from"),
            "to": data["to"],
            "parcels": data["parcels"],
            "value": data.get("value"),
            "tracker_id": token("trk_", 16),
            "tracking_details": [self._detail("pre_transit", data["to"])],
            "correlation_id": request.correlation_id,
        }
        self.ledger.put("shipment", number, shipment)
        self.ledger.add_effect("shipment", number, shipment, request)
        if self.behaviour()["auto_advance"]:
            self.timers.add("advance", self.behaviour()["delay"], {"number": number, "step": 0})
        shown = ("id", "tracking_number", "label_url", "price", "currency", "service")
        answer = {key: shipment[key] for key in shown}
        answer["label_base64"] = b64encode(self._pdf(shipment)).decode()
        return Response.of(answer, 201)

    @staticmethod
    def _weights(data: dict[str, Any]) -> list[float]:
        weights = [checks.number(parcel, "weight") for parcel in checks.rows(data, "parcels")]
        if not all(weights):
            raise Problem(422, "Invalid request", "The weight of a parcel (kg) must not be 0.")
        return weights

    def _check_address(self, data: dict[str, Any]) -> None:
        """Raise Problem 422 when the address is missing or not served."""
        address = data.get("to")
        if not isinstance(address, dict) or not address:
            raise Problem(422, "Invalid address", "to must be the address of the receiver.")
        refused = set(self.behaviour()["reject_postcodes"])
        if refused & {str(value) for value in address.values()}:
            raise Problem(422, "Address not served", "No delivery to this postal code.")

    def _cancel(self, request: Request, number: str) -> Response:
        shipment = self._known(number)
        if shipment["status"] not in ("pre_transit", "cancelled"):
            detail = f"{number} is {shipment['status']}."
            raise Problem(409, "Too late to cancel", detail)
        if shipment["status"] != "cancelled":
            shipment["status"] = "cancelled"
            self.ledger.put("shipment", number, shipment)
            self.ledger.add_effect("cancellation", number, {"id": shipment["id"]}, request)
        return Response.of({"tracking_number": number, "status": "cancelled"})

    def _known(self, number: str) -> dict[str, Any]:
        shipment = self.ledger.get("shipment", number)
        if shipment is None:
            raise Problem(404, "Unknown shipment", f"There is no shipment {number}.")
        return shipment

    @staticmethod
    def _pdf(shipment: dict[str, Any]) -> bytes:
        receiver = [str(value) for value in shipment["to"].values() if isinstance(value, str)]
        return label_pdf(
            [shipment["service"].upper(), shipment["tracking_number"], shipment["reference"]]
            + receiver[:6]
        )

    def _label(self, _request: Request, number: str) -> Response:
        return Response(200, self._pdf(self._known(number)), "application/pdf")

    def _track(self, _request: Request, number: str) -> Response:
        return Response(200, tracking_page(self._known(number)), "text/html; charset=utf-8")

    # -- tracking ----------------------------------------------------------------------------

    def _advance_now(self, request: Request) -> Response:
        data = request.json_object()
        status = checks.text(data, "status")
        if status not in STATUSES:
            raise Problem(422, "Unknown status", f"{status!r} is not one of {sorted(STATUSES)}.")
        shipment = self._known(checks.text(data, "tracking_number"))
        if shipment["status"] == "cancelled":
            raise Problem(409, "Cancelled", "The shipment was cancelled.")
        return Response.of(self._advance(shipment, status))

    def _advance_by_timer(self, data: dict[str, Any]) -> None:
        behaviour = self.behaviour()
        shipment = self.ledger.get("shipment", data["number"])
        step, steps = data["step"], behaviour["steps"]
        if not shipment or shipment["status"] in FINAL or step >= len(steps):
            return
        self._advance(shipment, steps[step])
        self.timers.add("advance", behaviour["delay"], {**data, "step": step + 1})

    def _advance(self, shipment: dict[str, Any], status: str) -> dict[str, Any]:
        """Give a shipment a new status and report it; return the event."""
        previous, shipment["status"] = shipment["status"], status
        shipment["tracking_details"].append(self._detail(status, shipment["to"]))
        number, correlation = shipment["tracking_number"], shipment["correlation_id"]
        self.ledger.put("shipment", number, shipment)
        event = self._event(shipment, previous)
        self.ledger.add_effect(
            "tracking",
            number,
            {"status": status, "event": event["id"]},
            correlation_id=correlation,
        )
        self.outbox.enqueue(
            "tracker.updated", event, event["id"], subject=number, correlation_id=correlation
        )
        return event

    def _event(self, shipment: dict[str, Any], previous: str) -> dict[str, Any]:
        """Return the sample event, filled with `shipment`."""
        event = load_sample("easypost/tracker_updated_event.json")
        moment, status = iso(), shipment["status"]
        days = SERVICES[shipment["service"].lower()][2]
        weight = sum(float(parcel["weight"]) for parcel in shipment["parcels"])
        event.update(
            id=token("evt_", 16),
            mode="test",
            created_at=moment,
            updated_at=moment,
            previous_attributes={"status": previous},
            pending_urls=[],
        )
        event["result"].update(
            id=shipment["tracker_id"],
            mode="test",
            tracking_code=shipment["tracking_number"],
            status=status,
            status_detail=STATUSES[status][1],
            created_at=shipment["booked_at"],
            updated_at=moment,
            signed_by="Receiver" if status == "delivered" else None,
            weight=round(weight * OUNCES, 1),
            est_delivery_date=iso(utcnow() + timedelta(days=days)),
            shipment_id=shipment["id"],
            carrier="SimCarrier",
            tracking_details=shipment["tracking_details"],
            finalized=status in FINAL,
            is_return=status == "return_to_sender",
            public_url=f"{self.base_url}/track/{shipment['tracking_number']}",
        )
        event["result"]["carrier_detail"].update(
            service=shipment["service"],
            est_delivery_date_local=None,
            origin_location=None,
            origin_tracking_location=None,
            destination_location=shipment["to"].get("city"),
        )
        return event

    @staticmethod
    def _detail(status: str, address: dict[str, Any]) -> dict[str, Any]:
        message, detail = STATUSES[status]
        near = status in ("out_for_delivery", "delivered", "failure")
        return {
            "object": "TrackingDetail",
            "message": message,
            "description": message,
            "status": status,
            "status_detail": detail,
            "datetime": iso(),
            "source": "SimCarrier",
            "carrier_code": None,
            "tracking_location": {
                "object": "TrackingLocation",
                "city": address.get("city") if near else None,
                "state": address.get("state") if near else None,
                "country": address.get("country"),
                "zip": (address.get("zip") or address.get("postcode")) if near else None,
            },
        }


def price_of(service: str, weights: list[float]) -> float:
    """Return the price of parcels of `weights` kilograms, two decimals."""
    first, further, _days = SERVICES[service.lower()]
    total = sum(
        (first + further * max(Decimal(str(weight)) - 1, Decimal(0)) for weight in weights),
        Decimal(0),
    )
    return float(total.quantize(Decimal("0.01")))


if __name__ == "__main__":
    sys.exit(main(Carrier))
