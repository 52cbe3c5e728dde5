"""The job that adopts orders, batch by batch."""

import logging
import time
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.notes import Notes
from .integration_flow_drain import CONFLICT_CODES
from .integration_flow_wake import CHANNEL

_logger = logging.getLogger(__name__)

BATCH = 200
SLICE_SECONDS = 20.0
# A job that has shown no progress for so long is taken for lost.
LOST_SECONDS = 60
# Behind the lanes, whose messages somebody waits for.
PRIORITY = 90
NAMES_LIMIT = 20


class IntegrationAdoption(models.Model):
    """Each batch is one transaction with its place in the pass: a job that dies repeats nothing."""

    _inherit = "integration.adoption"

    def _enqueue(self):
        """Let a job go on."""
        for adoption in self.sudo():  # the job does the engine's work, at a person's request
            adoption.with_delay(
                channel=CHANNEL,
                priority=PRIORITY,
                max_retries=0,
                description=self.env._("Adopt orders of %s", adoption.company_id.name),
            )._run()

    def _run(self):
        """Adopt orders for at most 20 seconds; the job function, which commits.

        :return: text for the job
        """
        self = self.sudo()  # orders of everybody, for the engine's bookkeeping
        self.ensure_one()
        until = time.monotonic() + SLICE_SECONDS
        count = 0
        while (number := self._run_batch()) is not None:
            count += number
            if time.monotonic() > until:
                # The rest in a new job: others get their turn.
                self._enqueue()
                self._commit_step()
                break
        return self.env._("%(count)s orders adopted", count=count)

    def _run_batch(self):
        """Adopt the next orders, and commit.

        :return: number of orders, or None when there is nothing to do (any more) for this job
        """
        began = time.monotonic()
        try:
            if not self._lock():
                self._rollback_step()
                return None
            query = SQL(
                "SELECT o.id %s ORDER BY o.id DESC LIMIT %s",
                self._waiting_orders(),
                BATCH,
            )
            ids = [row[0] for row in self.env.execute_query(query)]
            if not ids:
                self.write({"state": "done", "ended_at": fields.Datetime.now()})
                self._commit_step()
                return None
            failed = self._adopt(ids)
            self._note_batch(ids, failed, time.monotonic() - began)
            self._commit_step()
        except OperationalError as error:
            self._rollback_step()
            if error.pgcode not in CONFLICT_CODES:
                raise
            # Somebody moved one of the orders: looked at anew, without what he recorded himself.
            return 0
        return len(ids) - len(failed)

    def _lock(self):
        """:return: whether the adoption runs and no other job works on it"""
        self.env.cr.execute(
            SQL(
                """SELECT 1 FROM integration_adoption WHERE id = %s AND state = 'running'
                      FOR NO KEY UPDATE SKIP LOCKED""",
                self.id,
            )
        )
        return bool(self.env.cr.fetchone())

    def _adopt(self, ids):
        """Make the transactions of orders; together, or one by one where that fails.

        :return: ids of the orders that could not be adopted
        """
        if self._adopt_together(ids):
            return []
        return [order_id for order_id in ids if not self._adopt_together([order_id])]

    def _adopt_together(self, ids):
        """:return: whether that worked; if not, nothing happened"""
        Transaction = self.env["integration.transaction"]
        try:
            with self.env.cr.savepoint():
                orders = Transaction._snapshot_of(self.root_model, ids)
                Transaction._advance_later(orders, Notes(), adopted=True)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001 - one odd order of ten years stops none of the others
            if len(ids) == 1:
                _logger.warning("Order %s could not be adopted", ids[0], exc_info=True)
            return False
        return True

    def _note_batch(self, ids, failed, seconds):
        """Write down how far it is."""
        names = self.env[self.root_model].browse(failed).mapped("name")
        known = (self.failed_names or "").split(", ") if self.failed_names else []
        self.write(
            {
                "cursor_id": min(ids),
                "done_count": self.done_count + len(ids) - len(failed),
                "failed_count": self.failed_count + len(failed),
                "failed_names": ", ".join([*known, *names][:NAMES_LIMIT]) or False,
                "worked_at": fields.Datetime.now(),
                "worked_seconds": self.worked_seconds + seconds,
            }
        )

    def _commit_step(self):
        """End a batch durably: the job function has ``allow_commit``, so the cursor is its own."""
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _rollback_step(self):
        """Forget the batch, and what was read for it."""
        self.env.cr.rollback()
        self.env.clear()

    @api.model
    def _wake_lost(self):
        """Enqueue jobs that were lost; called by the sweep each minute."""
        limit = fields.Datetime.now() - timedelta(seconds=LOST_SECONDS)
        late = self.search([("state", "=", "running"), ("worked_at", "<", limit)])
        if not late:
            return
        jobs = self.env["queue.job"].search(
            [
                ("model_name", "=", self._name),
                ("method_name", "=", "_run"),
                ("state", "in", ("pending", "enqueued", "started")),
            ]
        )
        served = {ident for job in jobs for ident in job.records.ids}
        late.filtered(lambda adoption: adoption.id not in served)._enqueue()
