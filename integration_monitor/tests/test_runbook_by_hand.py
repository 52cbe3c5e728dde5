from odoo.tests import tagged

from .common import IntegrationCase
from .test_runbook import RunbookMixin


@tagged("post_install", "-at_install")
class TestRunbookByHand(RunbookMixin, IntegrationCase):
    """Runbooks of what a person was to do."""

    def test_retry_of_what_a_person_was_to_do(self):
        """The runbook of the outage retries nothing, and can never be signed."""
        message = self.outbound._emit(self.users["plain"].partner_id)
        self.env.flush_all()
        message.sudo().write(message._by_hand_values())
        message._ask_by_hand()
        exception = message.exception_ids.with_user(self.users["operator"])
        self.start(exception, self.runbook("retry"))
        exception.action_runbook_do()
        self.assertFalse(message.hold_reason)
        self.assertEqual(exception.state, "retrying")
