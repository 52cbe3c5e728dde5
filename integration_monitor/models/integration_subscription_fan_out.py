"""From events to messages: one job hands over what is behind the cursors."""

import logging
import time
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.dead_peers import NOTICED_WITHIN_A_MINUTE
from .integration_flow_drain import CONFLICT_CODES
from .integration_flow_wake import CHANNEL, KEY_SECONDS
from .integration_subscription_sql import WANTED

_logger = logging.getLogger(__name__)

WATCHED = SQL(NOTICED_WITHIN_A_MINUTE)
FAN_OUT_LOCK = 0x1A7E1
BATCH = 1000
SLICE_SECONDS = 20.0
# All who commit within so many seconds are served by one job.
GRID_SECONDS = 2
# How often in a row a conflict with a lane is tried again.
CONFLICT_TRIES = 5
WAKE_KEY = "integration_monitor.fan_out"


class IntegrationSubscription(models.Model):
    """Every subscriber's events and cursor are one transaction: nothing is told twice or never."""

    _inherit = "integration.subscription"

    @api.model
    def _wake_fan_out(self):
        """Enqueue the job, once for all who commit within two seconds, before the commit."""
        data = self.env.cr.precommit.data
        if not data.get(WAKE_KEY):
            data[WAKE_KEY] = True
            # The job does the engine's work, whoever moved a document.
            self.env.cr.precommit.add(self.sudo().browse()._enqueue_fan_out)

    @api.model
    def _enqueue_fan_out(self):
        """Write the job. It starts late enough to serve all who find it waiting."""
        self.env.cr.precommit.data.pop(WAKE_KEY, None)
        soonest = fields.Datetime.now() + timedelta(seconds=KEY_SECONDS)
        eta = soonest + timedelta(seconds=-soonest.second % GRID_SECONDS)
        self.with_delay(
            channel=CHANNEL,
            eta=eta,
            identity_key=f"integration_monitor:fan_out:{eta.isoformat()}",
            max_retries=1,
            description=self.env._("Events to subscribers"),
        )._fan_out()

    @api.model
    def _wake_lost(self):
        """Enqueue the job if events wait and none is on its way; called by the sweep."""
        if self._still_behind():
            self._wake_fan_out()

    @api.model
    def _fan_out(self):
        """Make the messages of all active subscriptions; the job function, which commits.

        One run at a time: a second one leaves, for the first looks again after it let go. Who
        has much to catch up takes turns with the others.

        :return: text for the job
        """
        until = time.monotonic() + SLICE_SECONDS
        made = 0
        faulty = set()
        more, complete = False, True
        while self._lock_fan_out():
            try:
                more = True
                while more and time.monotonic() < until:
                    count, more, complete = self._fan_out_round(faulty)
                    made += count
            finally:
                self._unlock_fan_out()
            # Whoever committed after the last look may have found the fan-out taken.
            if more or not self._still_behind(faulty):
                break
        if more or not complete:
            self._wake_fan_out()
        self._commit_step()
        return self.env._("%s messages made", made)

    @api.model
    def _still_behind(self, faulty=frozenset()):
        """:return: ids of the subscriptions that could be served now"""
        return self._behind(self.env["integration.event"]._horizon()[0]) - faulty

    def _fan_out_round(self, faulty):
        """One batch for each subscription that is behind.

        :param set faulty: ids of subscriptions that failed in this run
        :return: (messages made, whether somebody is behind still, whether no writer is at work)
        """
        horizon, complete = self.env["integration.event"]._horizon()
        # The events must be read with a newer snapshot.
        self._commit_step()
        made = 0
        behind = self._behind(horizon) - faulty
        for subscription_id in sorted(behind):
            count = self.browse(subscription_id)._fan_out_safely(horizon)
            if count is None:
                faulty.add(subscription_id)
            made += count or 0
        return made, bool(behind), complete

    def _fan_out_safely(self, horizon):
        """Hand one batch over and commit; a fault here concerns this subscriber only.

        :return: number of messages, or None when it failed
        """
        for left in reversed(range(CONFLICT_TRIES)):
            try:
                count = self._fan_out_batch(horizon)
                self._commit_step()
                return count
            except OperationalError as error:
                self._rollback_step()
                if error.pgcode not in CONFLICT_CODES:
                    raise
                if not left:
                    _logger.info("Subscription %s: conflicts, tried again later", self.id)
            except Exception as error:
                # The others go on; the reason is told to a person.
                self._rollback_step()
                _logger.warning("Subscription %s failed", self.id, exc_info=True)
                self._tell_fault(error)
                self._commit_step()
                return None
        return None

    @api.model
    def _behind(self, horizon):
        """:return: ids of the active subscriptions that have not passed an event up to a horizon"""
        rows = self.env.execute_query(
            SQL(
                """SELECT s.id FROM integration_subscription s
                     JOIN integration_flow f ON f.id = s.flow_id
                    WHERE s.active AND s.state = 'active' AND f.active
                      AND EXISTS (SELECT 1 FROM integration_event e
                                   WHERE e.id > s.cursor_id AND e.id <= %s)""",
                horizon,
            )
        )
        return {row[0] for row in rows}

    def _fan_out_batch(self, horizon):
        """Make the messages of the next events, and move the cursor behind them.

        :param int horizon: the last event that may be read
        :return: number of messages
        """
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id, e.res_model, e.res_id, %(wanted)s
                     FROM integration_event e
                     JOIN integration_subscription s ON s.id = %(id)s
                    WHERE e.id > s.cursor_id AND e.id <= %(horizon)s
                    ORDER BY e.id
                    LIMIT %(batch)s""",
                wanted=WANTED,
                id=self.id,
                horizon=horizon,
                batch=BATCH,
            )
        )
        if not rows:
            return 0
        ids = self._fitting([row[:3] for row in rows if row[3]])
        made = self._insert_messages(ids) if ids else 0
        self.env.cr.execute(
            SQL(
                "UPDATE integration_subscription SET cursor_id = %s WHERE id = %s",
                rows[-1][0],
                self.id,
            )
        )
        self.invalidate_recordset(["cursor_id"], flush=False)
        self._resolve_fault()
        if made:
            self.flow_id._wake()
        return made

    def _fitting(self, rows):
        """Keep the events whose documents match the condition.

        :param list rows: tuples of event id, model, document id
        :return: ids of events
        """
        if not self.document_domain or not rows:
            return [row[0] for row in rows]
        documents = self.env[rows[0][1]].with_context(active_test=False)
        domain = self._document_condition()
        found = set(documents.search([("id", "in", [row[2] for row in rows]), *domain]).ids)
        return [row[0] for row in rows if row[2] in found]

    @api.model
    def _lock_fan_out(self):
        """:return: whether this connection has the fan-out now"""
        query = SQL("%s SELECT pg_try_advisory_lock(%s, 0)", WATCHED, FAN_OUT_LOCK)
        return self.env.execute_query(query)[0][0]

    @api.model
    def _unlock_fan_out(self):
        """Let the fan-out go; a connection that died has done so already."""
        if not self.env.cr.closed:
            self._rollback_step()
            self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s, 0)", FAN_OUT_LOCK))

    @api.model
    def _commit_step(self):
        """End one step durably: messages and cursor of one subscriber.

        The job function has ``allow_commit``, so this cursor is its own.
        """
        self.env.cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _rollback_step(self):
        """Forget the current step: its changes, its snapshot and the cached records."""
        self.env.cr.rollback()
        self.env.clear()
