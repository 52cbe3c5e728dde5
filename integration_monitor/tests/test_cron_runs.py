"""Scheduled actions leave a line for each run: how late, how long, with what result."""

from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer


@tagged("post_install", "-at_install")
class TestCronRuns(TransactionCase):
    def run_cron(self, code, late=timedelta()):
        """Run an action as the scheduler does. :return: its line"""
        cron = self.env["ir.cron"].create(
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
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT *, 0 AS timed_out_counter, 0 AS done, 0 AS remaining, NULL AS progress_id"
            " FROM ir_cron WHERE id = %s",
            (cron.id,),
        )
        job = self.env.cr.dictfetchone()
        with (
            self.enter_registry_test_mode(),
            log_writer.captured() as seen,
            mute_logger("odoo.addons.base.models.ir_cron", "odoo.sql_db"),
            self.registry.cursor() as cr,
        ):
            self.registry["ir.cron"]._process_job(cr, job)
        (line,) = [line for line in seen if line.kind == "cron"]
        return line

    def test_success(self):
        """A run leaves nothing behind."""
        line = self.run_cron("env['res.partner'].search_count([])")
        self.assertEqual((line.outcome, line.operation), ("ok", "Price lists"))
        self.assertGreater(line.duration_ms, 0)
        self.assertLess(line.lag_ms, 60_000)
        self.assertEqual((line.detail["missed"], line.detail["rounds"]), (0, 1))
        self.assertNotIn("empty", line.detail)  # it did not say

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
        line = self.run_cron("pass", late=timedelta(hours=3, minutes=10))
        self.assertAlmostEqual(line.lag_ms / 3_600_000, 3.17, places=1)
        self.assertEqual(line.detail["missed"], 3)

    def test_progress_and_empty_runs(self):
        """An import that finds nothing every night looks like one that works."""
        line = self.run_cron("env['ir.cron']._commit_progress(7, remaining=0)")
        self.assertEqual((line.records_applied, line.detail["done"]), (7, 7))
        self.assertIs(line.detail["empty"], False)
        line = self.run_cron("env['ir.cron']._commit_progress(0, remaining=0)")
        self.assertIs(line.detail["empty"], True)
