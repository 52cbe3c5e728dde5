"""Carrier tracking events, read without knowledge of Odoo.

The body is EasyPost's ``tracker.updated`` event, which several carriers' gateways share:
``{"id", "description", "result": {"tracking_code", "status", "tracking_details": [...]}}``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from odoo.addons.integration_monitor.tools.iso_time import parse_iso

# How far a parcel has come. Events arrive late and out of order: a lower rank never
# overwrites a higher one. Trouble ranks below `delivered`, so that a later attempt that succeeds
# still counts; `return_to_sender` above what precedes it, so that a failed attempt hides it not.
STATUS_RANK = {
    "unknown": 0,
    "pre_transit": 10,
    "in_transit": 20,
    "out_for_delivery": 30,
    "available_for_pickup": 40,
    "failure": 50,
    "error": 50,
    "cancelled": 50,
    "return_to_sender": 55,
    "delivered": 60,
}
PROBLEM_STATUSES = frozenset({"failure", "error", "return_to_sender", "cancelled"})
#: What a carrier tells of a label that no parcel travels with.
RESTING_STATUSES = frozenset({"unknown", "pre_transit", "cancelled"})
#: After these nothing more becomes of a parcel.
ENDED_STATUSES = frozenset({"delivered", "return_to_sender"})
MOVING_STATUSES = frozenset({"in_transit", "out_for_delivery", "available_for_pickup"})


@dataclass(frozen=True)
class TrackingEvent:
    """One state of one parcel.

    :ivar tracking_code: the carrier's number.
    :ivar status: a key of :data:`STATUS_RANK`.
    :ivar occurred_at: naive UTC time at which the carrier saw it.
    :ivar in_transit_at: naive UTC time of the first scan in transit, or None.
    :ivar detail: the carrier's own words, for people.
    :ivar carrier: the carrier's name, or an empty string.
    """

    tracking_code: str
    status: str
    occurred_at: datetime
    in_transit_at: datetime | None
    detail: str
    carrier: str

    @property
    def rank(self) -> int:
        """Order of the status on the parcel's way."""
        return STATUS_RANK[self.status]


def numbers_of(reference: object) -> list[str]:
    """Return the tracking numbers of a transfer, as people and providers write them."""
    numbers = str(reference or "").split(",")
    return [number.strip() for number in numbers if number.strip()]


def move_on(
    parcels: Mapping[str, Sequence[Any]], event: TrackingEvent, told_by: int | None = None
) -> dict[str, list[Any]]:
    """Return the parcels with what an event tells of one; a parcel never goes back.

    :param parcels: number to (status, ISO time), and whoever told it behind them
    :param told_by: kept with the parcel, for who asks later
    """
    result = {number: list(told) for number, told in parcels.items()}
    status = result.get(event.tracking_code, ("unknown",))[0]
    if event.rank > STATUS_RANK[str(status)]:
        known = [event.status, event.occurred_at.isoformat()]
        result[event.tracking_code] = [*known, told_by] if told_by else known
    return result


def standing(
    numbers: Sequence[str], parcels: Mapping[str, Sequence[Any]]
) -> tuple[str, datetime | None]:
    """Return what a delivery of several parcels comes to, and when the last of them arrived.

    It is delivered when all are. Until then a parcel in trouble counts for most, then the one that
    is furthest behind of those that the carrier reported.
    """
    told = [tuple(parcels[number]) if number in parcels else None for number in numbers]
    under_way = [str(one[0]) for one in told if one and one[0] != "delivered"]
    if told and not under_way and None not in told:
        return "delivered", last_arrival(numbers, parcels)
    troubled = [status for status in under_way if status in PROBLEM_STATUSES]
    if troubled:
        return troubled[0], None
    nothing_else = "in_transit" if any(told) else "unknown"
    return min(under_way, key=lambda status: STATUS_RANK[status], default=nothing_else), None


def came_back(numbers: Sequence[str], parcels: Mapping[str, Sequence[Any]]) -> int:
    """Return how many parcels came back of a delivery of which the others arrived.

    0 while one is on its way, or in another trouble: it may arrive. An only parcel may have come
    back although the carrier said nothing of it; of several it takes the carrier to know which.
    """
    if len(numbers) <= 1:
        return 1
    told = [str(parcels[number][0]) if number in parcels else "unknown" for number in numbers]
    if any(status not in ENDED_STATUSES for status in told):
        return 0
    return told.count("return_to_sender")


def last_arrival(numbers: Iterable[str], parcels: Mapping[str, Sequence[Any]]) -> datetime | None:
    """Return when the last of those parcels arrived that did (naive UTC)."""
    return _last_seen("delivered", numbers, parcels)


def turned_at(numbers: Iterable[str], parcels: Mapping[str, Sequence[Any]]) -> datetime | None:
    """Return when the last of those parcels turned round that came back (naive UTC)."""
    return _last_seen("return_to_sender", numbers, parcels)


def _last_seen(
    status: str, numbers: Iterable[str], parcels: Mapping[str, Sequence[Any]]
) -> datetime | None:
    told = [parcels[number] for number in numbers if number in parcels]
    times = [parse_time(one[1]) for one in told if one[0] == status]
    return max((moment for moment in times if moment), default=None)


def told_last(numbers: Iterable[str], parcels: Mapping[str, Sequence[Any]]) -> int | None:
    """Return who told last of some of the parcels; None where that was not kept."""
    told = [parcels[number] for number in numbers if len(parcels.get(number, ())) > 2]
    return max(told, key=lambda one: str(one[1]))[2] if told else None


def renumber(
    parcels: Mapping[str, Sequence[Any]], before: Iterable[str], numbers: Sequence[str]
) -> dict[str, list[Any]]:
    """Return the parcels of a delivery whose numbers change; one that is taken off is remembered.

    :param before: the numbers until now
    """
    nothing_told = ["unknown", None]
    result = {
        number: list(told)
        for number, told in parcels.items()
        if number not in numbers or list(told) != nothing_told
    }
    for number in before:
        if number not in numbers:
            result.setdefault(number, list(nothing_told))
    return result


def parse_time(value: object) -> datetime | None:
    """Return an ISO 8601 time as naive UTC, or None when it is absent or not a time."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = parse_iso(value)
    except ValueError:
        return None
    if moment.tzinfo:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment.replace(microsecond=0)


def parse_tracking_event(payload: object) -> TrackingEvent:
    """Read a tracker event.

    :raises ValueError: with a text that names the missing or wrong field.
    """
    result = payload.get("result") if isinstance(payload, dict) else None
    if not isinstance(result, dict):
        raise ValueError("the tracking event has no object 'result'")
    code = result.get("tracking_code")
    if not isinstance(code, str) or not code.strip():
        raise ValueError("the tracking event has no 'result.tracking_code'")
    status = result.get("status")
    if status not in STATUS_RANK:
        raise ValueError(
            f"the tracking status {status!r} is not one of {', '.join(sorted(STATUS_RANK))}"
        )
    details = [item for item in result.get("tracking_details") or [] if isinstance(item, dict)]
    times = [(parse_time(item.get("datetime")), item) for item in details]
    times = sorted((pair for pair in times if pair[0]), key=lambda pair: pair[0])
    same_status = [pair for pair in times if pair[1].get("status") == status]
    last_time, last_item = (same_status or times or [(None, {})])[-1]
    occurred_at = (
        last_time or parse_time(result.get("updated_at")) or parse_time(payload.get("created_at"))
    )
    if occurred_at is None:
        raise ValueError("the tracking event has no time ('result.updated_at')")
    moving = [pair[0] for pair in times if pair[1].get("status") in MOVING_STATUSES]
    return TrackingEvent(
        tracking_code=code.strip(),
        status=status,
        occurred_at=occurred_at,
        in_transit_at=moving[0] if moving else None,
        detail=str(last_item.get("message") or last_item.get("description") or ""),
        carrier=str(result.get("carrier") or ""),
    )
