"""What working on a message reads of it; see ``integration_flow_load``."""

from odoo import models
from odoo.tools import SQL

from . import integration_flow_load as flow_load

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


LOADED = {"m": ("integration.message", ("id", *MESSAGE_FIELDS)), **flow_load.LOADED}
COLUMNS = flow_load.columns(LOADED)


class IntegrationMessage(models.Model):
    _inherit = "integration.message"

    def _load_for_work(self, attempt):
        """Lock a claimed message for this transaction, and read it, its flow and its endpoint.

        :param int attempt: the attempt that was claimed
        :return: whether a kept answer waits to be applied; None when the claim is not ours any
            more
        :raises psycopg2.errors.LockNotAvailable: somebody else holds the row
        """
        self.env.cr.execute(
            SQL(
                """SELECT m.answer IS NOT NULL, %s
                     FROM integration_message m
                     JOIN integration_flow f ON f.id = m.flow_id
                     LEFT JOIN integration_endpoint e ON e.id = m.endpoint_id
                    WHERE m.id = %s AND m.state = 'processing' AND m.attempt_count = %s
                      FOR NO KEY UPDATE OF m NOWAIT""",
                COLUMNS,
                self.id,
                attempt,
            )
        )
        row = self.env.cr.fetchone()
        if row is None:
            return None
        answered, *values = row
        flow_load.keep(self.env, LOADED, values)
        return answered
