from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from ..models import integration_health
from ..tools.observation import Observation
from .common import IntegrationCase
from .common_health import HealthMixin

LOGGER = "odoo.addons.integration_monitor.models.integration_health"


@tagged("post_install", "-at_install")
class TestHealth(HealthMixin, IntegrationCase):
    def parts(self):
        answer = self.Health._evaluate()
        parts = {part["name"]: part for part in answer["parts"]}
        self.assertEqual(list(parts), list(integration_health.PARTS))
        statuses = {part["status"] for part in parts.values()}
        self.assertEqual(answer["status"], "down" if "down" in statuses else "ok")
        for part in parts.values():
            self.assertTrue(part["message"])
        return parts

    def status(self, name):
        return self.parts()[name]["status"]

    def test_all_is_well(self):
        """A healthy installation is taken out of service."""
        with self.runner():
            answer = self.Health._evaluate()
        self.assertEqual(
            {part["name"]: part["status"] for part in answer["parts"]},
            dict.fromkeys(integration_health.PARTS, "ok"),
        )
        self.assertEqual(answer["status"], "ok")

    def test_no_runner(self):
        """The job runner died, and the page is green."""
        self.assertEqual(self.status("job_runner"), "down")
        with self.runner():
            self.assertEqual(self.status("job_runner"), "ok")
        self.assertEqual(self.status("job_runner"), "down")

    def test_dispatch_stops_silently(self):
        """The runner listens but hands out nothing, and the page is green."""
        with self.runner():
            self.job(seconds_ago=30)
            self.assertEqual(self.status("job_runner"), "ok")
            self.job(seconds_ago=300)
            part = self.parts()["job_runner"]
            self.assertEqual((part["status"], part["value"]), ("down", 2))
            self.assertIn("reaches Odoo", part["message"])
            # Handed out again and again, but no server takes it.
            self.env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE state = 'pending'")
            self.assertEqual(self.status("job_runner"), "down")
            # One long job holds all the capacity: that is no fault of the runner.
            self.job(seconds_ago=600, state="started")
            self.assertEqual(self.status("job_runner"), "ok")

    def test_a_backlog_that_is_worked_on(self):
        """A thousand short jobs are waiting for their turn, and the page is red."""
        with self.runner():
            self.job(seconds_ago=300)
            self.job(seconds_ago=300, state="done", date_done=fields.Datetime.now())
            self.assertEqual(self.status("job_runner"), "ok")

    def test_jobs_of_tomorrow(self):
        """A job that is to run tomorrow makes the page red today."""
        with self.runner():
            tomorrow = fields.Datetime.now() + timedelta(days=1)
            self.job(seconds_ago=300, eta=tomorrow)
            self.assertEqual(self.status("job_runner"), "ok")

    def message(self, minutes, **values):
        now = fields.Datetime.now()
        message = (
            self.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": self.inbound.id,
                    "company_id": self.env.company.id,
                    "direction": "inbound",
                    "received_at": now - timedelta(minutes=minutes),
                    **values,
                }
            )
        )
        self.env.flush_all()
        return message

    def test_oldest_message(self):
        """Messages wait for an hour, and the page is green."""
        self.message(1)
        self.assertEqual(self.status("messages"), "ok")
        self.message(20)
        part = self.parts()["messages"]
        self.assertEqual(part["status"], "warning")
        self.assertAlmostEqual(part["value"], 1200, delta=5)
        message = self.message(90)
        self.assertEqual(self.status("messages"), "down")
        later = fields.Datetime.now() + timedelta(hours=1)
        message.write({"state": "retry", "next_attempt_at": later})
        self.env.flush_all()
        self.assertEqual(self.status("messages"), "warning")
        self.inbound._pause("Stock-taking")
        self.env.flush_all()
        self.assertEqual(self.status("messages"), "ok")

    def test_blocked_messages_wait_for_people(self):
        """One failed order turns the page red."""
        self.inbound.ordering = True
        self.message(200, state="dead", ordering_key="S1")
        self.message(90, ordering_key="S1")
        self.assertEqual(self.status("messages"), "ok")

    def test_scheduled_actions(self):
        """Scheduled actions stand still, and nobody asks them."""
        self.env.cr.execute(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '20 min'"
            " WHERE id = %s",
            [self.env.ref("integration_monitor.cron_integration_metric_purge").id],
        )
        part = self.parts()["scheduled_actions"]
        self.assertEqual((part["status"], part["value"]), ("warning", 1))
        self.assertIn("drop old traffic", part["message"])
        self.env.cr.execute(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '20 min'"
            " WHERE id = %s",
            [self.env.ref("integration_monitor.ir_cron_sweep").id],
        )
        self.assertEqual(self.status("scheduled_actions"), "down")

    def test_lost_lines(self):
        """The log has gaps, and nobody knows."""
        values = {"level": "minute", "kind": "monitor", "count_error": 7}
        old = fields.Datetime.now() - timedelta(minutes=40)
        Metric = self.env["integration.metric"].sudo()
        Metric.create({**values, "bucket": old})
        self.assertEqual(self.status("log"), "ok")
        Metric.create({**values, "bucket": fields.Datetime.now()})
        part = self.parts()["log"]
        self.assertEqual((part["status"], part["value"]), ("warning", 7))

    def test_figures_that_stand_still(self):
        """All is well, the page says for days: nothing is counted that could tell otherwise."""
        self.env.cr.execute(
            "UPDATE integration_metric_watermark SET counted_at = %s",
            (fields.Datetime.now() - timedelta(minutes=11),),
        )
        part = self.parts()["log"]
        self.assertEqual(part["status"], "warning")
        self.assertIn("stand still", part["message"])

    @mute_logger("odoo.sql_db", "odoo.addons.integration_monitor.models.integration_metric_issue")
    def test_issues_that_cannot_be_counted(self):
        """Figures go on without issues, and nobody is told that faults are not counted."""
        log_writer.write_on(self.env.cr, [Observation("custom", outcome="error")])
        self.env.cr.execute("ALTER TABLE integration_issue_occurrence RENAME hour TO moment")
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        part = self.parts()["log"]
        self.assertEqual(part["status"], "warning")
        self.assertIn("could not be counted", part["message"])

    def test_queues(self):
        """Messages of one flow stand still, and the page is green."""
        queue = self.env["integration.queue"].create({"kind": "flow", "flow_id": self.inbound.id})
        for verdict, status in (("warning", "ok"), ("stall", "warning"), ("stop", "down")):
            queue.verdict = verdict
            self.env.flush_all()
            part = self.parts()["queues"]
            self.assertEqual(part["status"], status)
        self.assertIn(self.inbound.name, part["message"])

    @mute_logger("odoo.sql_db", LOGGER)
    def test_a_part_that_does_not_answer(self):
        """One locked table hangs the question for the health, and with it the load balancer."""
        other = db_connect(self.env.cr.dbname).cursor()
        self.addCleanup(other.close)
        self.env.cr.execute("SHOW statement_timeout")
        before = self.env.cr.fetchone()
        with self.runner():
            other.execute("LOCK TABLE queue_job_channel IN ACCESS EXCLUSIVE MODE")
            self.job(seconds_ago=300)
            parts = self.parts()
        self.assertEqual(parts["job_runner"]["status"], "down")
        self.assertIn("in time", parts["job_runner"]["message"])
        self.assertEqual(parts["log"]["status"], "ok")
        self.env.cr.execute("SHOW statement_timeout")
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_a_flood_costs_one_look(self):
        """Anybody on the network keeps the database busy with this page."""
        first = self.Health._status()
        before = self.env.cr.sql_log_count
        for _number in range(50):
            self.assertIs(self.Health._status(), first)
        self.assertEqual(self.env.cr.sql_log_count, before)

    def test_cheap(self):
        """The page itself is a load."""
        with self.runner():
            self.Health._evaluate()
            before = self.env.cr.sql_log_count
            self.Health._evaluate()
        # A savepoint is two statements.
        self.assertLessEqual(self.env.cr.sql_log_count - before, 25)

    def test_watch_runs_once(self):
        """Two servers sample the queues at the same time, and every figure is wrong."""
        cr = self.env.cr
        self.assertFalse(self.Health._watch_on(cr))
        self.watched(60)
        self.assertTrue(self.Health._watch_on(cr))
        self.assertFalse(self.Health._watch_on(cr))
        self.watched(60)
        self.env.cr.execute("SAVEPOINT other_server")
        other = db_connect(cr.dbname).cursor()
        self.addCleanup(other.close)
        # The row is locked by this transaction: another one must leave, not wait.
        self.assertFalse(self.Health._watch_on(other))

    def test_cron_is_set(self):
        """Nothing is watched, because the scheduled action is missing or off."""
        cron = self.env.ref("integration_monitor.ir_cron_watch")
        self.assertTrue(cron.active)
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "minutes"))
        self.watched(600)
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.cr.execute("SELECT watched_at FROM integration_health_mark")
        age = fields.Datetime.now() - self.env.cr.fetchone()[0]
        self.assertLess(age.total_seconds(), 60)

    @mute_logger(LOGGER)
    def test_the_answer_does_not_depend_on_the_watch(self):
        """The watch fails, and the question for the health is an error page."""
        self.watched(600)
        fault = psycopg2.OperationalError("no connection left")
        with patch.object(type(self.registry), "cursor", side_effect=fault):
            self.assertIn(self.Health._status()["status"], ("ok", "down"))
