"""Equal faults, one fingerprint."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.fingerprint import fingerprint, normalise


def test_values_do_not_matter():
    """A thousand orders with one fault make a thousand issues."""
    one = fingerprint("business", "Order S00042: product 'SKU-1' is unknown (id=7)", 3)
    other = fingerprint("business", "Order S99999: product 'Other' is unknown (id=123)", 3)
    assert one == other
    assert len(one) == 16


def test_what_happened_matters():
    """Different faults hide behind one issue."""
    base = fingerprint("timeout", "read timed out", 1)
    assert base != fingerprint("connect", "read timed out", 1)
    assert base != fingerprint("timeout", "connection refused", 1)
    assert base != fingerprint("timeout", "read timed out", 2)


def test_it_is_stable_over_releases():
    """An upgrade reopens every issue as new."""
    assert fingerprint("timeout", "No answer from host after 30.1 s") == "a3e168868e8b12df"


def test_addresses_and_ids_are_stripped():
    """Ids and mail addresses end up in issue titles."""
    text = (
        "POST https://a.example/x/1 failed for jo@example.com 3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    )
    assert normalise(text) == "post * failed for * *"


@given(st.text(max_size=300), st.integers())
def test_numbers_never_change_it(text, number):
    """A counter in an error text splits an issue."""
    assert fingerprint("unknown", f"{text} {number}") == fingerprint(
        "unknown", f"{text} {number + 1}"
    )
