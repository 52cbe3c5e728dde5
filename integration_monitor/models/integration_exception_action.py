"""What people may do with an exception: take it, retry, ignore, discard, open what it is about."""

from odoo import models
from odoo.exceptions import UserError

from .form_guard import check_editable

EDITABLE = {"user_id", "severity", "deadline_at", "resolution_note"}


class IntegrationException(models.Model):
    """Buttons, and the guard that keeps states to them."""

    _inherit = "integration.exception"

    def write(self, vals):
        """Refuse forged states; a new owner takes over state and activity."""
        check_editable(self, vals, EDITABLE)
        result = super().write(vals)
        if "user_id" in vals:
            if not self.env.su:
                self.sudo().by_person = True  # what a person did is the engine's to note
            # The engine keeps state and activity in step with the owner, whoever assigns.
            opened = self.sudo().filtered(lambda e: e.state in ("open", "assigned"))
            for exception in opened:
                state = "assigned" if exception.user_id else "open"
                if exception.state != state:
                    exception.state = state
            self.sudo()._ensure_activity()
        return result

    def _check_operator(self):
        """Raise AccessError unless the user may change the exceptions."""
        self.check_access("write")

    def action_retry(self):
        """Try the failed messages of the exceptions again, with a fresh budget of attempts."""
        self._check_operator()
        messages = self.sudo()._retry_messages()  # messages are the engine's
        if not messages:
            raise UserError(
                self.env._(
                    "There is no failed message to try again, or a later one took its place or "
                    "is in work. Ignore or discard the exception when nothing is left to do."
                )
            )
        messages._check_may_retry()
        subjects = {(message.flow_id, message.subject_key) for message in messages}
        tried = self.sudo().filtered(  # state is the engine's
            lambda e: e.is_open
            and (
                e.message_id in messages
                or (e.flow_id, e.message_id.subject_key or None) in subjects
            )
        )
        tried.write({"state": "retrying", "by_person": True})
        messages._retry(ask_again=True)
        return True

    def _retry_messages(self):
        """:return: the failed messages about the matters that may be sent again, oldest first"""
        # What a person tells the partner goes back to the queue by *Send After All* alone.
        failed = self._failed_messages().filtered(lambda m: m.hold_reason != "manual")
        return (failed - failed._made_up_for()).sorted("id")

    def _open_messages(self):
        """:return: the failed messages about the matters on which a person decides"""
        failed = self._failed_messages()
        ended = failed.filtered(lambda m: m.state == "cancelled")
        return (failed - ended._made_up_for()).sorted("id")

    def _failed_messages(self):
        """:return: the messages about the matters that failed, or that somebody cancelled"""
        messages = self.message_id
        for message in self.message_id.filtered("subject_key"):
            messages |= messages.search(
                [
                    ("flow_id", "=", message.flow_id.id),
                    ("subject_key", "=", message.subject_key),
                    ("state", "in", ("dead", "quarantined")),
                ]
            )
        return messages.filtered(lambda m: m.state in ("dead", "quarantined", "retry", "cancelled"))

    def action_assign_to_me(self):
        """Take the exceptions."""
        self._check_operator()
        self.write({"user_id": self.env.uid})
        return True

    def action_resolve(self):
        """Close the exceptions: a person has put the matter right."""
        self._check_operator()
        self.sudo()._close("resolved", "manual")  # state is the engine's
        self.sudo()._let_go_on()
        return True

    def action_ignore(self):
        """Close the exceptions without doing anything; the messages stay failed."""
        self._check_operator()
        self.sudo()._close("ignored", "ignored")  # state is the engine's
        self.sudo()._let_go_on()
        return True

    def _let_go_on(self):
        """A person has decided: handlers accept what failed, later messages do not wait for it."""
        messages = self._open_messages()
        messages._accept_refused()
        messages._set_let_pass(True)

    def action_discard(self):
        """Give the matter up: the failed messages are cancelled."""
        self._check_operator()
        messages = self.sudo()._open_messages()  # messages are the engine's
        self.sudo()._close("discarded", "discarded")
        for message in messages:
            message._settle_cancelled(
                self.env._("Discarded by %(user)s.", user=self.env.user.name), by_person=True
            )
        messages._let_next_go()
        return True

    def action_reopen(self):
        """Open closed exceptions again."""
        self._check_operator()
        closed = self.sudo().filtered(lambda e: not e.is_open)  # state is the engine's
        successors = self.sudo().search(
            [
                ("is_open", "=", True),
                ("dedupe_key", "in", [key for key in closed.mapped("dedupe_key") if key]),
            ]
        )
        if successors:
            raise UserError(
                self.env._(
                    "The same matter is open again already: work on “%(name)s” instead.",
                    name=successors[0].name,
                )
            )
        messages = closed._open_messages()
        made_up = messages.filtered("ordering_key")._made_up_for()
        if made_up._has_later_in_work():
            # Else that one waits for this one, which is not sent after it.
            raise UserError(
                self.env._(
                    "A later message about the same matter is under way, and would wait for this "
                    "one: open it again when that one has ended."
                )
            )
        for exception in closed:
            exception.write(
                {
                    "state": "assigned" if exception.user_id else "open",
                    "resolution": False,
                    "resolved_at": False,
                    "by_person": True,
                }
            )
        # What another one made up for is not sent any more: nothing waits for it.
        (messages - made_up)._set_let_pass(False)
        self.sudo()._ensure_activity()
        return True

    def action_open_document(self):
        """Open the document that the exception is about."""
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            raise UserError(self.env._("This exception has no document yet."))
        return self._open_form(self.res_model, self.res_id)

    def action_open_message(self):
        """Open the message that failed."""
        self.ensure_one()
        return self._open_form("integration.message", self.message_id.id)

    def action_open_transaction(self):
        """Open the business transaction."""
        self.ensure_one()
        return self._open_form("integration.transaction", self.transaction_id.id)

    def _open_form(self, model, record_id):
        """:return: the action that opens one record"""
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": record_id,
            "views": [(False, "form")],
        }
