"""The screens of outcomes, in a browser."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common_outcome import OutcomeCase


@tagged("post_install", "-at_install")
class TestOutcomeTour(OutcomeCase, HttpCase):
    def test_screens(self):
        """A viewer goes from the curve to the breakdown and to the orders."""
        ended = self.env.cr.now().replace(microsecond=0)
        for hours in (24, 48):
            self.moments(self.complete(), ended - timedelta(hours=hours), paid=ended)
        self.outcomes._roll_up_batch(self.env.cr.now())
        viewer = new_test_user(
            self.env, "im_outcome_tour", groups="base.group_user,integration_monitor.group_viewer",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.start_tour(
            "/odoo/integration-outcome-orders",
            "integration_monitor_outcome",
            login=viewer.login,
            timeout=180,
        )
