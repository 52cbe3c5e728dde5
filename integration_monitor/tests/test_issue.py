from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from ..tools.http_client import HttpResponse
from .common_issue import IssueCase

REFUSED = HttpResponse(
    status=422, headers={}, body=b"no such carrier", elapsed_ms=1.0, address=None
)
AUTO_RESOLVE = "integration_monitor.issue_auto_resolve_days"


@tagged("post_install", "-at_install")
class TestIssue(IssueCase):
    def test_lines_of_one_fault_are_one_issue(self):
        """A thousand failures make a thousand rows to read; or a refused flood counts as one."""
        for number in (1, 2, 3):
            self.lines(error_message=f"Order {number} failed")
        self.lines(count=40)
        self.lines(error_message="Something else")
        self.lines(outcome="refused", error_class="auth")
        self.roll_up()
        self.roll_up()
        issue = self.issues(name="Order … failed")
        self.assertEqual((len(issue), issue.count, issue.state), (1, 43, "new"))
        self.assertEqual((issue.flow_id, issue.system_id), (self.inbound, self.system))
        self.assertEqual((issue.error_class, issue.category), ("server", "technical"))
        self.assertEqual(sum(issue.occurrence_ids.mapped("count")), 43)
        self.assertEqual((issue.count_day, issue.count_week), (43, 43))
        self.assertEqual(len(self.issues()), 2)

    def test_later_lines_add_up(self):
        """The second minute replaces the first, or a late line moves the first time."""
        self.lines(2)
        self.roll_up()
        long_ago = fields.Datetime.now() - timedelta(hours=5)
        self.lines(3, occurred_at=long_ago)
        self.roll_up()
        issue = self.issues()
        self.assertEqual(issue.count, 5)
        self.assertEqual(issue.first_seen.replace(microsecond=0), long_ago)
        self.assertEqual(sorted(issue.occurrence_ids.mapped("count")), [2, 3])

    def test_call_attempt_and_exception_are_one_issue(self):
        """One refused call makes an issue for the call, one for the message, one for the board."""
        self.outbound._emit([{"res_model": "res.partner", "res_id": 1, "payload": "{}"}])
        with self.answers(REFUSED):
            log_writer.write_on(self.env.cr, self.drain(self.outbound))
        message = self.outbound.message_ids
        self.assertEqual(message.state, "dead")
        self.env.cr.execute(
            "SELECT kind, fingerprint FROM integration_log_data WHERE flow_id = %s ORDER BY kind",
            (self.outbound.id,),
        )
        self.assertEqual(
            self.env.cr.fetchall(),
            [("http_out", message.fingerprint), ("message", message.fingerprint)],
        )
        exception = message.exception_ids
        self.assertEqual(exception.fingerprint, message.fingerprint)
        self.roll_up()
        issue = self.issues()
        self.assertEqual((len(issue), issue.count), (1, 1))
        self.assertEqual((issue.exception_count, issue.open_exception_count), (1, 1))
        self.assertEqual(exception.issue_id, issue)

    def test_the_whole_life(self):
        """An issue that was resolved never comes back, or an archived one shouts."""
        message = self.refuse()
        exception = message.exception_ids
        issue = exception.issue_id
        self.assertEqual((len(issue), issue.state, issue.count), (1, "new", 0), "at once")
        self.assertEqual(issue.open_exception_count, 1)
        self.roll_up()
        self.assertEqual((issue.state, issue.count, issue.category), ("new", 1, "business"))
        operator = issue.with_user(self.users["operator"])
        operator.action_take()
        self.assertEqual((issue.state, issue.user_id), ("ongoing", self.users["operator"]))
        # The cause is mended: what waits is tried again, and the issue closed.
        operator.action_retry_all()
        self.drain(self.inbound)
        self.assertEqual((message.state, exception.state), ("done", "resolved"))
        operator.action_resolve()
        self.assertEqual((issue.state, issue.resolved_by_id), ("resolved", self.users["operator"]))
        self.roll_up()
        self.assertEqual((issue.state, issue.open_exception_count), ("resolved", 0))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self.refuse()
            self.roll_up()
            self.assertEqual((issue.state, issue.count), ("regressed", 2))
            self.assertFalse(issue.resolved_at or issue.resolved_by_id)
            # Archived until it was seen twice more.
            wizard = self.env["integration.issue.archive"].with_user(self.users["operator"])
            wizard.create({"issue_ids": issue.ids, "mode": "count", "more": 2}).action_archive()
            self.assertEqual((issue.state, issue.archived_count), ("archived", 4))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=10)):
            for _time in range(2):
                self.refuse()
            self.roll_up()
            self.assertEqual((issue.state, issue.count), ("archived", 4))
            self.refuse()
            self.roll_up()
            self.assertEqual((issue.state, issue.archived_count), ("escalating", 0))

    def test_resolved_right_after_the_failure(self):
        """An issue resolved in the second of its last failure comes back with nothing new."""
        second = fields.Datetime.now() - timedelta(minutes=1)

        def after(milliseconds):
            return freeze_time(second + timedelta(milliseconds=milliseconds))

        with after(400):
            issue = self.refuse().exception_ids.issue_id
        with after(600):
            issue._exceptions().action_ignore()
            issue.action_resolve()
        self.roll_up()
        self.assertEqual((issue.state, issue.count), ("resolved", 1))
        with after(800):
            self.refuse()
        self.roll_up()
        self.assertEqual((issue.state, issue.count), ("regressed", 2))

    def test_escalation(self):
        """A fault that explodes looks like every day."""
        now = fields.Datetime.now()
        for hours in range(2, 60):
            self.lines(occurred_at=now - timedelta(hours=hours))
        self.roll_up()
        issue = self.issues()
        self.assertEqual(issue.state, "new")
        self.lines(60)
        self.roll_up()
        self.assertEqual(issue.state, "escalating")
        with freeze_time(now + timedelta(hours=26)):
            self.env["integration.issue"]._sweep_states_on(self.env.cr)
            self.assertEqual(issue.state, "ongoing")

    def test_archived_until_a_date(self):
        """An archived issue never comes back."""
        self.lines()
        self.roll_up()
        issue = self.issues()
        until = fields.Datetime.now() + timedelta(days=2)
        issue._archive_until(until=until)
        with freeze_time(until - timedelta(minutes=1)):
            self.env["integration.issue"]._sweep_states_on(self.env.cr)
            self.assertEqual(issue.state, "archived")
        with freeze_time(until + timedelta(minutes=1)):
            self.env["integration.issue"]._sweep_states_on(self.env.cr)
            self.assertEqual((issue.state, issue.archived_until), ("ongoing", False))

    def test_archived_for_ever(self):
        """What nobody wants to see comes back with the next failure."""
        self.lines()
        self.roll_up()
        issue = self.issues()
        issue._archive_until()
        self.lines(100)
        self.roll_up()
        self.env["integration.issue"]._sweep_states_on(self.env.cr)
        self.assertEqual((issue.state, issue.count), ("archived", 101))

    def test_silence_resolves_unless_something_waits(self):
        """Issues of last year fill the board; or one is closed while orders wait."""
        self.lines()
        self.refuse()
        self.roll_up()
        quiet, waiting = self.issues().sorted("open_exception_count")
        self.env["ir.config_parameter"].set_param(AUTO_RESOLVE, "3")
        with freeze_time(fields.Datetime.now() + timedelta(days=4)):
            self.env["integration.issue"]._sweep_states_on(self.env.cr)
        self.assertEqual((quiet.state, waiting.state), ("resolved", "new"))
        self.assertFalse(quiet.resolved_by_id)
        self.env["ir.config_parameter"].set_param(AUTO_RESOLVE, "0")
        waiting._exceptions().action_resolve()
        with freeze_time(fields.Datetime.now() + timedelta(days=100)):
            self.env["integration.issue"]._sweep_states_on(self.env.cr)
        self.assertEqual(waiting.state, "ongoing", "never, by the setting")

    def test_the_setting_keeps_a_zero(self):
        """“Never” is stored as the default."""
        settings = self.env["res.config.settings"].create(
            {"integration_issue_auto_resolve_days": 0}
        )
        settings.set_values()
        self.assertEqual(self.env["integration.issue"]._auto_resolve_days(), 0)

    def test_old_issues_go(self):
        """Faults of years ago fill the database; or what somebody still works on goes, too."""
        self.lines()
        self.lines(error_message="still open")
        self.roll_up()
        old, kept = self.issues().sorted("name")
        self.assertEqual(kept.name, "still open")
        old.action_resolve()
        with freeze_time(fields.Datetime.now() + timedelta(days=500)):
            self.env["integration.issue"]._gc_issues()
            self.env["integration.issue.occurrence"]._gc_occurrences()
        self.assertFalse(old.exists())
        self.assertTrue(kept.exists())
        self.assertFalse(kept.occurrence_ids)

    def test_amounts_follow_the_exceptions(self):
        """The issue that costs most is at the bottom of the list."""

        def stake(handler, message, payload):
            return {"amount": 100.0, "currency": self.env.company.currency_id.name}

        self.refuse(_stake=stake)
        self.refuse(_stake=stake)
        self.roll_up()
        issue = self.issues()
        self.assertEqual((issue.open_exception_count, issue.amount_at_stake), (2, 200.0))
        issue._exceptions()[0].action_ignore()
        self.roll_up()
        self.assertEqual((issue.open_exception_count, issue.amount_at_stake), (1, 100.0))

    def test_an_exception_without_lines_has_an_issue(self):
        """What a sweep found is missing among the issues."""
        opened = self.env["integration.exception"]._open(
            [{"name": "No word from the shop", "flow_id": self.inbound.id, "dedupe_key": "x"}]
        )
        issue = opened.issue_id
        self.assertEqual(
            (issue.name, issue.count, issue.state), ("No word from the shop", 0, "new")
        )
        action = opened.with_user(self.users["viewer"]).action_open_issue()
        self.assertEqual(action["res_id"], issue.id)

    def test_what_is_gone_stops_nothing(self):
        """A deleted flow stops the counting of all issues."""
        self.lines(flow_id=2_000_000_009, system_id=2_000_000_009)
        self.roll_up()
        issue = self.issues(name="Order … failed")
        self.assertEqual((issue.count, len(issue.flow_id)), (1, 0))

    def test_a_fault_in_counting_issues_leaves_the_figures(self):
        """Traffic is not counted any more because an issue cannot be written."""
        self.env.cr.execute("ALTER TABLE integration_issue ADD CHECK (count < 0)")
        self.lines(3)
        with (
            self.assertLogs("odoo.addons.integration_monitor.models.integration_metric_issue"),
            mute_logger("odoo.sql_db"),
        ):
            self.roll_up()
        figures = self.env["integration.metric"].search(
            [("flow_id", "=", self.inbound.id), ("level", "=", "lifetime")]
        )
        self.assertEqual((figures.count_error, len(self.issues())), (3, 0))

    def test_counting_costs_the_same_for_many(self):
        """A minute with a hundred faults takes a hundred times as long."""

        def faults(number, shift):
            words = [chr(97 + place % 26) * (place // 26 + 2) for place in range(number)]
            for word in words:
                self.lines(error_message=f"fault {word} {shift}", error_class="unknown")

        faults(1, "warm")
        self.roll_up()
        faults(1, "one")
        with self.assertQueryCount(30):
            few = self.env.cr.sql_log_count
            self.roll_up()
            few = self.env.cr.sql_log_count - few
        faults(100, "many")
        many = self.env.cr.sql_log_count
        self.roll_up()
        self.assertLessEqual(self.env.cr.sql_log_count - many, few)

    def test_the_screens_cost_the_same_for_many(self):
        """The board of issues asks the database for each card."""
        for word in "abcdefghij":
            self.lines(error_message=f"fault {word}{word}")
        self.roll_up()
        issues = self.issues()
        self.assertEqual(len(issues), 10)
        names = ["count_day", "exception_count", "user_count", "flow_id", "trend_graph"]
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            issues.read(names)
