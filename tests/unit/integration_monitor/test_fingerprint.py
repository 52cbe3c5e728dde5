"""Equal faults, one fingerprint."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.fingerprint import fingerprint, normalise, of_fault, title


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


def test_call_attempt_and_exception_agree():
    """One fault makes an issue for the call and another for the message."""
    text = "The partner answered HTTP 503. It said: maintenance"
    call = of_fault("server", text, flow_id=3, endpoint_id=4, status=503)
    assert call == of_fault("server", text, flow_id=3, status=503)
    assert call != of_fault("server", text, flow_id=5, status=503)
    assert call != of_fault("server", text, flow_id=3, status=500)
    assert of_fault("server", text, endpoint_id=3) != of_fault("server", text, flow_id=3)
    long = "cause " * 1000
    assert of_fault("x", long[:2000], flow_id=1) == of_fault("x", long[:4000], flow_id=1)


def test_titles_are_readable():
    """The list of issues shows hashes, or one customer's number."""
    assert title("Order S00042: product 'SKU-1' is unknown") == "Order … product … is unknown"
    assert len(title("word " * 100)) <= 120
    assert title(None) == ""
