from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_issue import IssueCase


@tagged("post_install", "-at_install")
class TestIssueClock(IssueCase):
    """Issues while, and after, the clock of a server is wrong."""

    def test_a_clock_that_was_set_back(self):
        """A fault dated next month, once resolved, comes back without having happened again."""
        ahead = fields.Datetime.now() + timedelta(days=25)
        with freeze_time(ahead):
            self.lines()
            self.roll_up()
        issue = self.issues()
        self.assertEqual(issue.last_seen.date(), ahead.date())
        issue.action_resolve()
        self.lines(occurred_at=fields.Datetime.now() - timedelta(days=2))
        self.roll_up()
        self.assertEqual(issue.state, "resolved")
        self.assertLess(issue.last_seen, fields.Datetime.now())
        # What really happens again is told at once.
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            self.lines()
            self.roll_up()
        self.assertEqual(issue.state, "regressed")

    def test_resolved_by_a_clock_that_was_set_back(self):
        """An issue resolved while the clock was ahead sleeps until the clock is there again."""
        self.lines()
        self.roll_up()
        with freeze_time(fields.Datetime.now() + timedelta(days=25)):
            self.issues().action_resolve()
        self.lines()
        self.roll_up()
        # From now on the decision counts as taken now.
        self.assertLess(self.issues().state_since, fields.Datetime.now() + timedelta(minutes=1))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            self.lines()
            self.roll_up()
        self.assertEqual(self.issues().state, "regressed")

    def test_lines_of_the_future_were_seen_now(self):
        """A line that was written while the clock was ahead is an issue of next month."""
        with freeze_time(fields.Datetime.now() + timedelta(days=25)):
            self.lines()
        self.roll_up()
        issue = self.issues()
        self.assertLess(issue.last_seen, fields.Datetime.now() + timedelta(minutes=1))
        self.assertEqual((issue.flow_id, issue.count_day), (self.inbound, 1))

    def test_never_as_people_write_it(self):
        """Two billion days: no date is so far, and no fault is counted any more."""
        for days in (2_000_000_000, -1):
            with self.assertRaisesRegex(ValidationError, "from 0 to 36500"):
                self.env["res.config.settings"].create(
                    {"integration_issue_auto_resolve_days": days}
                )
        for number, text in enumerate(("2000000000", "²"), 1):
            self.env["ir.config_parameter"].set_param(
                "integration_monitor.issue_auto_resolve_days", text
            )
            self.lines()
            self.roll_up()
            self.assertEqual(self.issues().count, number)
