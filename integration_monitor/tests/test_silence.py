from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import IntegrationCase

# A Wednesday, ten minutes after the last message.
NOW = fields.Datetime.from_string("2026-05-06 12:00:00")


@tagged("post_install", "-at_install")
class TestSilence(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.flow"].search([]).write({"silence_watch": "off"})
        cls.flow = cls.inbound
        cls.flow.write({"silence_watch": "learn"})
        cls.flow.silence_from = NOW - timedelta(days=60)
        cls.env.flush_all()

    def traffic(self, weeks=4.0, per_hour=20, until=NOW, kind="message", flow=None, steady=True):
        """Hourly figures of each hour until ``until``, and the minutes of the last week."""
        flow = flow or self.flow
        values = {
            "kind": kind,
            "flow_id": flow.id,
            "system_id": flow.system_id.id,
            "company_id": flow.company_id.id,
        }
        rows = []
        hour = until.replace(minute=0)
        for ago in range(int(weeks * 168)):
            at = hour - timedelta(hours=ago)
            rows.append({**values, "level": "hour", "bucket": at, "count_ok": per_hour})
        for ago in range(0, 7 * 24 * 60, 60 // min(per_hour, 60)) if steady else ():
            at = until - timedelta(minutes=ago)
            rows.append({**values, "level": "minute", "bucket": at, "count_ok": 1})
        self.env["integration.metric"].sudo().create(rows)
        self.env.flush_all()

    def message(self, at, flow=None):
        flow = flow or self.flow
        self.env["integration.message"].sudo().create(
            {
                "flow_id": flow.id,
                "company_id": flow.company_id.id,
                "direction": flow.direction,
                "state": "done",
                "received_at": at,
            }
        )
        self.env.flush_all()

    def lines(self, kind, flow, at=NOW):
        """The figures that a line of the log leaves."""
        values = {"kind": kind, "flow_id": flow.id, "bucket": at.replace(second=0), "count_ok": 1}
        self.env["integration.metric"].sudo().create(
            [{**values, "level": level} for level in ("minute", "hour")]
        )
        self.env.flush_all()

    def watch(self, now=NOW):
        self.env["integration.flow"]._watch_silence(now)

    def exceptions(self, flow=None, opened=True):
        key = f"silence:{(flow or self.flow).id}"
        return self.env["integration.exception"].search(
            [("dedupe_key", "=", key), ("is_open", "=", opened)]
        )

    def test_a_steady_flow_falls_silent_and_speaks_again(self):
        """A shop stops sending, and nobody notices before the evening."""
        self.traffic()
        self.watch(NOW)
        self.assertIn("3360", self.flow.rhythm_text)
        self.assertFalse(self.flow.silent_since)
        self.watch(NOW + timedelta(minutes=30))
        self.assertFalse(self.flow.silent_since)
        self.watch(NOW + timedelta(minutes=40))
        self.assertEqual(self.flow.silent_since, NOW)
        self.assertEqual(self.flow.expected_by.replace(second=0), NOW + timedelta(minutes=36))
        exception = self.exceptions()
        self.assertEqual(len(exception), 1)
        self.assertEqual(exception.category, "partner")
        self.assertEqual(exception.user_id, self.users["operator"])
        self.assertIn("Usually", exception.error_message)
        self.assertIn("partner", exception.advice)
        for minute in (41, 42, 90):
            self.watch(NOW + timedelta(minutes=minute))
        self.assertEqual(exception.occurrence_count, 1)
        self.env["integration.system"]._watch_health(NOW)
        self.assertEqual(self.system.health, "degraded")
        self.assertIn("silent since", self.system.health_reason)
        self.message(NOW + timedelta(minutes=91))
        self.watch(NOW + timedelta(minutes=92))
        self.assertFalse(self.flow.silent_since)
        self.assertFalse(self.exceptions())
        self.assertEqual(exception.resolution, "auto")
        self.env["integration.system"]._watch_health(NOW)
        self.assertEqual(self.system.health, "unknown")

    def test_outbound_silence_is_ours(self):
        """The partner is asked why we send nothing."""
        self.outbound.write({"silence_watch": "learn", "silence_from": NOW - timedelta(days=60)})
        self.traffic(flow=self.outbound, kind="http_out")
        self.watch(NOW + timedelta(hours=2))
        self.assertEqual(self.exceptions(self.outbound).category, "technical")

    def test_calls_of_a_message_are_one_exchange(self):
        """Three calls for each message make the flow silent three times too soon."""
        self.traffic(per_hour=20, kind="message")
        self.traffic(per_hour=60, kind="http_out", steady=False)
        self.watch(NOW)
        self.assertAlmostEqual(self.flow.rhythm["rates"][0], 20, delta=0.1)

    def test_every_way_to_speak_counts(self):
        """A flow is fed by calls over the API, or by files, and is declared silent at its work."""
        for kind in ("message", "webhook_in", "rpc_in", "http_out", "span", "custom"):
            flow = self.env["integration.flow"].create(
                {**self._inbound_values(), "code": f"im.{kind}", "silence_watch": "declared"}
                | {"expected_every_minutes": 60}
            )
            flow.silence_from = NOW - timedelta(days=1)
            self.lines(kind, flow)
            self.watch()
            self.assertFalse(flow.silent_since, kind)
            self.watch(NOW + timedelta(minutes=61))
            self.assertEqual(flow.silent_since, NOW, kind)

    def test_a_time_in_the_future_is_no_sign_of_life(self):
        """One line of a server whose clock was wrong keeps a flow alive for a month."""
        self.flow.write({"silence_watch": "declared", "expected_every_minutes": 60})
        self.flow.silence_from = NOW - timedelta(hours=3)
        ahead = NOW + timedelta(days=25)
        self.lines("span", self.flow, at=ahead)
        self.message(ahead)
        self.watch()
        self.assertEqual(self.flow.silent_since, NOW - timedelta(hours=3))
        self.assertLess(self.flow.expected_by, NOW)
        # Nor is it the end of what a rhythm is learnt from.
        self.flow.silence_watch = "learn"
        self.flow.silence_from = NOW - timedelta(days=60)
        self.traffic()
        self.watch()
        self.assertIn("3360", self.flow.rhythm_text)
        self.watch(NOW + timedelta(minutes=40))
        self.assertEqual(self.flow.silent_since, NOW)

    def test_a_new_flow_is_not_silent(self):
        """A flow that was connected on Monday is an alarm on its first night."""
        self.traffic(weeks=1.5)
        self.watch(NOW + timedelta(days=3))
        self.assertFalse(self.flow.silent_since)
        self.assertIn("two weeks", self.flow.rhythm_text)

    def test_stopped_for_good_stays_silent(self):
        """After four weeks the silence is the habit, and the alarm goes out."""
        self.traffic()
        self.watch(NOW + timedelta(hours=3))
        self.flow.silence_from = NOW - timedelta(days=60)
        for days in (7, 29, 60):
            self.watch(NOW + timedelta(days=days))
            self.assertEqual(self.flow.silent_since, NOW, f"{days} days")
        self.assertEqual(self.exceptions().occurrence_count, 1)

    def test_paused_and_archived_flows_are_not_silent(self):
        """A flow is switched off for the season, and stays an alarm."""
        self.traffic()
        late = NOW + timedelta(hours=3)
        self.watch(late)
        self.assertTrue(self.exceptions())
        self.flow._pause("Season is over")
        self.watch(late)
        self.assertFalse(self.flow.silent_since)
        self.assertFalse(self.exceptions())
        self.flow.action_resume()
        self.assertGreater(self.flow.silence_from, NOW)
        # Resumed a moment ago: what was before is no silence.
        self.flow.silence_from = late
        self.watch(late + timedelta(minutes=5))
        self.assertFalse(self.flow.silent_since)
        self.watch(late + timedelta(hours=2))
        self.assertEqual(self.flow.silent_since, late)
        self.flow.active = False
        self.watch(late + timedelta(hours=2))
        self.assertFalse(self.flow.silent_since)

    def test_refused_deliveries_are_no_traffic(self):
        """Anybody who posts rubbish keeps a silent flow alive."""
        self.traffic()
        late = NOW + timedelta(hours=3)
        self.env["integration.metric"].sudo().create(
            {
                "level": "minute",
                "bucket": late,
                "kind": "webhook_in",
                "flow_id": self.flow.id,
                "count_refused": 50,
            }
        )
        self.env.flush_all()
        self.watch(late)
        self.assertTrue(self.flow.silent_since)

    def test_declared_rhythm(self):
        """A nightly file is missing in the morning."""
        self.flow.write({"silence_watch": "declared", "expected_every_minutes": 60})
        self.flow.silence_from = NOW - timedelta(days=1)
        self.message(NOW)
        self.watch(NOW + timedelta(minutes=59))
        self.assertFalse(self.flow.silent_since)
        self.watch(NOW + timedelta(minutes=61))
        self.assertEqual(self.flow.silent_since, NOW)
        self.assertIn("every 60 minutes", self.exceptions().error_message)
        self.flow.silence_watch = "off"
        self.watch(NOW + timedelta(minutes=61))
        self.assertFalse(self.exceptions())

    def test_a_declared_flow_that_never_spoke(self):
        """A flow that was set up and never used is not missed."""
        self.flow.write({"silence_watch": "declared", "expected_every_minutes": 60})
        self.flow.silence_from = NOW
        self.watch(NOW + timedelta(minutes=30))
        self.assertFalse(self.flow.silent_since)
        self.watch(NOW + timedelta(minutes=70))
        self.assertEqual(self.flow.silent_since, NOW)

    def test_what_cannot_be_kept_is_refused(self):
        """Silence is watched with nonsense, and the watch breaks."""
        for values in (
            {"silence_watch": "declared", "expected_every_minutes": 0},
            {"expected_from": 25},
            {"expected_to": -1},
        ):
            with self.assertRaises(ValidationError):
                self.flow.write(values)

    def test_a_closed_exception_stays_closed(self):
        """An operator says that the silence is right, and is asked again each minute."""
        self.traffic()
        self.watch(NOW + timedelta(hours=2))
        self.exceptions().with_user(self.users["operator"]).action_ignore()
        self.watch(NOW + timedelta(hours=3))
        self.assertFalse(self.exceptions())

    def test_queries_do_not_grow_with_the_flows(self):
        """The watch takes a minute when there are a thousand flows."""
        self.traffic()
        self.watch(NOW)
        flows = self.env["integration.flow"].create(
            [{**self._inbound_values(), "code": f"im.s{number}"} for number in range(15)]
        )
        for flow in flows:
            self.traffic(flow=flow, steady=False, weeks=3)
        self.watch(NOW)
        self.env.cr.execute("UPDATE integration_flow SET expected_by = NULL")
        self.env.invalidate_all()
        # Every flow is a candidate now.
        with self.assertQueryCount(8):
            self.watch(NOW + timedelta(minutes=1))
