"""Evidence of health that tests give or take away."""

from contextlib import closing, contextmanager
from datetime import timedelta

from odoo import fields
from odoo.sql_db import db_connect

from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID

from ..models import integration_health


class HealthMixin:
    """For test cases that ask for the health of the installation."""

    def setUp(self):
        super().setUp()
        self.Health = self.env["integration.health"]
        integration_health.clear_cache()
        self.addCleanup(integration_health.clear_cache)
        self.make_well()

    def make_well(self):
        """Nothing waits, everything runs in time, whatever the database was used for before."""
        cr = self.env.cr
        self.env.flush_all()
        cr.execute("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + interval '1 hour'")
        cr.execute("UPDATE queue_job SET state = 'cancelled' WHERE state <> 'done'")
        cr.execute("UPDATE integration_message SET state = 'cancelled' WHERE state <> 'done'")
        cr.execute("DELETE FROM integration_queue")
        cr.execute("DELETE FROM integration_metric WHERE kind = 'monitor'")
        self.watched(0)
        self.env.invalidate_all()

    def watched(self, seconds_ago):
        """Say when the watch ran last."""
        moment = fields.Datetime.now() - timedelta(seconds=seconds_ago)
        self.env.cr.execute("UPDATE integration_health_mark SET watched_at = %s", [moment])

    @contextmanager
    def runner(self):
        """A connection that holds what queue_job's runner holds while it listens."""
        with closing(db_connect(self.env.cr.dbname).cursor()) as cr:
            cr.execute("SELECT pg_try_advisory_lock(%s)", [PG_ADVISORY_LOCK_ID])
            self.assertTrue(cr.fetchone()[0], "another runner listens on this database")
            try:
                yield cr
            finally:
                # Of the session, not of the transaction: the pool would keep it.
                cr.execute("SELECT pg_advisory_unlock(%s)", [PG_ADVISORY_LOCK_ID])

    def job(self, seconds_ago=0, **values):
        """One background job that waits since then."""
        delayed = self.env["integration.flow"].with_delay(channel="root.integration")
        delayed._watch_silence(fields.Datetime.now())
        self.env.flush_all()
        columns = {
            "date_created": fields.Datetime.now() - timedelta(seconds=seconds_ago),
            **values,
        }
        names = ", ".join(f"{name} = %s" for name in columns)
        self.env.cr.execute(
            f"UPDATE queue_job SET {names} WHERE id = (SELECT max(id) FROM queue_job)",
            list(columns.values()),
        )
