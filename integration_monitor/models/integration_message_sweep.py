"""The sweep: what crashes and lost wake-ups left behind is put right within two minutes."""

import logging
from collections import Counter
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.errors import IntegrationError
from ..tools.observation import CLOCK_SKEW
from .integration_flow_drain import CONFLICT_CODES

_logger = logging.getLogger(__name__)

ABANDONED_SECONDS = 30
GC_BATCH = 20000


class IntegrationMessage(models.Model):
    """Called by a cron each minute, and by whoever wants to be sure."""

    _inherit = "integration.message"

    @api.model
    def _sweep(self):
        """Put right what crashes and lost wake-ups left behind; called each minute.

        Messages that a dead worker left in work go back to retry (or die, when their attempts
        are used up), shown holds follow their switches, complaints about accounts that work again
        are closed, what waits too long for a partner goes to people where its flow says so, and
        lanes with due messages but without a job are woken.

        :return: dict with the numbers ``recovered`` and ``woken``
        """
        recovered = self._recover_abandoned()
        self._set_clock_right(fields.Datetime.now())
        self.env["integration.endpoint"]._sweep_maintenance(fields.Datetime.now())
        flows = self.env["integration.flow"].search([])
        flows._sync_holds()
        flows._resolve_missing_accounts()
        flows._hand_over_waiting(fields.Datetime.now())
        self._ask_again_by_hand()
        self.env["integration.exception"]._release_late(fields.Datetime.now())
        self.env["queue.job"]._integration_tell_deaths()
        self.env["integration.replay"]._wake_lost()
        self.env["integration.subscription"]._wake_lost()
        self.env["integration.adoption"]._wake_lost()
        self.env["integration.errand"].sudo()._send_lost()  # the engine's own work
        idle = flows._idle_lanes(fields.Datetime.now())
        idle._wake()
        return {"recovered": recovered, "woken": len(idle)}

    @api.model
    def _recover_abandoned(self):
        """Take back claims whose worker is gone: it would hold the row's lock otherwise.

        Those of a clock that was ahead, too: nobody would wait for their time to come.
        """
        now = fields.Datetime.now()
        limit = now - timedelta(seconds=ABANDONED_SECONDS)
        self.env.cr.execute(
            SQL(
                """SELECT id FROM integration_message
                    WHERE state = 'processing' AND (claimed_at < %s OR claimed_at > %s)
                    ORDER BY id LIMIT 500
                      FOR NO KEY UPDATE SKIP LOCKED""",
                limit,
                now + CLOCK_SKEW,
            )
        )
        messages = self.browse([row[0] for row in self.env.cr.fetchall()])
        batches = self._claimed_together(messages)
        # Whose neighbour is locked waits behind it: the worker lives.
        mine = Counter((message.flow_id, message.claimed_at) for message in messages)
        messages = messages.filtered(
            lambda m: mine[m.flow_id, m.claimed_at] == batches[m.flow_id, m.claimed_at]
        )
        for message in messages:
            failure = IntegrationError(
                self.env._("The worker stopped in the middle of this message.")
            )
            failure.retryable = True
            try:
                with self.env.cr.savepoint():
                    message._settle_failure_safely(
                        failure, at_once=True, innocent=message._was_in_batch(batches)
                    )
            except OperationalError as error:
                # Somebody works on the same records: the next sweep takes this one back.
                if error.pgcode not in CONFLICT_CODES:
                    raise
                _logger.info("Message %s: taken back by the next sweep", message.id)
        return len(messages)

    @api.model
    def _claimed_together(self, messages):
        """:return: number of messages in work by flow and moment of their claim"""
        claimed = self.search_fetch(
            [
                ("state", "=", "processing"),
                ("flow_id", "in", messages.flow_id.ids),
                ("claimed_at", "in", list(set(messages.mapped("claimed_at")))),
            ],
            ["flow_id", "claimed_at"],
        )
        return Counter((message.flow_id, message.claimed_at) for message in claimed)

    def _was_in_batch(self, batches):
        """Tell whether another message of a batch killed the worker, or may have.

        Then the attempt may not be this one's fault; the next one it makes alone.

        :param batches: see :meth:`_claimed_together`
        """
        return self.attempt_count == 1 and batches[self.flow_id, self.claimed_at] > 1

    @api.autovacuum
    def _gc_messages(self):
        """Remove done and cancelled messages past their retention, a bounded batch a day.

        :return: tuple (number removed, whether more may be left)
        """
        days = self.env["ir.config_parameter"]._integration_number("message_retention_days")
        limit = self.env["integration.log"]._retention_now() - timedelta(days=days)
        self.env.cr.execute(
            SQL(
                """DELETE FROM integration_message
                    WHERE id IN (SELECT id FROM integration_message
                                  WHERE state IN ('done', 'cancelled') AND received_at < %s
                                  ORDER BY id LIMIT %s
                                    FOR UPDATE SKIP LOCKED)""",
                limit,
                GC_BATCH,
            )
        )
        self.env.invalidate_all(flush=False)
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_BATCH
