"""Waiting times between attempts."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import backoff

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=timezone.utc)


def highest(_low, high):
    return high


@pytest.mark.parametrize(
    ("attempt", "expected"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (5000, 600)]
)
def test_the_ceiling_doubles_up_to_the_cap(attempt, expected):
    """Waits grow without bound, or a high attempt count overflows."""
    assert backoff.full_jitter(attempt, base=5, cap=600, uniform=highest) == expected


@given(
    attempt=st.integers(-5, 10**6),
    base=st.floats(0, 1e6),
    cap=st.floats(0, 1e6),
    factor=st.floats(1, 10),
)
def test_a_wait_lies_between_zero_and_the_cap(attempt, base, cap, factor):
    """A message waits a negative time or far past its policy."""
    assert 0 <= backoff.full_jitter(attempt, base=base, cap=cap, factor=factor) <= cap


def test_retry_after_is_honoured_up_to_six_hours():
    """A partner's maintenance page parks messages for a year."""
    assert backoff.next_delay(1, base=1, cap=2, retry_after=90, uniform=highest) == 90
    assert backoff.next_delay(1, base=1, cap=2, retry_after=10**9, uniform=highest) == 6 * 3600
    assert backoff.next_delay(9, base=100, cap=200, retry_after=1, uniform=highest) == 200


def test_attempts_and_deadline_end_the_retries():
    """A message is retried for ever."""
    assert backoff.next_delay(5, base=1, cap=2, max_attempts=5) is None
    assert backoff.next_delay(4, base=1, cap=2, max_attempts=5) is not None
    assert backoff.next_delay(1, base=10, cap=10, elapsed=55, deadline=60, uniform=highest) is None
    assert backoff.next_delay(1, base=5, cap=5, elapsed=55, deadline=60, uniform=highest) == 5


def test_what_the_partner_asks_for_is_past_no_deadline():
    """A partner asks for four hours, and the message dies at once because it has two."""
    wish = {"base": 5, "cap": 5, "deadline": 7200, "retry_after": 14400, "uniform": highest}
    assert backoff.next_delay(1, elapsed=10, **wish) == 14400
    assert backoff.next_delay(1, elapsed=7199, **wish) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("99999999999999999999", 6 * 3600),
        ("Fri, 01 May 2026 12:01:00 GMT", 60),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),
        ("Fri, 01 May 2026 12:01:00 -0000", 60),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        (None, None),
        ("Fri, 99 May 99999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value, seconds):
    """An odd Retry-After header crashes the settling of a message."""
    assert backoff.parse_retry_after(value, now=NOW) == seconds
