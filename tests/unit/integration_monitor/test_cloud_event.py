import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import cloud_event, tracing
from integration_monitor.tools.iso_time import parse_iso, utc_text

PLAIN = {
    "event_id": "e-1",
    "source": "urn:uuid:0a",
    "code": "stock.changed",
    "subject": "SKU-1",
    "time": datetime(2026, 1, 5, 10, 0, 0),
    "data": {"free": 3},
}


def test_required_attributes():
    """A subscriber's library refuses the event."""
    event = cloud_event.envelope(**PLAIN)
    assert event.pop("traceparent").startswith("00-")
    assert event == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:uuid:0a",
        "type": "integration.stock.changed",
        "subject": "SKU-1",
        "time": "2026-01-05T10:00:00.000Z",
        "datacontenttype": "application/json",
        "data": {"free": 3},
    }


def test_the_same_event_is_the_same_text():
    """A repetition has other content than what it repeats."""
    assert cloud_event.envelope(**PLAIN) == cloud_event.envelope(**PLAIN)
    other = cloud_event.envelope(**{**PLAIN, "event_id": "e-2"})
    assert other["traceparent"] != cloud_event.envelope(**PLAIN)["traceparent"]


@pytest.mark.parametrize("name", ["event_id", "source", "code"])
def test_nothing_required_is_empty(name):
    """An event without id is sent, and every one is a duplicate of the first."""
    with pytest.raises(ValueError):
        cloud_event.envelope(**{**PLAIN, name: ""})


def test_without_subject():
    """An empty attribute makes the whole event invalid."""
    assert "subject" not in cloud_event.envelope(**{**PLAIN, "subject": ""})


@given(st.one_of(st.none(), st.text(), st.from_regex(r"[0-9a-f]{32}", fullmatch=True)))
def test_traceparent_is_always_valid(trace_id):
    """A trace id of another format breaks the trace, or the event."""
    event = cloud_event.envelope(**PLAIN, trace_id=trace_id)
    parsed = tracing.parse_traceparent(event["traceparent"])
    assert parsed is not None
    if trace_id and len(trace_id) == 32 and trace_id.strip("0") and trace_id.isascii():
        assert parsed.trace_id == trace_id or not set(trace_id) <= set("0123456789abcdef")


@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.integers(-14, 14))
def test_times_are_utc(moment, hours):
    """A time of another zone is told as if it were UTC."""
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = utc_text(aware)
    assert text.endswith("Z")
    assert abs(parse_iso(text) - aware) < timedelta(milliseconds=1)
    assert utc_text(moment) == utc_text(moment.replace(tzinfo=timezone.utc))


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.none())))
def test_it_is_json(data):
    """What a document holds cannot be written."""
    event = cloud_event.envelope(**{**PLAIN, "data": data})
    assert json.loads(json.dumps(event)) == event
