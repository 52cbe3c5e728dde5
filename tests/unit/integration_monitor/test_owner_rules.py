from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.owner_rules import OwnerRule, deadline, last_match

FACTS = {"flow_id": 1, "category": "business", "error_message": "No SKU-9", "amount_at_stake": 50}


@given(st.lists(st.integers(1, 3), max_size=6))
def test_last_match_wins(flows):
    """The first of two rules wins, and the exception to the rule is never used."""
    rules = [OwnerRule(index, {"flow_id": flow}) for index, flow in enumerate(flows)]
    found = last_match(rules, FACTS)
    expected = [index for index, flow in enumerate(flows) if flow == 1]
    assert (found.owner_id if found else None) == (expected[-1] if expected else None)


def test_every_condition_counts():
    """A rule about business failures takes technical ones, too."""
    assert OwnerRule(1, {"flow_id": 1, "category": "business"}).matches(FACTS)
    assert not OwnerRule(1, {"flow_id": 1, "category": "technical"}).matches(FACTS)
    assert OwnerRule(1, text="sku-9").matches(FACTS)
    assert not OwnerRule(1, text="sku-8").matches(FACTS)
    assert OwnerRule(1, amount_from=50).matches(FACTS)
    assert not OwnerRule(1, amount_from=50.01).matches(FACTS)
    assert OwnerRule(1).matches({})


def test_deadline():
    """What is critical may wait until tomorrow."""
    now = datetime(2026, 1, 5, 10)
    assert deadline(now, "critical") == now + timedelta(hours=2)
    assert deadline(now, "critical", 1) == now + timedelta(hours=1)
    assert deadline(now, "?") == now + timedelta(hours=24)
