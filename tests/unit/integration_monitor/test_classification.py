import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import classification
from integration_monitor.tools.errors import ERROR_CLASSES

ORDER = ("no_data", "kept", "at_risk", "broken")
counts = st.integers(0, 1000)


def test_more_critical_goes_first():
    """Stock levels of the outlet go before the orders."""
    priorities = [
        classification.defaults_of(name).priority for name in ("critical", "high", "normal", "low")
    ]
    assert priorities == sorted(set(priorities))


def test_fallbacks():
    """A critical flow waits with all others until its partner is back."""
    names = ("critical", "high", "normal", "low")
    found = [classification.defaults_of(name).fallback for name in names]
    assert found == ["manual", "hold", "hold", "hold"]


def test_failures_of_one_message_are_none_of_the_flow():
    """One wrong order breaks the promise that messages flow."""
    assert set(classification.FLOW_FAULTS) < set(ERROR_CLASSES)
    assert not {"business", "contract", "client"} & set(classification.FLOW_FAULTS)
    assert {"timeout", "server", "auth"} <= set(classification.FLOW_FAULTS)


@pytest.mark.parametrize(
    ("measured", "late", "verdict"),
    [
        (None, False, "no_data"),
        (None, True, "at_risk"),
        (0, False, "kept"),
        (480, False, "kept"),
        (481, False, "at_risk"),
        (600, False, "at_risk"),
        (601, False, "broken"),
        (1, True, "at_risk"),
        (601, True, "broken"),
    ],
)
def test_times(measured, late, verdict):
    """A promise of ten minutes is called broken while it is kept, or the other way round."""
    assert classification.verdict_on_time(measured, 600, late_now=late) == verdict


def test_nothing_is_tolerated():
    """A promise of zero minutes is at risk although nothing was late at all."""
    assert classification.verdict_on_time(0, 0) == "kept"
    assert classification.verdict_on_time(1, 0) == "broken"


@pytest.mark.parametrize(
    ("lost", "failing", "tolerated", "unit", "ended", "verdict"),
    [
        (0, 0, 0, "messages", 0, "no_data"),
        (0, 0, 0, "messages", 10, "kept"),
        (1, 0, 0, "messages", 10, "broken"),
        (0, 1, 0, "messages", 1, "at_risk"),
        (4, 0, 5, "messages", 10, "kept"),
        (5, 0, 5, "messages", 10, "at_risk"),
        (6, 0, 5, "messages", 10, "broken"),
        (1, 0, 1.0, "percent", 100, "at_risk"),
        (2, 0, 1.0, "percent", 100, "broken"),
        (2, 0, 1.0, "percent", 1000, "kept"),
    ],
)
def test_loss(lost, failing, tolerated, unit, ended, verdict):
    """Lost messages are weighed against another promise than the one that was given."""
    allowed = classification.loss_allowed(tolerated, unit, ended)
    assert classification.verdict_on_loss(lost, failing, allowed, ended) == verdict


@given(counts, counts, st.floats(0, 1000))
def test_losing_more_is_never_better(lost, failing, allowed):
    """One more lost message turns a broken promise into a kept one."""
    before = classification.verdict_on_loss(lost, failing, allowed, 2000)
    after = classification.verdict_on_loss(lost + 1, failing, allowed, 2000)
    assert ORDER.index(after) >= ORDER.index(before)


@given(st.lists(st.sampled_from(ORDER), min_size=1, max_size=4))
def test_worst(verdicts):
    """A kept promise hides a broken one."""
    assert classification.worst(*verdicts) == max(verdicts, key=ORDER.index)
