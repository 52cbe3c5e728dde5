"""Background jobs: their correlation, and those whose worker died."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..instrumentation import job_run, log_writer
from ..tools import context

_BATCH = 500


class QueueJob(models.Model):
    """What a job belongs to; the death of its worker is told once."""

    _inherit = "queue.job"

    integration_correlation_id = fields.Char(
        string="Correlation ID", readonly=True, index="btree_not_null"
    )
    integration_trace_id = fields.Char(string="Trace ID", readonly=True)
    integration_death_attempt = fields.Integer(
        readonly=True, help="The attempt whose worker died and was told; bookkeeping."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Let new jobs carry the correlation of the work that enqueued them."""
        current = context.current()
        # A scheduled action has a trace only.
        if current.correlation_id or current.trace_id:
            carried = {
                "integration_correlation_id": current.correlation_id,
                "integration_trace_id": current.trace_id,
            }
            # Who enqueued it may have decided otherwise.
            vals_list = [{**carried, **vals} for vals in vals_list]
        return super().create(vals_list)

    def action_open_integration_log(self):
        """Open every line of the log with the job's correlation id."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_log"
        )
        action["domain"] = [("correlation_id", "=", self.integration_correlation_id)]
        action["context"] = {}
        return action

    @api.model
    def _integration_tell_deaths(self):
        """Record the jobs that the runner took back from dead workers and that did not run since.

        The runner takes them back in SQL, where no hook sees it. It leaves the time at which the
        dead worker began; whoever gives a job back alive clears it. A job that runs again before
        this looks tells of the death itself (``instrumentation/job_run.py``).

        :return: how many were told
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE queue_job
                   SET integration_death_attempt = retry
                 WHERE id IN (
                       SELECT id FROM queue_job
                        WHERE (state = 'failed' AND exc_name = 'JobFoundDead'
                               OR state = 'pending' AND date_started IS NOT NULL)
                          AND integration_death_attempt IS DISTINCT FROM retry
                        LIMIT %s FOR UPDATE SKIP LOCKED)
             RETURNING uuid, model_name, method_name, channel, retry, company_id, user_id,
                       integration_correlation_id, integration_trace_id, state = 'failed'
                """,
                _BATCH,
            )
        )
        for row in rows:
            log_writer.record(self.env, job_run.death(*row))
        self.invalidate_model(["integration_death_attempt"], flush=False)
        return len(rows)
