"""Which pieces of a purchase's line vendors announced, and which receipts they fill.

Plain data: what is kept of a line as JSON, quantities in the unit of the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

#: Quantities have fewer digits; what is below is rounding.
LEAST = 1e-6


@dataclass
class Shipment:
    """What one shipment brings of a line.

    ``expected`` is when, as ISO text in UTC, ``receipts`` are the ids of those that it fills.
    ``missing``: so much of it did not come with the rest, and nobody expects it any more.
    """

    number: str
    quantity: float
    arrived: float = 0.0
    expected: str | None = None
    receipts: list[int] = field(default_factory=list)
    missing: float = 0.0

    @property
    def under_way(self) -> float:
        """How much of it has not come yet."""
        return max(self.quantity - self.arrived - self.missing, 0.0)


class Announced:
    """The shipments of a line, in the order in which they were announced first."""

    def __init__(self, kept: dict[str, Any] | None, received: float) -> None:
        """Read what was kept; what came since then belongs to the shipments announced first.

        :param kept: of :meth:`dump`
        :param received: how much of the line came so far
        """
        kept = kept or {"received": received, "shipments": ()}
        self.received = received
        self.shipments = [Shipment(**values) for values in kept["shipments"]]
        came = received - kept["received"]
        for shipment in self.shipments:
            taken = min(max(came, 0.0), shipment.under_way)
            shipment.arrived += taken
            came -= taken
        for shipment in self.shipments:
            taken = min(max(came, 0.0), shipment.missing)
            shipment.arrived += taken
            shipment.missing -= taken
            came -= taken

    def dump(self) -> dict[str, Any]:
        """Return what the line is to keep."""
        return {
            "received": self.received,
            "shipments": [asdict(shipment) for shipment in self.shipments],
        }

    def announce(self, number: str, quantity: float, expected: str | None) -> Shipment:
        """Add a shipment; a further notice of the same one takes the place of the former."""
        for shipment in self.shipments:
            if shipment.number == number:
                shipment.quantity = quantity
                shipment.missing = 0.0
                shipment.expected = expected or shipment.expected
                return shipment
        shipment = Shipment(number, quantity, expected=expected)
        self.shipments.append(shipment)
        return shipment

    def forget(self, number: str) -> None:
        """Drop a shipment that turned out to bring nothing of the line."""
        self.shipments = [shipment for shipment in self.shipments if shipment.number != number]

    def beside(self, number: str) -> list[Shipment]:
        """Return the other shipments that are under way."""
        return [
            shipment
            for shipment in self.shipments
            if shipment.number != number and shipment.under_way > LEAST
        ]

    def give_up(self, number: str, room: float) -> list[Shipment]:
        """Expect of other shipments that came in part no more of the rest than there is room for.

        :param room: how much may still come with them
        :return: those of which pieces are missing now
        """
        short = []
        for shipment in self.beside(number):
            if shipment.arrived > LEAST:
                lost = shipment.under_way - min(shipment.under_way, max(room, 0.0))
                room -= shipment.under_way - lost
                if lost > LEAST:
                    shipment.missing += lost
                    short.append(shipment)
        return short

    def fill(self, number: str, awaited: Iterable[tuple[int, float]]) -> list[int]:
        """Find the receipts that a shipment fills, and keep them with it.

        Each shipment stays with the receipts that it filled before; what others fill is taken.

        :param awaited: open receipts with what they await of the line, those that are due first
        :return: ids of the receipts, none when all of it has come
        """
        left = dict(awaited)
        for shipment in self.beside(number):
            _take(shipment, left)
        [own] = [shipment for shipment in self.shipments if shipment.number == number]
        if filled := _take(own, left):
            own.receipts = filled
        return filled


def _take(shipment: Shipment, left: dict[int, float]) -> list[int]:
    """Take what a shipment fills from what receipts await. :return: ids of those receipts"""
    wanted = shipment.under_way
    before = [receipt_id for receipt_id in shipment.receipts if receipt_id in left]
    filled = []
    for receipt_id in dict.fromkeys((*before, *left)):
        taken = min(wanted, left[receipt_id])
        if taken > LEAST:
            left[receipt_id] -= taken
            wanted -= taken
            filled.append(receipt_id)
    return filled
