"""The envelope of an event as others read it: CloudEvents 1.0, structured JSON.

Source of the format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and its
``extensions/distributed-tracing.md``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import tracing
from .iso_time import utc_text

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "integration."


def envelope(
    *,
    event_id: str,
    source: str,
    code: str,
    subject: str,
    time: datetime,
    data: dict[str, Any],
    trace_id: str | None = None,
) -> dict[str, Any]:
    """Return an event that can be written as JSON.

    :param event_id: identifies what happened together with *source*: the same for each repetition
    :param source: URI of who tells it, for example ``urn:uuid:…`` of a database
    :param code: what happened, for example ``stock.changed``
    :param subject: the number of the document that it happened to
    :param time: when it happened; without offset: UTC
    :param trace_id: 32 hex digits; another value: a trace of the event alone
    :raises ValueError: a required attribute is empty
    """
    for name, value in (("id", event_id), ("source", source), ("type", code)):
        if not value:
            raise ValueError(f"a CloudEvent needs a {name}")
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": f"{TYPE_PREFIX}{code}",
        "time": utc_text(time),
        "datacontenttype": "application/json",
        "traceparent": tracing.of_event(event_id, trace_id).header(),
        "data": data,
    }
    # An attribute that is there must not be empty.
    return {**event, "subject": subject} if subject else event
