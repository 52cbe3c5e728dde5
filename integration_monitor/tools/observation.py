"""One observed interaction, as the log writer takes it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Any

KINDS = (
    "http_out",
    "webhook_in",
    "message",
    "job",
    "cron",
    "rpc_in",
    "span",
    "custom",
    "monitor",  # what the log writer has to say of itself
)
OUTCOMES = ("ok", "error", "refused", "duplicate")
RETENTION_CLASSES = ("standard", "refused", "audit")
# How far another machine's clock may be ahead of ours; what is dated later tells nothing.
CLOCK_SKEW = timedelta(minutes=5)


def utcnow() -> datetime:
    """Now in UTC without zone, as Odoo stores times."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


@dataclass(slots=True)
class Observation:
    """Field names are the columns of ``integration.log``; times in UTC, durations in ms.

    Ids are plain numbers: the log has no foreign keys. Headers, excerpt and error text may be
    given raw, the writer redacts them.
    """

    kind: str
    outcome: str = "ok"
    occurred_at: datetime = field(default_factory=utcnow)
    retention_class: str = "standard"
    direction: str | None = None
    system_id: int | None = None
    endpoint_id: int | None = None
    flow_id: int | None = None
    message_id: int | None = None
    message_uid: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    method: str | None = None
    host: str | None = None
    path_template: str | None = None
    status_code: int | None = None
    error_class: str | None = None
    error_message: str | None = None
    fingerprint: str | None = None
    attempt: int | None = None
    duration_ms: float | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    company_id: int | None = None
    region: str | None = None
    user_id: int | None = None
    res_model: str | None = None
    res_id: int | None = None
    retry_after: float | None = None
    request_headers: dict[str, Any] | None = None
    response_excerpt: str | None = None
    count: int = 1
    operation: str | None = None  # what ran: a model's method, a scheduled action, an exchange
    lag_ms: float | None = None  # how late it began
    quota_limit: int | None = None
    quota_remaining: int | None = None
    quota_reset: float | None = None  # seconds until the quota is full again
    records_announced: int | None = None
    records_received: int | None = None
    records_applied: int | None = None
    detail: dict[str, Any] | None = None  # small facts of the kind; redacted like a body

    def __post_init__(self) -> None:
        """Refuse what the table could not hold: a typing slip must show up in development."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}")
        if self.outcome not in OUTCOMES:
            raise ValueError(f"unknown outcome {self.outcome!r}")
        if self.retention_class not in RETENTION_CLASSES:
            raise ValueError(f"unknown retention class {self.retention_class!r}")


COLUMNS = tuple(f.name for f in fields(Observation))
