"""What working on a message reads of it; see ``integration_flow_load``."""

from odoo import models

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
    "system_id",
    "trace_id",
    "transaction_id",
)


class IntegrationMessage(models.Model):
    _inherit = "integration.message"

    def _load_for_work(self):
        """Read what working on claimed messages asks of them, and of their flow."""
        self.sudo().fetch(MESSAGE_FIELDS)  # the engine needs what its account may not read
        self.flow_id._load_for_work()
