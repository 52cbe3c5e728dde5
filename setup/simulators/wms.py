"""The simulated warehouse system: takes releases, ships them, reports shipments and stock."""

import math
import random
import sys
from typing import Any

from .core import checks
from .core.app import Simulator
from .core.clock import digits, iso, token
from .core.runner import main
from .core.wire import Problem, Request, Response

PIECE_WEIGHT = 0.5  # kilograms


class Wms(Simulator):
    """A warehouse system, as a logistics provider runs it."""

    name = "wms"
    defaults = {
        "auto_ship": True,
        "delay": 0.5,
        "short": {},
        "short_rate": 0.0,
        "lots": {},
        "seed": 0,
    }
    entity_pages = {"releases": "release", "shipments": "shipment", "stock": "stock"}

    def setup(self) -> None:
        """Add the routes and the timer of the warehouse."""
        add = self.router.add
        add("POST", "/releases", self._release)
        add("GET", "/releases/<reference*>", self._get_release)
        add("DELETE", "/releases/<reference*>", self._cancel)
        add("POST", "/control/ship", self._ship_now)
        add("PUT", "/control/stock", self._set_stock)
        add("POST", "/control/stock-snapshot", self._snapshot)
        self.timers.register("ship", self._ship_by_timer)

    # -- releases ----------------------------------------------------------------------------

    def _release(self, request: Request) -> Response:
        data = request.json_object()
        reference = checks.text(data, "reference")
        warehouse = checks.text(data, "warehouse")
        lines = [self._line(row) for row in checks.rows(data, "lines")]
        if len({line["line_id"] for line in lines}) < len(lines):
            raise Problem(422, "Invalid request", "Each line_id may occur once.")
        self.catalogue.check(line["sku"] for line in lines)
        known = self.ledger.get("release", reference)
        if known and known["status"] != "cancelled":
            raise Problem(
                409,
                "Duplicate release",
                f"{reference} was released before.",
                {"id": known["id"], "status": known["status"]},
            )
        release = {
            **data,
            "id": token("REL-", 6),
            "status": "accepted",
            "warehouse": warehouse,
            "lines": lines,
            "accepted_at": iso(),
            "correlation_id": request.correlation_id,
        }
        self.ledger.put("release", reference, release)
        self.ledger.add_effect("release", reference, release, request)
        behaviour = self.behaviour()
        if behaviour["auto_ship"]:
            timer = {"reference": reference, "id": release["id"]}
            self.timers.add("ship", behaviour["delay"], timer)
        shown = {key: release[key] for key in ("id", "reference", "status")}
        return Response.of(shown, 201)

    @staticmethod
    def _line(row: dict[str, Any]) -> dict[str, Any]:
        number = row.get("line_id")
        if isinstance(number, bool) or not isinstance(number, int):
            raise Problem(422, "Invalid request", "line_id must be a whole number.")
        quantity = checks.number(row, "quantity")
        if not quantity:
            raise Problem(422, "Invalid request", f"quantity of line {number} must not be 0.")
        line = {"line_id": number, "sku": checks.text(row, "sku"), "quantity": quantity}
        return {**row, **line, "shipped": 0}

    def _get_release(self, _request: Request, reference: str) -> Response:
        return Response.of(self._known(reference))

    def _cancel(self, request: Request, reference: str) -> Response:
        release = self._known(reference)
        if release["status"] in ("shipped", "part_shipped"):
            raise Problem(409, "Already shipped", f"{reference} has left the warehouse.")
        if release["status"] == "accepted":
            release["status"] = "cancelled"
            self.ledger.put("release", reference, release)
            self.ledger.add_effect("cancellation", reference, {"id": release["id"]}, request)
        shown = {key: release[key] for key in ("id", "reference", "status")}
        return Response.of(shown)

    def _known(self, reference: str) -> dict[str, Any]:
        release = self.ledger.get("release", reference)
        if release is None:
            raise Problem(404, "Unknown release", f"There is no release {reference}.")
        return release

    # -- shipments ---------------------------------------------------------------------------

    def _ship_now(self, request: Request) -> Response:
        data = request.json_object()
        release = self._known(checks.text(data, "reference"))
        chosen = checks.rows(data, "lines") if "lines" in data else None
        return Response.of(self._ship(release, chosen, bool(data.get("close", True))), 201)

    def _ship_by_timer(self, data: dict[str, Any]) -> None:
        release = self.ledger.get("release", data["reference"])
        if release and release["id"] == data["id"] and release["status"] == "accepted":
            self._ship(release, None, close=True)

    def _ship(
        self, release: dict[str, Any], chosen: list[dict[str, Any]] | None, close: bool
    ) -> dict[str, Any]:
        """Ship a release, or the `chosen` quantities of it, and report it."""
        if release["status"] not in ("accepted", "part_shipped"):
            detail = f"{release['reference']} is {release['status']}."
            raise Problem(409, "Not open", detail)
        lines = self._chosen(release, chosen) if chosen else self._usual(release)
        reference, moment = release["reference"], iso()
        pieces = sum(line["quantity"] for line in lines)
        shipment = {
            "reference": reference,
            "release_id": release["id"],
            "shipment_id": token("SHP-", 6),
            "shipped_at": moment,
            "warehouse": release["warehouse"],
            "lines": lines,
            "packages": [{"sscc": sscc(), "weight": round(pieces * PIECE_WEIGHT, 3)}],
            "close": close,
        }
        shipped = {line["line_id"]: line["quantity"] for line in lines}
        for line in release["lines"]:
            line["shipped"] += shipped.get(line["line_id"], 0)
        release["status"] = "shipped" if close else "part_shipped"
        self.ledger.put("release", reference, release)
        self.ledger.put("shipment", shipment["shipment_id"], shipment)
        correlation = release["correlation_id"]
        self.ledger.add_effect("shipment", reference, shipment, correlation_id=correlation)
        self._take_from_stock(lines)
        self._report("shipment.confirmed", shipment, moment, reference, correlation)
        return shipment

    def _usual(self, release: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the open quantities, cut by the behaviour settings `short` and `short_rate`."""
        behaviour = self.behaviour()
        rng = random.Random(f"{behaviour['seed']}:{release['reference']}")
        lines = []
        for line in release["lines"]:
            wanted = max(line["quantity"] - line["shipped"], 0)
            if rng.random() < behaviour["short_rate"]:
                quantity: float = math.floor(wanted / 2)
            else:
                quantity = cut(wanted, behaviour["short"].get(line["sku"]))
            lines.append(_shipped_line(line, quantity, behaviour["lots"].get(line["sku"])))
        return lines

    @staticmethod
    def _chosen(release: dict[str, Any], chosen: list[dict[str, Any]]) -> list[dict[str, Any]]:
        by_id = {line["line_id"]: line for line in release["lines"]}
        lines = []
        for row in chosen:
            line = by_id.get(row.get("line_id"))
            if line is None:
                detail = f"{release['reference']} has the lines {sorted(by_id)}."
                raise Problem(422, "Unknown line", detail)
            lines.append(_shipped_line(line, checks.number(row, "quantity"), row.get("lots")))
        return lines

    def _report(
        self,
        event: str,
        data: dict[str, Any],
        moment: str,
        subject: str,
        correlation_id: str | None,
    ) -> None:
        number = token("evt_")
        body = {"id": number, "type": event, "timestamp": moment, "data": data}
        self.outbox.enqueue(event, body, number, subject=subject, correlation_id=correlation_id)

    # -- stock -------------------------------------------------------------------------------

    def _set_stock(self, request: Request) -> Response:
        """Replace the warehouse's own stock: `{"SKU": quantity}`."""
        levels = request.json_object()
        for sku in levels:
            level = {"sku": sku, "quantity": checks.number(levels, sku)}
            self.ledger.put("stock", sku, level)
        return Response.of({"items": self.ledger.all("stock")})

    def _take_from_stock(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            level = self.ledger.get("stock", line["sku"])
            if level:
                level["quantity"] -= line["quantity"]
                self.ledger.put("stock", line["sku"], level)

    def _snapshot(self, request: Request) -> Response:
        """Report the given stock lines, or the warehouse's own stock."""
        data = request.json_object({})
        lines = checks.rows(data, "lines") if "lines" in data else self.ledger.all("stock")
        moment = iso()
        snapshot = {
            "snapshot_id": token("SNP-", 6),
            "warehouse": checks.text(data, "warehouse", "WH"),
            "taken_at": data.get("taken_at", moment),
            "lines": lines,
        }
        number = snapshot["snapshot_id"]
        self.ledger.add_effect("stock_snapshot", number, snapshot, request)
        correlation = data.get("correlation_id")
        self._report("stock.snapshot", snapshot, moment, number, correlation)
        return Response.of(snapshot, 201)


def cut(wanted: float, rule: float | None) -> float:
    """Return what is shipped of `wanted`: a rule below 1 is a fraction (rounded down to whole
    pieces), another the most that is shipped; None ships all.
    """
    if rule is None:
        return wanted
    if 0 < rule < 1:
        return math.floor(wanted * rule)
    return min(wanted, rule)


def sscc() -> str:
    """Return a random serial shipping container code: 17 digits and the GS1 check digit."""
    body = "3" + digits(16)
    weighted = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(body))
    return f"{body}{-weighted % 10}"


def _shipped_line(line: dict[str, Any], quantity: float, lots: Any) -> dict[str, Any]:
    """Return a line of a shipment; `lots` is a lot name or a list as the event holds it."""
    shipped = {"line_id": line["line_id"], "sku": line["sku"], "quantity": quantity}
    if isinstance(lots, str):
        lots = [{"name": lots, "quantity": quantity}]
    if lots and quantity:
        shipped["lots"] = lots
    return shipped


if __name__ == "__main__":
    sys.exit(main(Wms))
