"""Cut-offs: until when goods must be ready on a weekday to go with the carrier that day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from .working_time import WorkingCalendar

#: So many days are looked ahead: a holiday may follow another.
AHEAD_DAYS = 62


@dataclass(frozen=True, slots=True)
class CutOff:
    """A time of day on some weekdays (Monday is 0), in a time zone.

    ``warehouse_id`` and ``carrier_id``: None for all.
    """

    weekdays: frozenset[int]
    minute: int
    zone: str
    warehouse_id: int | None = None
    carrier_id: int | None = None


def that_apply(
    cut_offs: Iterable[CutOff], warehouse_id: int | None, carrier_id: int | None
) -> list[CutOff]:
    """Return the cut-offs of a carrier at a warehouse.

    Those that name both replace those of the carrier, these those of the warehouse, and these the
    ones for all: a carrier with hours of his own does not come at those of the others.
    """
    by_rank: dict[tuple[bool, bool], list[CutOff]] = {}
    for cut_off in cut_offs:
        if cut_off.warehouse_id not in (None, warehouse_id):
            continue
        if cut_off.carrier_id not in (None, carrier_id):
            continue
        rank = (cut_off.carrier_id is not None, cut_off.warehouse_id is not None)
        by_rank.setdefault(rank, []).append(cut_off)
    return by_rank[max(by_rank)] if by_rank else []


def next_cut_off(
    cut_offs: Iterable[CutOff],
    after: datetime,
    calendar: WorkingCalendar | None = None,
    offset: timedelta = timedelta(0),
    day_of: datetime | None = None,
) -> datetime | None:
    """Return the first moment after *after*, in UTC, that is a cut-off plus the offset.

    At the very moment it is too late. In holidays of the calendar no carrier comes.

    :param day_of: a moment (UTC) on the first day of which a cut-off counts
    """
    found = []
    for cut_off in cut_offs:
        zone = ZoneInfo(cut_off.zone)
        first = _day(after - offset, zone)
        if day_of:
            first = max(first, _day(day_of, zone))
        for ahead in range(AHEAD_DAYS):
            day = first + timedelta(days=ahead)
            if day.weekday() not in cut_off.weekdays:
                continue
            hour, minute = divmod(cut_off.minute, 60)
            wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            moment = wall.astimezone(timezone.utc).replace(tzinfo=None)
            if moment + offset > after and not (calendar and calendar.is_closed(moment)):
                found.append(moment + offset)
                break
    return min(found, default=None)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()
