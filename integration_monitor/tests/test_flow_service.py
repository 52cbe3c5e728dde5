"""Promises of flows, beside what was measured: every figure computed by hand."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..instrumentation import log_writer
from .common_partner import PartnerMixin
from .common_service import NOW, ServiceCase


@tagged("post_install", "-at_install")
class TestFlowService(ServiceCase):
    def test_nothing_is_invented(self):
        """A flow without any message keeps all its promises, in green."""
        for days in ("7", "30"):
            service = self.measured(days)
            verdicts = ("latency_verdict", "recovery_verdict", "loss_verdict", "verdict")
            self.assertEqual({service[name] for name in verdicts}, {"no_data"})
            texts = (service.latency_text, service.recovery_text, service.loss_text)
            self.assertEqual(texts, ("–", "–", "–"))

    def test_latency(self):
        """The percentile is another one than a person finds by counting."""
        self.done(*range(1, 20), 605)
        service = self.measured()
        self.assertEqual(
            (service.done_count, service.latency_p95, service.latency_verdict), (20, 19, "kept")
        )
        self.done(601)  # 21 messages: the twentieth is the first that 95 % keep to
        service = self.measured()
        self.assertEqual((service.latency_p95, service.latency_verdict), (601, "broken"))
        self.assertEqual(service.latency_text, "10 min 1 s")
        self.assertEqual(service.verdict, "broken")

    def test_since_when_it_happened(self):
        """The time before a partner sends is nobody's; a partner's fast clock saves seconds."""
        self.done(5, occurred_at=NOW - timedelta(seconds=590))
        self.assertEqual(self.measured().latency_p95, 590)
        self.done(5, at=NOW - timedelta(days=8), occurred_at=NOW + timedelta(hours=2))
        self.assertEqual(self.measured().latency_p95, 590)
        self.assertEqual(self.inbound.service_ids.mapped("done_count"), [1, 2])

    def test_long_delays_are_whole_minutes(self):
        """A day on which a backlog was worked off fills the table with seconds."""
        self.done(3600, 3601, 3660, 7300)
        self.roll()
        delays = self.env["integration.flow.delay"].search([("flow_id", "=", self.inbound.id)])
        found = sorted(delays.mapped(lambda d: (d.seconds, d.count)))
        self.assertEqual(found, [(3600, 1), (3660, 2), (7320, 1)])

    def test_replays_are_not_late(self):
        """A replay of last month's messages breaks the promise of this one."""
        original = self.message(at=NOW - timedelta(days=20))
        self.done(0, occurred_at=NOW - timedelta(days=20), replay_of_id=original.id)
        self.assertEqual(self.measured().latency_verdict, "no_data")

    def test_waiting_for_too_long(self):
        """A flow in which nothing gets done at all has no late message."""
        self.message("pending", seconds=601, done_at=False)
        self.message("retry", seconds=599, done_at=False)
        service = self.measured()
        self.assertEqual((service.late_count, service.latency_verdict), (1, "at_risk"))

    def test_recovery(self):
        """A recovery is counted from the last failure, or to another flow's success."""
        minute = timedelta(minutes=1)
        start = NOW - timedelta(hours=5)
        self.line(start)
        self.line(start + 1 * minute, "timeout")
        self.line(start + 2 * minute, "server")
        self.line(start + 3 * minute, flow=self.outbound)
        self.line(start + 41 * minute + timedelta(seconds=7))
        self.line(start + 50 * minute, "connect")
        self.line(start + 52 * minute)
        self.assertEqual(
            self.outages(),
            [
                (start + minute, start + 41 * minute + timedelta(seconds=7), 2),
                (start + 50 * minute, start + 52 * minute, 1),
            ],
        )
        self.done(1)
        service = self.measured()
        self.assertEqual((service.recovery_longest, service.recovery_latest), (2407, 120))
        self.assertEqual(service.recovery_text, "40 min 7 s, 2 min")
        self.assertEqual(service.recovery_verdict, "kept")
        self.inbound.recovery_time = 40
        self.assertEqual(self.measured().recovery_verdict, "broken")
        self.inbound.recovery_time = 45
        self.assertEqual(self.measured().recovery_verdict, "at_risk")

    def test_one_wrong_message_is_no_outage(self):
        """An order with an unknown product is told as an outage of hours."""
        for error_class in ("business", "contract", "client"):
            self.line(NOW - timedelta(hours=9), error_class)
        self.assertEqual(self.outages(), [])

    def test_an_outage_that_goes_on(self):
        """What is broken this very moment is told when it is over."""
        began = NOW - timedelta(minutes=59)
        self.line(began, "auth")
        service = self.measured()
        self.assertEqual((service.failing_since, service.recovery_longest), (began, 59 * 60))
        self.assertEqual(service.recovery_verdict, "at_risk")
        later = self.measured(now=NOW + timedelta(minutes=2))
        self.assertEqual(later.recovery_verdict, "broken")
        self.line(NOW + timedelta(minutes=3), "auth")
        self.line(NOW + timedelta(minutes=4))
        self.assertEqual(self.outages(), [(began, NOW + timedelta(minutes=4), 2)])
        self.assertFalse(self.measured(now=NOW + timedelta(minutes=5)).failing_since)

    def test_one_ends_and_the_next_begins(self):
        """A flow that fails on and off within a minute is counted no more."""
        second = timedelta(seconds=1)
        self.line(NOW, "server")
        self.roll()
        self.line(NOW + 10 * second)
        self.line(NOW + 20 * second, "server")
        self.assertEqual(
            self.outages(), [(NOW, NOW + 10 * second, 1), (NOW + 20 * second, False, 1)]
        )

    def test_lines_that_come_late(self):
        """A line that a slow worker writes late begins an outage without an end."""
        self.line(NOW)
        self.assertEqual(self.outages(), [])
        self.line(NOW - timedelta(seconds=30), "server")
        self.assertEqual(self.outages(), [(NOW - timedelta(seconds=30), NOW, 1)])
        self.line(NOW + timedelta(seconds=10), "server")
        self.line(NOW + timedelta(seconds=20), "server")
        self.line(NOW + timedelta(seconds=5), "server")
        self.roll()
        self.line(NOW + timedelta(seconds=2), "server")
        self.assertEqual(self.outages()[1:], [(NOW + timedelta(seconds=2), False, 4)])

    def test_loss(self):
        """What people gave up is not lost, what is mended later is, or one is counted twice."""
        hour = timedelta(hours=1)
        self.done(1)
        self.message("dead", at=NOW - 2 * hour)
        self.message("quarantined", at=NOW - 2 * hour)
        self.message("dead", at=NOW - 59 * timedelta(minutes=1))
        replayed = self.message("dead", at=NOW - 3 * hour)
        self.message(at=NOW, replay_of_id=replayed.id)
        self.message("cancelled", at=NOW - 8 * 24 * hour, given_up=True)
        self.message("cancelled", at=NOW - 31 * 24 * hour, given_up=True)
        self.message("cancelled", at=NOW)  # by the engine: a newer one took its place
        service = self.measured()
        self.assertEqual((service.lost_count, service.failing_count), (3, 1))
        self.assertEqual((self.measured("7").lost_count, service.loss_verdict), (2, "broken"))
        self.inbound.tolerated_loss = 3
        service = self.measured()
        self.assertEqual((service.loss_verdict, service.loss_text), ("at_risk", "3 of 3, 1 failed"))
        self.inbound.tolerated_loss = 5
        self.assertEqual(self.measured().loss_verdict, "kept")
        self.inbound.write({"tolerated_loss": 50, "tolerated_loss_unit": "percent"})
        service = self.measured()  # 5 messages ended: one done, three lost, one failed just now
        self.assertEqual((service.lost_allowed, service.loss_verdict), (2.5, "broken"))

    def test_what_people_give_up(self):
        """Cancelling hides a loss; a message that is tried again stays one."""
        message = self.message("dead")
        operator = self.users["operator"]
        message.with_user(operator).action_cancel()
        self.assertTrue(message.given_up)
        message.with_user(operator).action_retry()
        self.assertFalse(message.given_up)

    def test_periods(self):
        """Last month's outage breaks this week's promise."""
        self.done(700, at=NOW - timedelta(days=7))
        self.done(5, at=NOW - timedelta(days=6))
        self.done(9, at=NOW - timedelta(days=30))
        self.assertEqual(self.measured("7").latency_p95, 5)
        month = self.measured("30")
        self.assertEqual((month.latency_p95, month.done_count), (700, 2))

    def test_counted_once(self):
        """Each roll-up counts the same messages again."""
        self.done(5)
        self.measured()
        self.assertEqual(self.measured().done_count, 1)

    def test_broken_promises_are_found(self):
        """The filter shows flows that keep what they promise."""
        self.done(601)
        self.done(5, flow=self.outbound)
        self.measured()
        found = self.env["integration.flow"].search(
            [("service_ids", "any", [("days", "=", "30"), ("verdict", "=", "broken")])]
        )
        self.assertIn(self.inbound, found)
        self.assertNotIn(self.outbound, found)
        groups = self.env["integration.flow.service"]._read_group(
            [("flow_id", "in", (self.inbound + self.outbound).ids), ("days", "=", "30")],
            ["verdict"],
            ["__count"],
        )
        self.assertEqual(dict(groups), {"broken": 1, "kept": 1})
        self.assertEqual(self.inbound.service_ids[0].action_open_flow()["res_id"], self.inbound.id)

    def test_one_statement_for_all(self):
        """Each flow more costs queries more."""
        service = self.env["integration.flow.service"]
        self.done(1)
        self.measured()
        self.env.flush_all()
        with self.assertQueryCount(2):
            service._watch_promises(NOW)
        for number in range(20):
            self.inbound.copy({"code": f"im.test.many.{number}"})
        self.env.flush_all()
        with self.assertQueryCount(2):
            service._watch_promises(NOW)

    def test_old_figures_go(self):
        """Delays and outages are kept for ever."""
        now = fields.Datetime.now().replace(microsecond=0)
        self.done(1, at=now - timedelta(days=36))
        self.done(2, at=now - timedelta(days=34))
        for days in (40, 30):
            self.line(now - timedelta(days=days), "server")
            self.line(now - timedelta(days=days, minutes=-1))
        self.roll()
        self.env["integration.metric"]._purge()
        self.env.invalidate_all()
        delays = self.env["integration.flow.delay"].search([("flow_id", "=", self.inbound.id)])
        self.assertEqual(delays.mapped("seconds"), [2])
        self.assertEqual(len(self.inbound.outage_ids), 1)

    def test_rights(self):
        """Somebody corrects the figures, or reads those of another company."""
        self.done(1)
        self.line(NOW, "server")
        self.measured()
        for model in ("service", "outage", "delay"):
            records = self.env[f"integration.flow.{model}"].search(
                [("flow_id", "=", self.inbound.id)]
            )
            self.assertTrue(records)
            self.assertTrue(records.with_user(self.users["viewer"]).read(["flow_id"]))
            with self.assertRaises(AccessError):
                records.with_user(self.users["plain"]).read(["flow_id"])
            with self.assertRaises(AccessError):
                records.with_user(self.users["administrator"]).write({"flow_id": self.outbound.id})
            with self.assertRaises(AccessError):
                records.with_user(self.users["administrator"]).unlink()
        elsewhere = self.other_company()
        self.env["res.users"].browse(self.env.uid).company_ids += elsewhere
        system = self.system.copy({"code": "im_elsewhere", "company_id": elsewhere.id})
        flow = self.env["integration.flow"].create(
            {**self._inbound_values(), "code": "im.elsewhere", "system_id": system.id}
        )
        self.measured()
        self.assertTrue(flow.service_ids)
        seen = self.env["integration.flow.service"].with_user(self.users["viewer"]).search([])
        self.assertNotIn(flow.id, seen.flow_id.ids)


@tagged("post_install", "-at_install")
class TestFlowServiceWorked(PartnerMixin, ServiceCase):
    def test_from_a_failure_to_the_next_success(self):
        """What real attempts write into the log is none of what the figures read."""
        self.partner.open = True
        self.endpoint.base_url = self.partner.url
        self.partner.api_answer = (503, {"error": "no"})
        message = self.outbound._emit(self.env.user.partner_id)
        seen = self.drain(self.outbound)
        self.assertEqual(message.state, "retry")
        self.partner.api_answer = (200, {})
        self.due_now(message)
        seen += self.drain(self.outbound)
        self.assertEqual(message.state, "done")
        self.env.flush_all()
        log_writer.write_on(self.env.cr, list(seen))
        self.roll()
        outage = self.outbound.outage_ids
        self.assertEqual((len(outage), outage.failure_count), (1, 1))
        self.assertTrue(outage.ended_at)
        service = self.measured(now=fields.Datetime.now(), flow=self.outbound)
        self.assertEqual((service.done_count, service.latency_verdict), (1, "kept"))
