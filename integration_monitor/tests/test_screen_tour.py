"""The screens of transactions in a browser, wide and on a phone."""

from odoo.tests import HttpCase, tagged

from .common_screen import ScreenCase


class ScreenTour(ScreenCase, HttpCase):
    """Tours over an order whose release failed."""

    def open(self, tour, user, order):
        """Run a tour on the screen of an order."""
        self.start_tour(
            f"/odoo/integration-transactions/{self.owner(order).id}",
            tour,
            login=self.users[user].login,
            timeout=180,
        )


@tagged("post_install", "-at_install")
class TestScreenTour(ScreenTour):
    def test_warehouse_reads_and_asks(self):
        """A packer sees what is wrong and whom to call, and opens a transfer."""
        order = self.order()
        self.break_down(order)
        self.open("integration_monitor_screen_warehouse", "wendy", order)

    def test_operator_retries(self):
        """An operator tries again, and starts the runbook, without leaving the screen's way."""
        order = self.order()
        exception = self.break_down(order)
        self.runbook(exception)
        self.open("integration_monitor_screen_operator", "operator", order)
        self.env.invalidate_all()
        self.assertEqual(exception.state, "retrying")
        self.assertEqual(exception.message_id.state, "retry")

    def test_operator_runs_the_runbook(self):
        """The steps are read on the screen and worked through on the exception."""
        order = self.order()
        exception = self.break_down(order)
        self.runbook(exception)
        self.open("integration_monitor_screen_runbook", "operator", order)
        self.env.invalidate_all()
        self.assertEqual(exception.runbook_run_id.started_by_id, self.users["operator"])

    def test_all_steps_in_two_rows(self):
        """The fifteen steps of an order fit beside each other without scrolling."""
        self.open("integration_monitor_screen_rows", "viewer", self.order())


@tagged("post_install", "-at_install")
class TestScreenTourPhone(ScreenTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_warehouse_on_a_phone(self):
        """At the width of a phone nothing scrolls sideways, and lists are cards."""
        order = self.order()
        self.break_down(order)
        self.open("integration_monitor_screen_phone", "wendy", order)

    def test_steps_on_a_phone(self):
        """What is over is one line, so that what is awaited is in sight."""
        order = self.order()
        self.ship(order.picking_ids)
        self.open("integration_monitor_screen_phone_steps", "wendy", order)
