"""Exceptions that ask a person to do something by hand."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.client_actions import CLOSE, notification


class IntegrationException(models.Model):
    """Ends with the message: done by hand, given back, or discarded."""

    _inherit = "integration.exception"

    is_by_hand = fields.Boolean(compute="_compute_is_by_hand")

    @api.depends("state", "message_id.state", "message_id.hold_reason")
    def _compute_is_by_hand(self):
        """Say whether a message is out of the queue and waits for a person."""
        for exception in self:
            message = exception.message_id
            exception.is_by_hand = (
                exception.is_open and message.state == "retry" and message.hold_reason == "manual"
            )

    @api.depends("is_by_hand")
    def _compute_can_retry(self):
        """'Send After All' takes the place of 'Retry'."""
        result = super()._compute_can_retry()
        for exception in self.filtered("is_by_hand"):
            exception.can_retry = False
        return result

    @api.depends("is_by_hand", "flow_id.manual_text")
    def _compute_advice(self):
        return super()._compute_advice()

    def _advice_text(self):
        """What the flow says, and how to go on afterwards."""
        if not self.is_by_hand:
            return super()._advice_text()
        return " ".join(
            filter(
                None,
                [
                    self.flow_id.manual_text,
                    self.env._(
                        "Press “Done by Hand” and note the reference. If the partner is back and "
                        "nobody has done it, press “Send After All”; if it is not needed any "
                        "more, “Discard”."
                    ),
                ],
            )
        )

    @api.depends("is_by_hand", "flow_id.manual_runbook_id")
    def _compute_runbook_id(self):
        """Propose the runbook that the flow names for work by hand."""
        result = super()._compute_runbook_id()
        for exception in self.filtered("is_by_hand"):
            exception.runbook_id = exception.flow_id.manual_runbook_id or exception.runbook_id
        return result

    def action_retry(self):
        """Try the others of a selection again: what a person was to do waits for his decision."""
        self._check_operator()
        by_hand = self.filtered("is_by_hand")
        if by_hand and not self.sudo()._retry_messages():  # messages are the engine's
            by_hand._check_not_by_hand()
        result = super().action_retry()
        if not by_hand:
            return result
        text = self.env._(
            "%s wait for a person and were left alone: press “Done by Hand” or “Send After All” "
            "there.",
            len(by_hand),
        )
        return notification(text, "warning", then=CLOSE)

    def action_done_by_hand(self):
        """Ask for the reference of what a person did."""
        self._check_operator()
        return self.message_id.action_done_by_hand()

    def action_send_after_all(self):
        """Give the messages back to the queue."""
        self._check_operator()
        return self.message_id.action_send_after_all()

    def _check_not_by_hand(self):
        """Refuse to close an exception whose message would be forgotten then."""
        if self.filtered("is_by_hand"):
            raise UserError(
                self.env._(
                    "Its message is out of the queue and waits for a person: press “Done by Hand”, "
                    "“Send After All” or “Discard”."
                )
            )

    def action_resolve(self):
        """Refuse for what is done by hand: that is confirmed with a reference."""
        self._check_not_by_hand()
        return super().action_resolve()

    def action_ignore(self):
        """Refuse for what is done by hand: the message would be forgotten."""
        self._check_not_by_hand()
        return super().action_ignore()
