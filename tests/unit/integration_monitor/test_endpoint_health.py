"""Health from the calls of the last minutes."""

from datetime import datetime, timedelta

import pytest

from integration_monitor.tools.endpoint_health import Minute, of_calls, of_deliveries

NOW = datetime(2026, 5, 4, 12, 30)


def minute(ago, ok=0, **classes):
    return Minute(NOW - timedelta(minutes=ago), ok, classes)


def test_no_calls_change_nothing():
    """A quiet minute makes every system unknown."""
    assert of_calls([], NOW).health is None


@pytest.mark.parametrize(
    ("rows", "health"),
    [
        ([minute(3, ok=1)], "up"),
        ([minute(3, timeout=1)], None),
        ([minute(4, ok=9), minute(3, timeout=2)], "degraded"),
        ([minute(4, ok=9), minute(3, timeout=2), minute(2, connect=3)], "down"),
        ([minute(9, timeout=9), minute(3, ok=1)], "up"),
        ([minute(4, timeout=9), minute(3, ok=1)], "degraded"),
        ([minute(2, auth=2)], "down"),
        ([minute(2, auth=1, timeout=1)], "degraded"),
        ([minute(9, ok=100), minute(3, ok=7, server=3)], "degraded"),
        ([minute(3, ok=7, server=2)], None),
        ([minute(4, ok=60, server=2), minute(3, ok=30)], "up"),
    ],
)
def test_verdicts(rows, health):
    """Health does not follow what calls say."""
    assert of_calls(rows, NOW).health == health


def test_failures_of_documents_say_nothing():
    """An order with a wrong address makes the carrier down."""
    rows = [minute(ago, client=5, business=3, contract=2, unknown=1) for ago in (1, 2, 3)]
    found = of_calls(rows, NOW)
    assert (found.health, found.streak, found.share) == (None, 0, 0.0)


def test_a_share_needs_enough_calls():
    """One failure of three calls makes a partner degraded."""
    assert of_calls([minute(1, ok=2, timeout=1)], NOW).health is None
    assert of_calls([minute(1, ok=6, timeout=4)], NOW).health == "degraded"
    assert of_calls([minute(1, ok=20, timeout=4)], NOW).health is None
    # Older than the window: only the streak tells.
    assert of_calls([minute(12, ok=6, timeout=4), minute(1, ok=1)], NOW).health == "up"


def test_newer_knowledge_wins():
    """The sweep overrules a call that was made after the minutes it looks at."""
    failing = [minute(4, ok=1), minute(2, connect=6)]
    assert of_calls(failing, NOW, last_success=NOW - timedelta(minutes=3)).health == "down"
    assert of_calls(failing, NOW, last_success=NOW - timedelta(seconds=70)).health is None
    good = [minute(2, ok=5)]
    assert of_calls(good, NOW, last_failure=NOW - timedelta(minutes=1)).health is None
    assert of_calls(good, NOW, last_failure=NOW - timedelta(minutes=3)).health == "up"


def test_facts_for_the_reason():
    """The reason names another failure than the one that counts."""
    found = of_calls([minute(4, ok=1, dns=9), minute(2, timeout=3), minute(1, connect=1)], NOW)
    assert (found.streak, found.error_class) == (4, "timeout")
    assert found.last_failure == NOW - timedelta(minutes=1)
    assert (found.calls, found.failed) == (14, 13)


def test_deliveries():
    """Anybody who posts rubbish makes a partner down; or a wrong secret goes unseen."""
    assert of_deliveries(1, 50) == "up"
    assert of_deliveries(0, 3) == "degraded"
    assert of_deliveries(0, 2) is None
    assert of_deliveries(0, 0) is None
