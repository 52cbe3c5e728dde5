"""Carrier tracking events, read without knowledge of Odoo.

The body is EasyPost's ``tracker.updated`` event, which several carriers' gateways share:
``{"id", "description", "result": {"tracking_code", "status", "tracking_details": [...]}}``.
"""

from dataclasses import dataclass
from datetime import datetime, timezone

# How far a parcel has come. Events arrive late and out of order: a lower rank never
# overwrites a higher one. `failure` and `return_to_sender` share the rank of `delivered`
# minus one, so that a later delivery attempt that succeeds still counts.
STATUS_RANK = {
    "unknown": 0,
    "pre_transit": 10,
    "in_transit": 20,
    "out_for_delivery": 30,
    "available_for_pickup": 40,
    "failure": 50,
    "error": 50,
    "return_to_sender": 50,
    "cancelled": 50,
    "delivered": 60,
}
PROBLEM_STATUSES = frozenset({"failure", "error", "return_to_sender", "cancelled"})
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


def parse_time(value: object) -> datetime | None:
    """Return an ISO 8601 time as naive UTC, or None when it is absent or not a time."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
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
