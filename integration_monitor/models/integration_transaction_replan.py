"""Planning all open transactions anew, when what their deadlines are counted from has changed."""

import functools
import logging
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL

from ..tools.notes import Notes
from .integration_flow_drain import CONFLICT_CODES
from .integration_flow_wake import CHANNEL

_logger = logging.getLogger(__name__)

NOTED = "integration_monitor.replan"
BATCH = 200
SLICE_SECONDS = 20.0
#: Behind the lanes, whose messages somebody waits for.
PRIORITY = 90


class IntegrationTransactionReplan(models.Model):
    """Jobs that go through the open transactions in batches, each one transaction of its own."""

    _inherit = "integration.transaction"

    @api.model
    def _replan_later(self):
        """Let a job plan all open transactions anew after this commit; once a transaction."""
        callbacks = self.env.cr.precommit
        if NOTED not in callbacks.data:
            callbacks.data[NOTED] = True
            callbacks.add(functools.partial(self._enqueue_replan))

    @api.model
    def _enqueue_replan(self):
        self.env.cr.precommit.data.pop(NOTED, None)
        # The engine's own work, whoever changed the setting.
        self.sudo().with_delay(
            channel=CHANNEL,
            priority=PRIORITY,
            description=self.env._("Plan all open transactions anew"),
        )._replan()

    @api.model
    def _replan(self):
        """Plan all open transactions anew; a job function, which commits."""
        return self._replan_slice(0)

    @api.model
    def _replan_slice(self, after_id):
        """Go on behind a transaction for at most 20 seconds; a job function, which commits.

        :return: text for the job
        """
        until = time.monotonic() + SLICE_SECONDS
        count = 0
        while not self._superseded():
            ids = self._replan_batch(after_id)
            if not ids:
                break
            after_id = ids[-1]
            count += len(ids)
            if time.monotonic() > until:
                # The rest in a new job: others get their turn.
                self.with_delay(
                    channel=CHANNEL,
                    priority=PRIORITY,
                    description=self.env._("Plan the remaining open transactions anew"),
                )._replan_slice(after_id)
                self._commit_replan()
                break
        return self.env._("%(count)s transactions planned anew", count=count)

    @api.model
    def _superseded(self):
        """:return: whether a job waits that begins anew, as something has changed since"""
        uuid = self.env.context.get("job_uuid")
        if not uuid:
            return False
        return bool(
            self.env.execute_query(
                SQL(
                    """SELECT FROM queue_job newer
                        WHERE newer.model_name = %s AND newer.method_name = '_replan'
                          AND newer.state IN ('pending', 'enqueued')
                          AND newer.id > (SELECT id FROM queue_job WHERE uuid = %s) LIMIT 1""",
                    self._name,
                    uuid,
                )
            )
        )

    @api.model
    def _replan_batch(self, after_id):
        """Plan the next transactions anew, and commit.

        :return: their ids; none at the end
        """
        query = SQL(
            """SELECT id FROM integration_transaction
                WHERE state = 'in_progress' AND id > %s ORDER BY id LIMIT %s""",
            after_id,
            BATCH,
        )
        ids = [row[0] for row in self.env.execute_query(query)]
        try:
            if ids and not self._replan_together(ids):
                for owner_id in ids:
                    self._replan_together([owner_id])
        except OperationalError as error:
            self.env.cr.rollback()
            self.env.clear()
            if error.pgcode not in CONFLICT_CODES:
                raise
            # Somebody moved one of the orders meanwhile: the batch is read anew.
            return self._replan_batch(after_id)
        if ids:
            self._commit_replan()
        return ids

    @api.model
    def _replan_together(self, ids):
        """:return: whether that worked; if not, nothing happened"""
        try:
            with self.env.cr.savepoint():
                orders = self._snapshot({"integration.transaction": ids})
                self._advance(orders, Notes())
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001 - one odd order stops none of the others
            if len(ids) == 1:
                _logger.warning("Transaction %s could not be planned anew", ids[0], exc_info=True)
            return False
        return True

    @api.model
    def _commit_replan(self):
        """End a batch durably: the job function has ``allow_commit``, so the cursor is its own."""
        self.env.cr.commit()  # pylint: disable=invalid-commit
