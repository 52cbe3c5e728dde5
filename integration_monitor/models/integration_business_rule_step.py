"""The ready-made check on transactions that wait longer in a step than is usual for it."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.followed_sql import followed

#: What is usual is learnt from so many days, and anew each day.
LEARNT_DAYS = 90
LEARN_EVERY = timedelta(days=1)


class IntegrationStepDuration(models.Model):
    """How long a step takes in a company: the 95th percentile of the last 90 days.

    By the codes of process and step, so that a new version of a process knows it, too. The time of
    a step counts from the milestone that was reached before it, in its branch or in the main line,
    as a transaction's wait does.
    """

    _name = "integration.step.duration"
    _description = "Usual duration of a step"
    _log_access = False
    _order = "process_code, step_code, company_id"

    process_code = fields.Char(required=True, readonly=True)
    step_code = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    seconds = fields.Float(string="95 % Take At Most (s)", readonly=True)
    sample_count = fields.Integer(string="Cases", readonly=True)
    measured_at = fields.Datetime(required=True, readonly=True)

    _step_uniq = models.Constraint(
        "UNIQUE (process_code, step_code, company_id)", "A step is measured once a company."
    )

    @api.model
    def _learn(self, now):
        """Measure all steps anew, unless that was done within the day; two statements, or one.

        :param datetime now: UTC
        """
        self.env.cr.execute(SQL("SELECT max(measured_at) FROM integration_step_duration"))
        measured = self.env.cr.fetchone()[0]
        if measured and abs(now - measured) < LEARN_EVERY:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (DELETE FROM integration_step_duration WHERE measured_at < %(now)s)
                INSERT INTO integration_step_duration
                       (process_code, step_code, company_id, seconds, sample_count, measured_at)
                SELECT process.code, step.code, t.company_id,
                       percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM took.time)),
                       count(*), %(now)s
                  FROM (SELECT m.transaction_id, m.step_id, m.reached_at, m.reached_at - CASE
                               WHEN s.branch IS NULL THEN lag(m.reached_at) OVER line
                               -- what runs beside the step says nothing of it
                               ELSE greatest(
                                   max(m.reached_at) FILTER (WHERE s.branch IS NULL) OVER before,
                                   lag(m.reached_at) OVER same) END AS time
                          FROM integration_milestone m
                          JOIN integration_process_step s ON s.id = m.step_id
                         WHERE m.state = 'reached' AND m.reached_at >= %(from)s
                           AND m.reached_at <= %(now)s
                        WINDOW line AS (
                                   PARTITION BY m.transaction_id ORDER BY m.reached_at, m.sequence),
                               before AS (line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                               same AS (PARTITION BY m.transaction_id, s.branch
                                            ORDER BY m.reached_at, m.sequence)) took
                  JOIN integration_transaction t ON t.id = took.transaction_id
                  JOIN integration_process_step step ON step.id = took.step_id
                  JOIN integration_process process ON process.id = step.process_id
                 -- what is reached together with the step before it was never waited for
                 WHERE took.time > interval '0'
                   -- what was reached before an order was adopted was not followed
                   AND %(followed)s
                 GROUP BY process.code, step.code, t.company_id
                    ON CONFLICT (process_code, step_code, company_id) DO UPDATE
                   SET seconds = EXCLUDED.seconds, sample_count = EXCLUDED.sample_count,
                       measured_at = EXCLUDED.measured_at
                """,
                **{"now": now, "from": now - timedelta(days=LEARNT_DAYS)},
                followed=SQL(followed("took.reached_at")),
            )
        )
        self.invalidate_model(flush=False)


class IntegrationBusinessRule(models.Model):
    """Asks what was learnt."""

    _inherit = "integration.business.rule"

    def _sweep_one(self, now):
        """Learn first what is usual."""
        if self.check_code == "stuck_step":
            self.env["integration.step.duration"]._learn(now)
        return super()._sweep_one(now)

    def _find_stuck_step(self, now):
        """Transactions in progress whose step takes longer than 95 of 100 did before."""
        return SQL(
            """
            SELECT t.id::text AS key, t.res_model, t.res_id, t.company_id, t.warehouse_id,
                   t.partner_id, t.waits_since AS since, t.amount_company AS amount,
                   concat_ws('|', step.code, t.waits_since) AS facts,
                   jsonb_build_object(
                       'step', COALESCE(step.name ->> %(lang)s, step.name ->> 'en_US'),
                       'hours', round((extract(epoch FROM %(now)s - t.waits_since) / 3600)::numeric,
                                      1),
                       'usual', round((usual.seconds / 3600)::numeric, 1),
                       'cases', usual.sample_count) AS detail
              FROM integration_transaction t
              JOIN integration_process_step step ON step.id = t.waits_for_step_id
              JOIN integration_process process ON process.id = step.process_id
              JOIN integration_step_duration usual
                ON usual.process_code = process.code AND usual.step_code = step.code
               AND usual.company_id = t.company_id AND usual.sample_count >= %(samples)s
             WHERE t.state = 'in_progress'
               -- Of stock levels the channel's exceptions tell, once for all products.
               AND t.res_model <> 'integration.message'
               AND t.waits_since < %(now)s - make_interval(secs => usual.seconds)
            """,
            now=SQL("%s::timestamp", now),
            samples=self.minimum_samples,
            lang=self.env.lang or "en_US",
        )
