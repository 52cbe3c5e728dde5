"""Background jobs leave a line for each run, and carry their correlation on."""

from datetime import timedelta

import psycopg2

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import Job

from ..instrumentation import log_writer
from ..tools import context

CONTROLLER = "odoo.addons.queue_job.controllers.main"


@tagged("post_install", "-at_install")
class TestJobRuns(TransactionCase):
    def setUp(self):
        super().setUp()
        self.model = self.registry["res.partner.category"]
        self.addCleanup(self.forget)

    def forget(self):
        if "im_job" in vars(self.model):
            type.__delattr__(self.model, "im_job")

    def enqueue(self, work, **options):
        """Enqueue a job that does ``work``. :return: its record"""
        work.__name__ = "im_job"
        type.__setattr__(self.model, "im_job", work)
        job = self.env["res.partner.category"].with_delay(**options).im_job()
        return job.db_record()

    def run_job(self, record):
        """Run a job as the runner does. :return: its lines"""
        self.env.flush_all()
        self.env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE id = %s", (record.id,))
        record.invalidate_recordset()
        with (
            self.enter_registry_test_mode(),
            log_writer.captured() as seen,
            mute_logger(CONTROLLER),
            self.registry.cursor() as cr,
        ):
            env = self.env(cr=cr)
            job = Job.load(env, record.uuid)
            job.set_started()
            job.store()
            try:
                RunJobController._runjob(env, job)
            except ZeroDivisionError:
                self.assertEqual(job.state, "failed")
        self.env.invalidate_all()
        return [line for line in seen if line.kind == "job"]

    def test_success(self):
        """A job that ran leaves no figure of how long it waited and worked."""
        record = self.enqueue(lambda records: None)
        (line,) = self.run_job(record)
        self.assertEqual((line.outcome, line.operation), ("ok", "res.partner.category.im_job"))
        self.assertGreaterEqual(line.lag_ms, 0)
        self.assertGreater(line.duration_ms, 0)
        self.assertEqual(line.detail["uuid"], record.uuid)
        self.assertEqual(line.detail["channel"], "root")

    def test_failure_and_retry(self):
        """A job that will be tried again looks like one that is done."""

        def again(records):
            raise RetryableJobError("The partner is busy", seconds=30)

        (line,) = self.run_job(self.enqueue(again))
        self.assertEqual((line.outcome, line.detail["retry"]), ("error", True))
        self.assertIn("busy", line.error_message)
        (line,) = self.run_job(self.enqueue(lambda records: 1 / 0))
        self.assertEqual((line.outcome, line.error_class), ("error", "unknown"))
        self.assertNotIn("retry", line.detail)

    def test_database_errors(self):
        """A job that the database refused is nobody's, and shows the row that it could not keep."""

        def insert(records):
            try:
                records.env.cr.execute(
                    "INSERT INTO res_partner_category (id, name) VALUES (1, NULL), (2, %s)",
                    ('"SEKRIT77"',),
                )
            except psycopg2.Error as error:
                raise ZeroDivisionError("a module's own words") from error

        with mute_logger("odoo.sql_db"):
            (line,) = self.run_job(self.enqueue(insert))
        self.assertEqual((line.outcome, line.error_class), ("error", "server"))
        self.assertEqual(line.error_message, "ZeroDivisionError: a module's own words")

    def test_lag_counts_from_the_time_it_was_planned_for(self):
        """A job planned for tonight seems to be late since noon."""
        record = self.enqueue(lambda records: None, eta=timedelta(seconds=1))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE queue_job SET date_created = date_created - interval '5 h' WHERE id = %s",
            (record.id,),
        )
        (line,) = self.run_job(record)
        self.assertLess(line.lag_ms, 60_000)

    def test_lag_counts_from_the_time_it_was_made(self):
        """A job with a time long past, as imports set it, seems to be late by years."""
        record = self.enqueue(lambda records: None, eta=timedelta(days=-400))
        (line,) = self.run_job(record)
        self.assertGreaterEqual(line.lag_ms, 0)
        self.assertLess(line.lag_ms, 60_000)

    def test_correlation_travels_to_the_children(self):
        """What an order sets off in the background cannot be found by the order."""
        seen_inside = []

        def child(records):
            seen_inside.append(context.current().correlation_id)

        def parent(records):
            seen_inside.append(context.current().correlation_id)
            child.__name__ = "im_job"
            type.__setattr__(self.model, "im_job", child)
            records.with_delay().im_job()

        with context.bound(correlation_id="order-9", trace_id="a" * 31 + "1"):
            record = self.enqueue(parent)
        self.assertEqual(record.integration_correlation_id, "order-9")
        (line,) = self.run_job(record)
        self.assertEqual((line.correlation_id, line.trace_id), ("order-9", "a" * 31 + "1"))
        young = self.env["queue.job"].search([("method_name", "=", "im_job")]) - record
        self.assertEqual(young.integration_correlation_id, "order-9")
        (line,) = self.run_job(young)
        self.assertEqual(line.correlation_id, "order-9")
        self.assertEqual(seen_inside, ["order-9", "order-9"])
        action = young.action_open_integration_log()
        self.assertEqual(action["domain"], [("correlation_id", "=", "order-9")])
        self.assertIsNone(context.current().correlation_id)

    def test_death_of_a_worker(self):
        """A worker is killed again and again, and nobody learns of it."""
        record = self.enqueue(lambda records: None)
        self.env.flush_all()
        # What the runner leaves when it takes a job back.
        self.env.cr.execute(
            "UPDATE queue_job SET state = 'pending', retry = 1, date_started = now() WHERE id = %s",
            (record.id,),
        )
        with log_writer.captured() as seen:
            self.env["queue.job"]._integration_tell_deaths()
            self.env["queue.job"]._integration_tell_deaths()
        (line,) = [line for line in seen if line.kind == "job"]
        self.assertEqual((line.outcome, line.error_class), ("error", "server"))
        self.assertTrue(line.detail["dead"])
        lines = self.run_job(record)
        self.assertEqual([bool(line.detail.get("dead")) for line in lines], [False])

    def test_death_that_is_run_again_at_once(self):
        """The runner is quicker than the sweep, and the death is never told."""
        record = self.enqueue(lambda records: None)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE queue_job SET retry = 1, date_started = now() WHERE id = %s", (record.id,)
        )
        lines = self.run_job(record)
        self.assertEqual([bool(line.detail.get("dead")) for line in lines], [True, False])
