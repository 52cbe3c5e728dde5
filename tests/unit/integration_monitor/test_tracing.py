"""W3C trace context and correlation ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def test_a_valid_header_is_read_and_written_back():
    """A partner's trace breaks at our door."""
    parsed = tracing.parse_traceparent(f"00-{TRACE}-{SPAN}-01")
    assert parsed == tracing.TraceContext(TRACE, SPAN, True)
    assert parsed.header() == f"00-{TRACE}-{SPAN}-01"
    child = parsed.child()
    assert child.trace_id == TRACE
    assert child.span_id != SPAN


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "00",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-extra",
        f"00-{TRACE}-{SPAN}-01extra",
        f"01-{TRACE}-{SPAN}-01extra",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-٠١",
    ],
)
def test_invalid_headers_are_refused(value):
    """A made-up header is taken for a trace."""
    assert tracing.parse_traceparent(value) is None


def test_a_later_version_is_read_as_far_as_it_is_known():
    """A partner upgrades its tracing and our link to it is lost."""
    assert tracing.parse_traceparent(f"cc-{TRACE}-{SPAN}-01-new-things").trace_id == TRACE
    assert tracing.parse_traceparent(f"cc-{TRACE}-{SPAN}-00").sampled is False


@given(st.text(max_size=80))
def test_no_header_crashes(value):
    """Noise in a header ends in a 500."""
    tracing.parse_traceparent(value)
    tracing.clean_tracestate(value)
    cleaned = tracing.clean_correlation_id(value)
    assert cleaned is None or (cleaned.isascii() and 1 <= len(cleaned) <= 128)


def test_correlation_ids_are_sanitised_and_made_when_missing():
    """A line break in an id forges log lines."""
    assert tracing.clean_correlation_id(" ord-1:2.3_x ") == "ord-1:2.3_x"
    assert tracing.clean_correlation_id("a\nb") is None
    assert tracing.clean_correlation_id("a" * 129) is None
    assert tracing.choose_correlation_id(None, "bad id", "good") == "good"
    assert len(tracing.choose_correlation_id(None, "bad id")) == 32
    assert tracing.new_correlation_id() != tracing.new_correlation_id()


@pytest.mark.parametrize(
    "value",
    ["SO/2026/1", "{3F2504E0-4F89}", "PO#4711(2)", "a+b/c==", "order|7", "[12]~3", "a" * 128],
)
def test_correlation_ids_of_partners(value):
    """A shop numbers its orders with slashes, and cannot find one of them."""
    assert tracing.clean_correlation_id(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *(f"a{sign}b" for sign in " \t\r\n\0\x7f\"'`<>&;,\\%?@*$!^"),
        *(f"{sign}a" for sign in "=+@~|)]}"),
        "password=hunter2", "a==b", "a===", "é", "a" * 127 + "==", "",
    ],
)  # fmt: skip
def test_correlation_ids_that_are_refused(value):
    """An id breaks out of a header, a page, a spreadsheet, or carries a password."""
    assert tracing.clean_correlation_id(value) is None


def test_tracestate_is_forwarded_only_when_clean():
    """A broken tracestate is passed on, or costs the traceparent."""
    assert tracing.clean_tracestate("a=1, b@c=2") == "a=1,b@c=2"
    assert tracing.clean_tracestate("a=1,a=2") is None
    assert tracing.clean_tracestate(",".join(f"k{n}=1" for n in range(33))) is None
    assert tracing.clean_tracestate("A=1") is None


def test_format_refuses_what_nobody_could_parse():
    """We send a traceparent that partners must drop."""
    with pytest.raises(ValueError):
        tracing.format_traceparent("x", SPAN)
