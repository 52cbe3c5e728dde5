"""What a lane reads of its settings, message after message."""

from odoo import models

# After each commit Odoo reads records anew, and as a rule all their columns. Those of flows,
# messages and endpoints are many, most of them for screens; what is missing here is read as ever.
FLOW_FIELDS = (
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


class IntegrationFlow(models.Model):
    _inherit = "integration.flow"

    def _load_for_work(self):
        """Read what a lane asks of its flow and of the endpoint that it calls."""
        flow = self.sudo()  # the lane keeps to settings that its account may not read
        flow.fetch(FLOW_FIELDS)
        flow.endpoint_id.fetch(ENDPOINT_FIELDS)
