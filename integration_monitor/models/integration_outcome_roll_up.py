"""Writing down the outcomes of what ended: a fixed number of statements a batch."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools import outcome_sql
from ..tools.client_actions import notification

BATCH = 5000
#: Days after which neither a carrier's report nor an invoice is waited for any more.
SETTLE_DAYS = 60
_KEY = ("subject", "res_id")


class IntegrationOutcome(models.Model):
    """Compares what ended with what was written down; safe to repeat, and to interrupt."""

    _inherit = "integration.outcome"

    @api.model
    def _roll_up(self):
        """Scheduled: write down what ended, in batches that are committed each."""
        cron = self.env["ir.cron"]
        written = BATCH
        while written >= BATCH:
            written = self._roll_up_batch(fields.Datetime.now())
            if written < BATCH:
                self.env["integration.outcome.step.sum"]._join_rows()
            if not cron._commit_progress(written, remaining=int(written >= BATCH)):
                break

    @api.model
    def _roll_up_batch(self, now, limit=BATCH):
        """Write one batch of each subject: six statements.

        :param datetime now: UTC
        :return: the new facts of the largest batch; as many as ``limit`` when there may be more
        """
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(SQL(outcome_sql.FORGET))
        largest = 0
        for subject, text in outcome_sql.FACTS.items():
            cr.execute(self._fact_query(text, now, limit))
            rows = cr.fetchall()
            if subject == "order" and rows:
                self._write_steps([res_id for res_id, _created in rows])
            # What is judged anew is not finished sooner by another batch.
            largest = max(largest, sum(created for _res_id, created in rows))
        self.invalidate_model(flush=False)
        self.env["integration.outcome.step"].invalidate_model(flush=False)
        return largest

    @api.model
    def _fact_query(self, text, now, limit):
        """:return: one of the statements of ``outcome_sql`` with its columns and values"""
        dimensions = {"day": SQL(outcome_sql.DAY), **self._dimensions()}
        names = _columns(dimensions)
        own = text.partition("AS o (")[2].partition("%(names)s")[0].split(",")
        written = [name.strip() for name in own if name.strip()] + list(dimensions)
        updated = [name for name in written if name not in _KEY]
        return SQL(
            text,
            limit=limit,
            now=now,
            settle_days=SETTLE_DAYS,
            names=names,
            dimensions=SQL(", ").join(dimensions.values()),
            updated=_columns(updated),
            excluded=_columns(updated, "excluded"),
        )

    @api.model
    def _write_steps(self, transaction_ids):
        """Split the cycle time of transactions anew."""
        dimensions = ["day", *self._dimensions()]
        self.env.cr.execute(
            SQL(
                outcome_sql.STEPS,
                ids=transaction_ids,
                names=_columns(dimensions),
                copied=_columns(dimensions, "o"),
            )
        )

    @api.model
    def action_rebuild(self):
        """Forget what can be computed again, and compute it anew in the background.

        :raises AccessError: the user is no administrator of integrations
        :return: the action that says so
        """
        if not self.env.user.has_group("integration_monitor.group_administrator"):
            raise AccessError(
                self.env._("Only administrators of integrations may compute figures anew.")
            )
        self.env.cr.execute(SQL(outcome_sql.CLEAR))
        self.invalidate_model(flush=False)
        self.env.ref("integration_monitor.cron_integration_outcome")._trigger()
        return notification(
            self.env._("This takes some minutes; reload the page then."),
            title=self.env._("The outcomes are computed anew"),
        )


def _columns(names, table=None):
    """:return: the columns, separated by commas"""
    return SQL(", ").join(
        SQL.identifier(table, name) if table else SQL.identifier(name) for name in names
    )
