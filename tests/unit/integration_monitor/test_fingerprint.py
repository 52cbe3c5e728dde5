"""Equal faults, one fingerprint."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.fingerprint import (
    fingerprint,
    normalise,
    of_fault,
    scope_of,
    title,
)


def test_values_do_not_matter():
    """A thousand orders with one fault make a thousand issues."""
    one = fingerprint("business", "Order S00042: product 'SKU-1' is unknown (id=7)", 3)
    other = fingerprint("business", "Order S99999: product 'Other' is unknown (id=123)", 3)
    assert one == other
    assert len(one) == 16


def test_apostrophes_quote_nothing():
    """Faults with other words are one, and one fault is as many as its values."""
    one = "Couldn't find product 'Blue Chair'"
    assert normalise(one) == normalise("Couldn't find product 'Red Table'")
    assert normalise("Can't read the order: it doesn't exist") != normalise(
        "Can't book the payment: it doesn't exist"
    )
    assert normalise("L'article 'Chaise' n'existe pas") == normalise(
        "L'article 'Table d'appoint' n'existe pas"
    )
    assert normalise("L'article n'existe pas") != normalise("L'adresse n'existe pas")
    assert normalise("No ‘Blue’, no „Blau“") == normalise("No ‘Red’, no „Rot“")
    assert title(one) == "Couldn't find product …"


def test_codes_name_the_fault():
    """Two codes of a partner are one issue."""
    one, other = '{"code": "OUT_OF_STOCK"}', '{"code":"INVALID_VAT"}'
    assert normalise(one) != normalise(other)
    assert normalise('{"sku": "A B"}') == normalise('{"sku": "C"}')
    assert title(one) == one


def test_dates_in_words_and_hex_are_values():
    """Each day, and each id without a digit, is a fault of its own."""
    assert normalise("Expired on Thu, 26 Nov 2026") == normalise("Expired on Fri, 4 December 2026")
    assert normalise("No deadbeef") == normalise("No cafebabe".replace("cafebabe", "facadeac"))


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


REFUSED = "ConnectionError: HTTPConnectionPool(host='{}', port=80): Max retries exceeded with {}"


def test_unrelated_faults_are_apart():
    """Two scheduled actions with a KeyError, or two hosts without a name, are one issue."""
    one = of_fault("unknown", "KeyError: 'x'", operation="Import prices")
    assert one != of_fault("unknown", "KeyError: 'x'", operation="Send orders")
    assert one == of_fault("unknown", "KeyError: 'y'", operation="Import prices")
    said = "The partner answered HTTP 500."
    assert of_fault("server", said, host="a.example") != of_fault("server", said, host="b.example")
    assert of_fault("server", said, host="A.example") == of_fault("server", said, host="a.example")
    first, second = (REFUSED.format(host, "url: /x") for host in ("a1.invalid", "a2.invalid"))
    assert of_fault("dns", first) != of_fault("dns", second)
    assert of_fault("dns", first, flow_id=1) != of_fault("dns", second, flow_id=1)


def test_the_path_does_not_matter():
    """Refusals of one host are several issues, for its paths are worded differently."""
    texts = [REFUSED.format("a.invalid", f"url: {path}") for path in ("/x", "/orders/{id}", "…")]
    assert len({of_fault("connect", text, host="a.invalid") for text in texts}) == 1


def test_what_a_line_is_scoped_by():
    """A caller's address splits a fault, or the attempt differs from the call that it made."""

    def scope(kind, direction="outbound", **ids):
        return scope_of(
            {"kind": kind, "direction": direction, "host": "h", "operation": "o", **ids}
        )

    assert scope("http_out") == {"host": "h", "operation": None}
    assert scope("http_out", endpoint_id=1) == {"host": None, "operation": None}
    assert scope("http_out", message_id=1, flow_id=2) == {"host": None, "operation": None}
    assert scope("rpc_in", "inbound") == {"host": None, "operation": "o"}
    assert scope("job", None, flow_id=1)["operation"] == "o"
    assert scope("custom", flow_id=1) == {"host": "h", "operation": None}
    assert scope("custom", host=None) == {"host": None, "operation": "o"}


def test_titles_are_readable():
    """The list of issues shows hashes, or one customer's number."""
    assert title("Order S00042: product 'SKU-1' is unknown") == "Order … product … is unknown"
    assert len(title("word " * 100)) <= 120
    assert title(None) == ""
    assert title("HTTP 404: no order 4711") == "HTTP 404: no order …"
    assert title("KeyError: 'x'", "Import prices") == "Import prices: KeyError: …"
    assert title("", "Import prices") == "Import prices"
