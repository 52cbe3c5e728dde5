"""Scheduled actions leave a line for each run: how late, how long, with what result."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_cron import CompletionStatus

from ..instrumentation import log_writer

HOURS = timedelta(hours=3, minutes=10)


@tagged("post_install", "-at_install")
class TestCronRuns(TransactionCase):
    def make_cron(self, code, late=timedelta()):
        """:return: an action that has been due since ``late``"""
        return self.env["ir.cron"].create(
            {
                "name": "Price lists",
                "cron_name": "Price lists",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": code,
                "interval_number": 1,
                "interval_type": "hours",
                "nextcall": fields.Datetime.now() - late,
            }
        )

    def process(self, cron):
        """Acquire and process an action as the scheduler does. :return: the lines of it"""
        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            log_writer.captured() as self.seen,
            mute_logger("odoo.addons.base.models.ir_cron", "odoo.sql_db"),
            self.registry.cursor() as cr,
        ):
            job = self.registry["ir.cron"]._acquire_one_job(cr, cron.id)
            self.assertTrue(job, "the action is not due")
            self.registry["ir.cron"]._process_job(cr, job)
        self.env.invalidate_all()
        return [line for line in self.seen if line.kind == "cron"]

    def run_cron(self, code, late=timedelta()):
        """Run an action as the scheduler does. :return: its line"""
        (line,) = self.process(self.make_cron(code, late))
        return line

    def test_success(self):
        """A run leaves nothing behind."""
        line = self.run_cron("env['res.partner'].search_count([])")
        self.assertEqual((line.outcome, line.operation), ("ok", "Price lists"))
        self.assertGreater(line.duration_ms, 0)
        self.assertLess(line.lag_ms, 60_000)
        self.assertEqual((line.detail["missed"], line.detail["rounds"]), (0, 1))
        self.assertNotIn("empty", line.detail)  # it did not say

    def test_trace(self):
        """The job that a nightly run enqueued cannot be found from the run, nor the run from it."""
        jobs = self.env["queue.job"].search([])
        line = self.run_cron("env['res.partner'].with_delay().search_count([])")
        (job,) = self.env["queue.job"].search([]) - jobs
        self.assertEqual(job.integration_trace_id, line.trace_id)
        self.assertTrue(line.span_id)
        again = self.run_cron("pass")
        self.assertNotEqual(again.trace_id, line.trace_id)

    def test_failure(self):
        """A run that fails is a line in a file that nobody reads."""
        line = self.run_cron("raise UserError('The price list is gone')")
        self.assertEqual((line.outcome, line.error_class), ("error", "business"))
        self.assertIn("price list is gone", line.error_message)
        line = self.run_cron("1 / 0")
        self.assertEqual((line.outcome, line.error_class), ("error", "unknown"))

    def test_database_errors(self):
        """A unique key that is violated shows the key of a partner, and counts as unknown."""
        self.env.cr.execute(
            "CREATE TABLE im_cron_cred (id serial, api_key varchar UNIQUE, password varchar,"
            " n int NOT NULL)"
        )
        self.env.cr.execute("INSERT INTO im_cron_cred (api_key, n) VALUES ('KEYSEKRIT77', 1)")
        for values, words in (
            ("'KEYSEKRIT77', null, 1", 'unique constraint "im_cron_cred_api_key_key"'),
            ("'x', 'PWSEKRIT77', null", 'column "n" of relation "im_cron_cred"'),
            ("'x', 'PWSEKRIT77', 1 / 0", "division by zero"),
            ("'x', 'PWSEKRIT77', nowhere", 'column "nowhere" does not exist'),
        ):
            line = self.run_cron(
                'env.cr.execute("INSERT INTO im_cron_cred (api_key, password, n) '
                f'VALUES ({values})")'
            )
            self.assertIn(words, line.error_message)
            self.assertNotIn("SEKRIT", line.error_message)
            self.assertNotIn("evaluating", line.error_message)
            self.assertEqual((line.outcome, line.error_class), ("error", "server"), words)

    def test_what_an_action_raises(self):
        """The text of a failed action is its code, with whatever stands in it."""
        line = self.run_cron("x = 'CODESEKRIT77'\n{}['price']")
        self.assertEqual((line.error_class, line.error_message), ("unknown", "KeyError: 'price'"))

    def test_late_and_missed(self):
        """The scheduler stood still all morning, and the figures do not show it."""
        line = self.run_cron("pass", late=HOURS)
        self.assertAlmostEqual(line.lag_ms / 3_600_000, 3.17, places=1)
        self.assertEqual(line.detail["missed"], 3)

    def test_progress_and_empty_runs(self):
        """An import that finds nothing every night looks like one that works."""
        line = self.run_cron("env['ir.cron']._commit_progress(7, remaining=0)")
        self.assertEqual((line.records_applied, line.detail["done"]), (7, 7))
        self.assertIs(line.detail["empty"], False)
        line = self.run_cron("env['ir.cron']._commit_progress(0, remaining=0)")
        self.assertIs(line.detail["empty"], True)

    def test_work_that_goes_on(self):
        """An action with much work is later each time that it goes on at once."""
        cron = self.make_cron("env['ir.cron']._commit_progress(0, remaining=5)", HOURS)
        (line,) = self.process(cron)
        self.assertEqual((line.detail["ended"], line.detail["missed"]), ("partially done", 3))
        self.assertGreater(line.lag_ms, 3 * 3_600_000)
        for _number in range(2):
            (line,) = self.process(cron)
            self.assertEqual((line.detail["ended"], line.detail["missed"]), ("partially done", 0))
            self.assertLess(line.lag_ms, 60_000)

    def test_what_remains_after_a_failure(self):
        """An action failed with work left, and its next slot is taken for the rest of it."""
        cron = self.make_cron("pass", HOURS)
        self.env["ir.cron.progress"].create({"cron_id": cron.id, "remaining": 5})
        cron.failure_count = 1
        cron._trigger(fields.Datetime.now() - timedelta(minutes=5))
        (line,) = self.process(cron)
        self.assertEqual(line.detail["missed"], 3)
        self.assertGreater(line.lag_ms, 3 * 3_600_000)

    def test_a_trigger(self):
        """An action that somebody waits for is run half an hour later, and is not late."""
        cron = self.make_cron("pass", -HOURS)
        cron._trigger(fields.Datetime.now() - timedelta(minutes=30))
        (line,) = self.process(cron)
        self.assertAlmostEqual(line.lag_ms / 60_000, 30, delta=1)
        self.assertEqual(line.detail["missed"], 0)

    def test_an_action_that_was_killed(self):
        """An action hangs and is killed at each limit of time, and the log is silent."""
        cron = self.make_cron("pass", HOURS)
        self.env["ir.cron.progress"].create({"cron_id": cron.id, "timed_out_counter": 2})
        model, told = self.registry["ir.cron"], []
        original = model._callback

        def callback(*args):
            told.extend(self.seen)  # written already: this run may be killed, too
            return original(*args)

        with patch.object(model, "_callback", callback):
            dead, line = self.process(cron)
        self.assertEqual(told, [dead])
        self.assertEqual((dead.outcome, dead.error_class, dead.attempt), ("error", "timeout", 2))
        self.assertEqual((dead.operation, dead.detail["dead"]), ("Price lists", True))
        self.assertIsNone(dead.lag_ms)
        self.assertEqual((line.outcome, line.detail["missed"]), ("ok", 3))
        cron.nextcall = fields.Datetime.now()
        (line,) = self.process(cron)
        self.assertNotIn("dead", line.detail)

    def test_an_action_that_odoo_gave_up(self):
        """Killed for the third time, an action is not run: of that run there is no line at all."""
        cron = self.make_cron("pass", HOURS)
        self.env["ir.cron.progress"].create({"cron_id": cron.id, "timed_out_counter": 3})
        (line,) = self.process(cron)
        self.assertEqual((line.kind, line.outcome, line.error_class), ("cron", "error", "timeout"))
        self.assertEqual((line.attempt, line.detail["ended"]), (3, "failed"))
        self.assertEqual((line.detail["missed"], line.detail["dead"]), (3, True))
        self.assertIn("third time", line.error_message)
        self.assertEqual(cron.failure_count, 1)

    def test_an_action_that_runs_elsewhere(self):
        """Another module makes a background job of an action: it counts as killed."""
        model = self.registry["ir.cron"]
        with patch.object(model, "_run_job", lambda job: CompletionStatus.FULLY_DONE):
            self.assertEqual(self.process(self.make_cron("pass")), [])
