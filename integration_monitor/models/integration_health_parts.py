"""The parts of the installation's health: each one a query or two on small partial indexes."""

import time
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID

# The runner looks at least each minute, and at once when a job comes.
DISPATCH_LIMIT = timedelta(seconds=90)
MESSAGE_WARNING = timedelta(minutes=15)
MESSAGE_LIMIT = timedelta(minutes=60)
CRON_LIMIT = timedelta(minutes=10)
DROPS_WITHIN = timedelta(minutes=15)
COUNT_LIMIT = timedelta(minutes=10)
# The one that runs each minute: when it is late, the scheduler does not run.
CRON_OF_THE_ENGINE = "ir_cron_sweep"


class IntegrationHealth(models.AbstractModel):
    """Each ``_part_`` returns (status, value, unit, since, message)."""

    _inherit = "integration.health"

    @api.model
    def _part_database(self, _now):
        """The database answers: the time for one question there and back."""
        began = time.perf_counter()
        self.env.cr.execute(SQL("SELECT 1"))
        spent = round((time.perf_counter() - began) * 1000, 2)
        return "ok", spent, "ms", None, self.env._("The database answers.")

    @api.model
    def _part_messages(self, now):
        """The oldest message that could be worked on and is not."""
        self.env.cr.execute(
            SQL(
                """
                SELECT min(oldest.due_at)
                  FROM integration_flow f
                  LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                 CROSS JOIN LATERAL (
                       SELECT COALESCE(m.next_attempt_at, m.received_at) AS due_at
                         FROM integration_message m
                        WHERE m.flow_id = f.id AND m.state IN ('pending', 'retry')
                          AND m.held IS NOT TRUE
                          AND COALESCE(m.next_attempt_at, m.received_at) <= %(now)s
                          AND (f.ordering IS NOT TRUE OR m.ordering_key IS NULL OR NOT EXISTS (
                              SELECT 1 FROM integration_message b WHERE %(precedes)s))
                        ORDER BY COALESCE(m.next_attempt_at, m.received_at) LIMIT 1) oldest
                 WHERE f.active AND f.state = 'active'
                   AND (e.id IS NULL OR (e.active AND e.state = 'active'))
                   AND %(open)s
                """,
                now=now,
                precedes=self.env["integration.message"]._precedes_condition(),
                open=self.env["integration.flow"]._open_condition(now),
            )
        )
        oldest = self.env.cr.fetchone()[0]
        if not oldest:
            return "ok", 0, "s", None, self.env._("No message is due.")
        age = now - oldest
        status = "ok"
        if age > MESSAGE_WARNING:
            status = "down" if age > MESSAGE_LIMIT else "warning"
        message = self.env._(
            "The oldest message that could be worked on waits for %(minutes)s minutes.",
            minutes=int(age.total_seconds() // 60),
        )
        return status, int(age.total_seconds()), "s", oldest, message

    @api.model
    def _part_job_runner(self, now):
        """queue_job's runner listens, and due jobs are taken up.

        The first is seen by its advisory lock, which goes with its connection. The second is
        needed beside: a runner whose calls reach no server looks healthy and moves nothing.
        """
        listens, listening_since, heartbeat = self._runner_connection()
        jobs = self._job_figures(now)
        value = jobs["due"]
        if not listens:
            return "down", value, "jobs", jobs["oldest"], self.env._(
                "No job runner listens, so messages wait. Start Odoo with queue_job among its "
                "server_wide_modules, or restart it if it was installed a moment ago."
            )  # fmt: skip
        stuck = jobs["oldest"] and now - jobs["oldest"] > DISPATCH_LIMIT
        if not stuck or jobs["started"] or self._jobs_done_since(now - DISPATCH_LIMIT):
            message = self.env._("The job runner listens and hands out jobs.")
            return "ok", value, "jobs", listening_since, message
        if jobs["enqueued"] or (heartbeat is not None and heartbeat < DISPATCH_LIMIT):
            message = self.env._(
                "Jobs are due, but no server takes them. Look whether the runner reaches Odoo at "
                "its address (queue_job: host, port), and restart Odoo."
            )
        else:
            message = self.env._("The job runner hangs: jobs are due, none starts. Restart Odoo.")
        return "down", value, "jobs", jobs["oldest"], message

    @api.model
    def _runner_connection(self):
        """:return: (whether the runner is connected, since when, age of its last word)

        The last two are None when this database user may not see them.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT TRUE, a.backend_start AT TIME ZONE 'UTC',
                       clock_timestamp() - a.state_change
                  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                   AND l.classid::bigint = %s AND l.objid::bigint = %s
                   AND l.database = (SELECT oid FROM pg_database
                                      WHERE datname = current_database())
                """,
                PG_ADVISORY_LOCK_ID >> 32,
                PG_ADVISORY_LOCK_ID & 0xFFFFFFFF,
            )
        )
        return self.env.cr.fetchone() or (False, None, None)

    @api.model
    def _job_figures(self, now):
        """:return: dict of ``due``, ``oldest`` (since when it is due), ``enqueued``, ``started``"""
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FILTER (WHERE %(due)s),
                       min(greatest(date_created, eta)) FILTER (WHERE %(due)s),
                       count(*) FILTER (WHERE state = 'enqueued'),
                       count(*) FILTER (WHERE state = 'started')
                  FROM queue_job WHERE state IN ('pending', 'enqueued', 'started')
                """,
                due=SQL("state IN ('pending', 'enqueued') AND (eta IS NULL OR eta <= %s)", now),
            )
        )
        names = ("due", "oldest", "enqueued", "started")
        return dict(zip(names, self.env.cr.fetchone(), strict=True))

    @api.model
    def _jobs_done_since(self, moment):
        """:return: whether a job ended since then; reads the end of an index of each channel"""
        self.env.cr.execute(
            SQL(
                """
                SELECT 1 FROM queue_job_channel c
                 CROSS JOIN LATERAL (
                       SELECT 1 FROM queue_job
                        WHERE channel = c.complete_name AND date_done > %s LIMIT 1) done
                 LIMIT 1
                """,
                moment,
            )
        )
        return bool(self.env.cr.fetchone())

    @api.model
    def _part_scheduled_actions(self, now):
        """Active scheduled actions that should have run; without asking the scheduler."""
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), min(c.nextcall),
                       (array_agg(c.cron_name ORDER BY c.nextcall))[1:3],
                       COALESCE(bool_or(c.id IN (
                           SELECT res_id FROM ir_model_data
                            WHERE module = 'integration_monitor' AND model = 'ir.cron'
                              AND name = %s)), false)
                  FROM ir_cron c WHERE c.active AND c.nextcall < %s
                """,
                CRON_OF_THE_ENGINE,
                now - CRON_LIMIT,
            )
        )
        count, oldest, names, scheduler_stands = self.env.cr.fetchone()
        if scheduler_stands:
            return "down", count, "actions", oldest, self.env._(
                "Scheduled actions do not run. Look whether Odoo runs with cron threads, and "
                "restart it."
            )  # fmt: skip
        if count:
            message = self.env._("Late: %(names)s.", names=", ".join(filter(None, names)))
            return "warning", count, "actions", oldest, message
        return "ok", 0, "actions", None, self.env._("Scheduled actions run in time.")

    @api.model
    def _part_log(self, now):
        """Lines of the log that were lost lately; the log writer leaves a line about them.

        Also whether lines are counted, and all that they tell: everything else is judged by it.
        """
        self.env.cr.execute(SQL("SELECT counted_at, failed_at FROM integration_metric_watermark"))
        counted, failed = self.env.cr.fetchone() or (None, None)
        if counted and counted < now - COUNT_LIMIT:
            message = self.env._(
                "The log is not counted any more, so figures and issues stand still. Look for the "
                "reason in Odoo's own log."
            )
            return "warning", 0, "lines", counted, message
        if failed and failed > now - DROPS_WITHIN:
            message = self.env._(
                "Issues, batches, or delays and outages of flows could not be counted: those of "
                "that time are missing. Look for the reason in Odoo's own log."
            )
            return "warning", 0, "lines", failed, message
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(sum(count_error), 0), min(bucket) FROM integration_metric
                 WHERE level = 'minute' AND bucket > %s AND kind = 'monitor' AND count_error > 0
                """,
                now - DROPS_WITHIN,
            )
        )
        lost, since = self.env.cr.fetchone()
        if lost:
            message = self.env._(
                "%(lost)s lines of the log were lost in the last 15 minutes; business was not "
                "affected.",
                lost=int(lost),
            )
            return "warning", int(lost), "lines", since, message
        return "ok", 0, "lines", None, self.env._("No line of the log was lost.")

    @api.model
    def _part_queues(self, _now):
        """Queues that do not move. One that stopped is ours to repair, one that is stuck may be
        the partner's."""
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), min(since),
                       (array_agg(name ORDER BY verdict_rank DESC, since))[1:3],
                       COALESCE(bool_or(verdict = 'stop'), false)
                  FROM integration_queue WHERE verdict IN ('stall', 'stop')
                """
            )
        )
        count, since, names, stopped = self.env.cr.fetchone()
        if not count:
            return "ok", 0, "queues", None, self.env._("All queues move.")
        message = self.env._("These do not move: %(names)s.", names=", ".join(names))
        return "down" if stopped else "warning", count, "queues", since, message
