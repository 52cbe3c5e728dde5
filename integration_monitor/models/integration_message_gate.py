"""A message whose document a gate keeps back waits for the gate."""

from datetime import timedelta

from psycopg2 import Error

from odoo import api, fields, models

from ..instrumentation import log_writer
from ..tools import redaction
from ..tools.errors import BusinessError
from ..tools.lazy_savepoint import LazySavepoint
from .integration_flow_drain import CONFLICT_CODES
from .integration_message_settle import ERROR_LIMIT

# It looks again after so long; a milestone that is reached, or an override, wakes it at once.
GATE_SECONDS = 300
#: Messages that wait for a gate, of some transactions or of all.
HELD = """
     WHERE held AND hold_reason = 'gate' AND state = 'retry' AND next_attempt_at > %(now)s
       AND (%(owners)s::int[] IS NULL OR transaction_id = ANY(%(owners)s::int[]))"""
RELEASE = f"""
    UPDATE integration_message SET next_attempt_at = %(now)s
     WHERE id IN (SELECT id FROM integration_message {HELD} FOR NO KEY UPDATE SKIP LOCKED)"""


class IntegrationMessage(models.Model):
    """Held, not failed: it costs no attempt, and nobody has to retry it."""

    _inherit = "integration.message"

    def _as_failure(self, error):
        """Carry along which document is kept back."""
        failure = super()._as_failure(error)
        failure.gated = getattr(error, "integration_gated", None)
        return failure

    def _settle_failure(self, failure, **how):
        """Hold the message while a gate keeps back its document."""
        gated = getattr(failure, "gated", None)
        if not gated:
            return super()._settle_failure(failure, **how)
        self.ensure_one()
        with self.flow_id._redacting():
            text = redaction.redact_text(failure.message, ERROR_LIMIT)
        first = self.error_message != text
        due = fields.Datetime.now() + timedelta(seconds=GATE_SECONDS)
        self.write(
            {
                "state": "retry",
                "held": True,
                "hold_reason": "gate",
                "next_attempt_at": due,
                "attempt_start": self.attempt_start + 1,
                "error_class": BusinessError.error_class,
                "error_message": text,
            }
        )
        self._link_document(self.env[gated[0]].browse(gated[1]))
        self._link_transaction()
        self.flow_id._wake(eta=due)
        if self.direction == "outbound":
            # The partner answered; what is kept back came afterwards.
            self.endpoint_id._count_failure(failure, self)
        if first:
            log_writer.record(self.env, self._observation("error", failure))
        return self.transaction_id._refresh_blame()

    @api.model
    def _release_gated(self, transaction_ids=None):
        """Let held messages look again at once.

        What somebody works on at this moment looks again by itself later.

        :param transaction_ids: those whose milestones changed; None: all
        """
        asked = {
            "now": fields.Datetime.now(),
            "owners": None if transaction_ids is None else list(transaction_ids),
        }
        # Most often nothing is held, and looking takes no lock that a savepoint would be for.
        self.env.cr.execute(f"SELECT DISTINCT flow_id FROM integration_message {HELD}", asked)
        flow_ids = [flow_id for (flow_id,) in self.env.cr.fetchall()]
        if not flow_ids:
            return
        savepoint = LazySavepoint("integration_release")
        try:
            savepoint.execute(self.env.cr, RELEASE, asked, last=True)
        except Error as error:
            savepoint.rollback(self.env.cr)
            if error.pgcode not in CONFLICT_CODES:
                raise
            return
        self.invalidate_model(["next_attempt_at"], flush=False)
        self.env["integration.flow"].browse(flow_ids)._wake()
