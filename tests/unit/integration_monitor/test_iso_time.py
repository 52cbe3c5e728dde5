"""Times are understood alike on every supported version of Python."""

from datetime import datetime, timedelta, timezone

import pytest

from integration_monitor.tools.iso_time import parse_iso

AT = datetime(2026, 11, 24, 4, 32, 27, 626420)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T04:32:27.62642", AT),
        ("2026-11-24T04:32:27.626420", AT),
        ("2026-11-24 04:32:27.626420987", AT),
        ("2026-11-24T04:32:27,62642", AT),
        ("2026-11-24T04:32:27", AT.replace(microsecond=0)),
        ("2026-11-24T04:32", AT.replace(second=0, microsecond=0)),
        ("2026-11-24", datetime(2026, 11, 24)),
        ("2026-11-24T04:32:27.62642Z", AT.replace(tzinfo=timezone.utc)),
        ("2026-11-24T04:32:27.62642+0100", AT.replace(tzinfo=timezone(timedelta(hours=1)))),
        ("2026-11-24T04:32:27.62642-05", AT.replace(tzinfo=timezone(-timedelta(hours=5)))),
        ("2026-11-24T04:32:27.62642+05:30", AT.replace(tzinfo=timezone(timedelta(hours=5.5)))),
    ],
)
def test_times_of_partners_and_of_the_database(text: str, expected: datetime) -> None:
    """PostgreSQL strips trailing zeros; partners write Z and offsets without a colon."""
    parsed = parse_iso(text)
    assert (parsed, parsed.utcoffset()) == (expected, expected.utcoffset())


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-11-24T25:00", "T04:32:27"])
def test_no_time(text: str) -> None:
    """A text that is no time is refused, not guessed."""
    with pytest.raises(ValueError):
        parse_iso(text)
