"""A message that a person does by hand: asked for, confirmed, or given back to the queue."""

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain

from ..instrumentation import log_writer
from ..tools.breaker import FAULT_CLASSES
from ..tools.errors import IntegrationError
from .integration_message_exception import BY_HAND
from .integration_message_ordering import FOR_A_PERSON

ASK_BATCH = 200


class IntegrationMessage(models.Model):
    """Out of the queue, so that it is not also sent, and never without an open exception."""

    _inherit = "integration.message"

    by_hand_reference = fields.Char(
        readonly=True, copy=False, help="What the partner, or whoever did it, calls it."
    )
    by_hand_note = fields.Text(readonly=True, copy=False)
    by_hand_user_id = fields.Many2one("res.users", "Done by Hand By", readonly=True, copy=False)

    def _is_for_a_person(self, failure):
        """:return: whether a message that ends with this failure is done by hand now"""
        return (
            self.direction == "outbound"
            and self.flow_id.fallback == "manual"
            and failure.error_class in FAULT_CLASSES
        )

    @api.model
    def _by_hand_values(self):
        """:return: the values that take a message out of the queue"""
        return {"state": "retry", "held": True, "hold_reason": "manual", "next_attempt_at": False}

    def _taken_back_values(self):
        """:return: the values that give a message back to the queue, if it was taken out"""
        return {"held": False, "hold_reason": False} if self.hold_reason in FOR_A_PERSON else {}

    def _ask_by_hand(self):
        """Ask the owners to do the messages by hand: an exception with its activity each."""
        # What else failed of a shared matter is not done with these.
        self.exception_ids._hand_over()
        vals_list = []
        for message in self:
            values = message._exception_values(IntegrationError())
            values.update(
                category="partner",
                error_class=message.error_class,
                name=self.env._("To be done by hand: %(what)s", what=values["name"]),
                error_message=message._by_hand_text(),
                first_error_message=message.first_error_message or False,
                # Each message is done by itself, also where several are about one document.
                dedupe_key=f"hand:{message.id}",
                fingerprint=False,
            )
            vals_list.append(values)
        self.env["integration.exception"]._open(vals_list)

    def _by_hand_text(self):
        """:return: why a person is asked, and what the flow says he shall do"""
        flow = self.flow_id
        endpoint = self.bound_endpoint_id or self.endpoint_id
        texts = [
            flow.manual_text
            or self.env._(
                "Tell %(system)s what this message says, by telephone or on its own screens.",
                system=endpoint.system_id.name or self.system_id.name,
            ),
            self.env._(
                "%(endpoint)s cannot be reached, and this could not wait any longer.",
                endpoint=endpoint.name,
            ),
        ]
        if self.bound_endpoint_id:
            texts.append(
                self.env._(
                    "An attempt may have arrived all the same: make sure that it did not before "
                    "you do it again."
                )
            )
        if self.error_message:
            texts.append(self.error_message)
        return " ".join(texts)

    @api.model
    def _ask_again_by_hand(self):
        """Never leave a message out of the queue without an open exception; for the sweep."""
        seen = Domain("exception_ids", "any", [("is_open", "=", True)])
        forgotten = self.search(BY_HAND & ~seen, limit=ASK_BATCH)
        forgotten._ask_by_hand()

    def action_done_by_hand(self):
        """Ask for the reference of what a person did."""
        self._check_operator()
        self._check_by_hand()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Done by Hand"),
            "res_model": "integration.manual.done",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_message_ids": self.ids},
        }

    def action_send_after_all(self):
        """Give the messages back to the queue: nobody has done them by hand."""
        self._check_operator()
        self._check_by_hand()
        # The engine changes the state, at an operator's request.
        messages = self._not_made_up_for().sudo()
        for exception in messages.exception_ids.filtered("is_open"):
            exception.message_post(
                body=self.env._("%(user)s gave it back to the queue.", user=self.env.user.name)
            )
        messages.by_person = True
        messages._retry(ask_again=True)
        return True

    def _check_by_hand(self):
        """Raise UserError unless all of the messages wait for a person."""
        if not self or self.filtered(lambda m: m.state != "retry" or m.hold_reason != "manual"):
            raise UserError(
                self.env._(
                    "Only a message that waits for a person can be confirmed or given back; this "
                    "one was sent, given back or cancelled meanwhile. Reload the page."
                )
            )

    def _settle_by_hand(self, reference, note, done_at):
        """Settle the messages: a person has done what they say.

        :param str reference: what it is called where it was done
        :param note: text, or False
        :param datetime done_at: UTC
        """
        self._check_operator()
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("Somebody works on it at this moment: try again.")
            ) from error
        self._check_by_hand()
        user = self.env.user
        for message in self.sudo():  # the engine settles, at an operator's request
            message.write(
                {
                    "state": "done",
                    "held": False,
                    "hold_reason": False,
                    "done_at": done_at,
                    "by_hand_reference": reference,
                    "by_hand_note": note,
                    "by_hand_user_id": user.id,
                }
            )
            words = message.env._(
                "Done by hand by %(user)s: %(reference)s", user=user.name, reference=reference
            )
            exceptions = message.exception_ids.filtered("is_open")
            for exception in exceptions:
                exception.message_post(body=f"{words}\n{note}" if note else words)
            exceptions._hand_over()._resolve("manual", words)
            message._link_transaction()
            message._resolve_exceptions()
            message._apply_payload_policy()
            message._record_done_milestone(source="manual", at=done_at)
            # Audit beside the message itself, which retention removes one day.
            log_writer.record(self.env, message._by_hand_observation(words))
        self.sudo().transaction_id._refresh_blame()

    def _by_hand_observation(self, words):
        """:return: the line of the log that tells who did the message by hand"""
        observation = self._observation("ok")
        observation.kind = "monitor"
        observation.operation = "message.by_hand"
        observation.user_id = self.by_hand_user_id.id
        observation.error_message = words
        return observation
