"""Batches of a lane: messages that are quick are claimed together."""

import time

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.tools import SQL

from ..instrumentation import log_writer
from .integration_flow_drain import CONFLICT_CODES
from .integration_flow_lane import BATCH_SECONDS


class IntegrationFlow(models.Model):
    """Claims several messages at once, and gives back those that are better worked on alone.

    Only messages that nobody tried before, and whose key (with ``ordering``) no other one has:
    what failed, or killed a worker, is tried alone. Inbound messages are settled together, too:
    one transaction, so that whatever ends it, an error of one message or a dead worker, nothing of
    it has happened. Outbound messages are sent and settled one after the other.
    """

    _inherit = "integration.flow"

    def _drain_batch(self, turn):
        """Claim and work on the messages that come first; commits.

        :param turn: the ``Turn`` of this run of the lane
        :return: whether any was claimed; False when the next message is to be tried alone
        """
        try:
            claims = self._claim_batch(turn.batch, turn)
            if not claims:
                self._rollback_step()
                return False
            self._commit_step()
        except OperationalError as error:
            if error.pgcode not in CONFLICT_CODES:
                raise
            self._rollback_step()
            turn.batch = 1
            return False
        messages = self.env["integration.message"].browse(claims)
        began = time.monotonic()
        if turn.inbound:
            settled = messages._work_batch(BATCH_SECONDS)
        else:
            settled, turn.suspect = messages._work_in_turn(BATCH_SECONDS)
        turn.worked_together(len(claims), settled, time.monotonic() - began)
        log_writer.flush()
        return True

    def _claim_batch(self, limit, turn=None):
        """Take the due messages that come first, up to one that was tried before.

        :param int limit: so many at most
        :param turn: the ``Turn`` of this run of the lane
        :return: list of message ids, in their order
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """WITH due AS MATERIALIZED (%(due)s), first AS (
                        SELECT id, bool_or(attempt_count > 0) OVER (ORDER BY priority, id) AS tried,
                               row_number() OVER (ORDER BY priority, id) AS place
                          FROM due
                   )
                   UPDATE integration_message m SET %(values)s %(way)s
                     FROM first
                    WHERE m.id = first.id AND NOT first.tried
                RETURNING first.place, m.id""",
                due=self._due_query(now, turn, limit=limit),
                values=self._claim_values(now),
                way=self._way_assignment(turn),
            )
        )
        return [message_id for _place, message_id in sorted(self.env.cr.fetchall())]
