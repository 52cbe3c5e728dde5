"""What deliveries leave in the log, written apart from the request's transaction."""

import functools
import time

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tools.observation import Observation

PATH_TEMPLATE = "/integration/webhook/{flow}"
ERROR_CLASSES = {
    "malformed": "contract",
    "unauthenticated": "auth",
    "rate-limited": "rate_limit",
    "internal": "unknown",
    "unavailable": "server",
}


def accepted(reception, created, message):
    """Record a kept delivery once it is committed: a rolled-back one did not happen.

    :param created: False for a repeated delivery
    :param message: ``integration.message``; empty when its first delivery is not visible yet
    """
    observation = _observation(
        reception,
        outcome="ok" if created else "duplicate",
        message_id=message.id or None,
        message_uid=message.message_uid or None,
        trace_id=message.trace_id or None,
        status_code=200,
    )
    reception.request.env.cr.postcommit.add(
        functools.partial(log_writer.record, reception.database, observation)
    )


def refused(reception, refusal):
    """Record a refusal; the log writer adds repetitions up, so that a flood makes few lines."""
    log_writer.record(
        reception.database,
        _observation(
            reception,
            outcome="refused",
            retention_class="refused",
            status_code=refusal.status,
            error_class=ERROR_CLASSES.get(refusal.slug, "client"),
            error_message=refusal.reason,
            fingerprint=f"webhook_in:{refusal.slug}",
            retry_after=refusal.retry_after,
        ),
    )


def _observation(reception, **values):
    """What every observation of a delivery carries."""
    profile = reception.profile
    return Observation(
        kind="webhook_in",
        direction="inbound",
        flow_id=profile and profile.flow_id,
        system_id=profile and profile.system_id,
        company_id=profile and profile.company_id,
        correlation_id=reception.correlation_id,
        method=reception.http.method,
        host=reception.http.remote_addr,
        path_template=PATH_TEMPLATE,
        duration_ms=(time.monotonic() - reception.started) * 1000,
        request_bytes=reception.size,
        **values,
    )
