"""What a lane reads of its settings, message after message."""

from odoo import models
from odoo.tools import SQL

# After each commit Odoo reads records anew, and as a rule all their columns. Those of flows,
# messages and endpoints are many, most of them for screens; what is missing here is read as ever.
FLOW_FIELDS = (
    "ack_minutes",
    "coalesce",
    "company_id",
    "direction",
    "endpoint_id",
    "fallback",
    "handler",
    "ordering",
    "payload_policy",
    "service_user_id",
    "state",
)
ENDPOINT_FIELDS = (
    "active",
    "allowed_networks",
    "auth_type",
    "base_url",
    "breaker_closed_at",
    "breaker_failures",
    "breaker_forced",
    "breaker_probe",
    "breaker_probe_until",
    "breaker_state",
    "breaker_timeouts",
    "breaker_trips",
    "breaker_until",
    "company_id",
    "connect_timeout",
    "deadline_seconds",
    "drain_pace",
    "failure_streak",
    "health",
    "inject_trace",
    "last_success_at",
    "maintenance_from",
    "max_concurrency",
    "max_response_kb",
    "rate_limit",
    "read_timeout",
    "state",
    "system_id",
    "throttled_until",
    "verify_tls",
)

MESSAGE_FIELDS = (
    "attempt_count",
    "coalesce_key",
    "company_id",
    "content_type",
    "correlation_id",
    "direction",
    "endpoint_id",
    "error_message",
    "event_uid",
    "fingerprint",
    "flow_id",
    "idempotency_key",
    "message_type",
    "message_uid",
    "payload",
    "payload_bytes",
    "payload_original",
    "res_id",
    "res_model",
    "subject_key",
    "system_id",
    "trace_id",
    "transaction_id",
)

# What one statement reads: model and fields, by the alias of the table.
MESSAGE = {"m": ("integration.message", ("id", *MESSAGE_FIELDS))}
LOADED = {
    "f": ("integration.flow", ("id", *FLOW_FIELDS)),
    "e": ("integration.endpoint", ("id", *ENDPOINT_FIELDS)),
}


def columns(loaded):
    """:return: the ``SQL`` that selects what ``loaded`` names; to be built once"""
    return SQL(
        ", ".join(
            f'{alias}."{name}"' for alias, (_model, names) in loaded.items() for name in names
        )
    )


def keep(env, loaded, row):
    """Put a row of ``columns(loaded)`` where the ORM looks for it; a join may have found nothing.

    Statement by statement, as the ORM reads, this would take as long as all else before a call.
    None of the columns is translated, or depends on the context: that of each is one cache.
    """
    values, cached = iter(row), env.transaction.field_data
    for model, names in loaded.values():
        fields, record_id = env[model]._fields, next(values)
        for name in names[1:]:
            value = next(values)
            if record_id is not None:
                cached[fields[name]].setdefault(record_id, value)


def kept(env, loaded, records):
    """Return what ``keep`` has put there, so that it can be put there again after a commit.

    :param records: by alias, the record of each
    :return: a row for ``keep``; None when something is not there
    """
    row, cached = [], env.transaction.field_data
    for alias, (model, names) in loaded.items():
        fields, record_id = env[model]._fields, records[alias].id or None
        row.append(record_id)
        for name in names[1:]:
            cache = cached[fields[name]]
            if record_id is not None and record_id not in cache:
                return None
            row.append(cache.get(record_id))
    return row


COLUMNS = columns(LOADED)
#: What a claim returns of its message: which version of the row it wrote, and the columns.
CLAIMED_COLUMNS = SQL("m.xmin::text, %s", columns(MESSAGE))


class IntegrationFlow(models.Model):
    _inherit = "integration.flow"

    def _load_for_work(self):
        """Read what a lane asks of its flow and of the endpoint it calls, once a transaction."""
        if self.id in self._fields["state"]._get_cache(self.env):
            return
        self.env.cr.execute(
            SQL(
                """SELECT %s FROM integration_flow f
                     LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                    WHERE f.id = %s""",
                COLUMNS,
                self.id,
            )
        )
        for row in self.env.cr.fetchall():
            keep(self.env, LOADED, row)
