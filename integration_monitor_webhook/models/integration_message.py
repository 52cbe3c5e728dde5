"""Test events: messages that prove the way in and ask for no work."""

from odoo import fields, models


class IntegrationMessage(models.Model):
    """Settles test events."""

    _inherit = "integration.message"

    def _settle_test_event(self):
        """Finish a test event in the transaction that receives it, so that no worker sees it.

        The flow's handler is not called: a test makes no document.
        """
        self.write(
            {
                "state": "done",
                "done_at": fields.Datetime.now(),
                "held": False,
                "hold_reason": False,
                "message_type": "integration.test",
            }
        )
