"""The sweep: what crashes and lost wake-ups left behind is put right within two minutes."""

import functools
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
# What was received before may have been deleted.
DELETED_UNTIL = "integration_monitor.messages_deleted_until"


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
        now = fields.Datetime.now()
        env, flows = self.env, self.env["integration.flow"].search([])
        failures = []
        sweep = functools.partial(self._sweep_part, failures)
        _went, recovered = sweep(self._recover_abandoned)
        sweep(self._set_clock_right, now)
        sweep(env["integration.endpoint"]._sweep_maintenance, now)
        if not sweep(flows._sync_holds)[0]:
            for flow in flows:
                sweep(flow._sync_holds)
        sweep(flows._resolve_missing_accounts)
        sweep(flows._hand_over_waiting, now)
        sweep(self._ask_again_by_hand)
        sweep(env["integration.exception"]._release_late, now)
        sweep(env["queue.job"]._integration_tell_deaths)
        sweep(env["integration.replay"]._wake_lost)
        sweep(env["integration.subscription"]._wake_lost)
        sweep(env["integration.adoption"]._wake_lost)
        sweep(env["integration.errand"].sudo()._send_lost)  # the engine's own work
        _went, woken = sweep(self._wake_idle, flows, now)
        if failures:
            raise failures[0]
        return {"recovered": recovered or 0, "woken": woken or 0}

    @api.model
    def _sweep_part(self, failures, work, *args):
        """Do one part of the sweep; what it fails of, or meets, undoes none of the others.

        Somebody works on the same rows: the next sweep does that part. The scheduled action
        commits each part, so that rows are locked no longer than needed, and the next part looks
        with a snapshot of its own.

        :param list failures: takes what was raised, unless it is a conflict
        :return: tuple (whether there was no conflict, what ``work`` returned)
        """
        cr, scheduled = self.env.cr, bool(self.env.context.get("ir_cron_progress_id"))
        try:
            with cr.savepoint():
                result = work(*args)
            if scheduled:
                cr.commit()  # pylint: disable=invalid-commit  # see above
            return True, result
        except Exception as error:
            if cr.closed:
                raise
            if scheduled:
                cr.rollback()
                self.env.clear()
            if isinstance(error, OperationalError) and error.pgcode in CONFLICT_CODES:
                _logger.info("Sweep: %s is left to the next one", work.__qualname__)
                return False, None
            _logger.exception("The sweep failed in %s", work.__qualname__)
            failures.append(error)
            return True, None

    @api.model
    def _wake_idle(self, flows, now):
        """Wake the lanes with due messages but without a job. :return: number of lanes"""
        idle = flows._idle_lanes(now)
        idle._wake()
        return len(idle)

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
        removed = self.env.cr.rowcount
        self.env.invalidate_all(flush=False)
        if removed:
            # Messages may be kept for longer from tomorrow on; these are gone all the same.
            parameters = self.env["ir.config_parameter"].sudo()  # the engine's bookkeeping
            until = fields.Datetime.to_string(limit)
            if until > (parameters.get_param(DELETED_UNTIL) or ""):
                parameters.set_param(DELETED_UNTIL, until)
        return removed, removed == GC_BATCH
