"""What people may do with a message: retry, cancel, correct its content."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import json_safe, payload

EDITABLE = {"payload", "payload_layout"}
FAILED = ("dead", "quarantined", "cancelled")


class IntegrationMessage(models.Model):
    """Buttons, and the guard that keeps everything else to the engine."""

    _inherit = "integration.message"

    def write(self, vals):
        """Refuse what only the engine may change; keep the payload as it was sent."""
        if not self.env.su:
            forged = sorted(set(vals) - EDITABLE)
            if forged:
                raise AccessError(
                    self.env._(
                        "A message is changed by the engine alone; use its buttons. "
                        "Not allowed: %(fields)s.",
                        fields=", ".join(forged),
                    )
                )
            if "payload" in vals:
                self._check_correction(vals["payload"])
                self._keep_original_payload()
                self._keep_edits(vals["payload"])
        result = super().write(vals)
        if "payload" in vals and not self.env.su:
            for message in self.filtered(lambda m: m.direction == "outbound").sudo():
                # What goes out is the correction; inbound, the checksum proves what came.
                values = payload.proof(message.payload)
                if not message.answer and not message.bound_endpoint_id:
                    # Nothing was done yet, and partners refuse a key that comes with other content.
                    mark = values["payload_sha256"][:12]
                    values["idempotency_key"] = f"{message.message_uid}-{mark}"
                message.write({**values, **message._asked_again_values(always=True)})
        return result

    def _check_correction(self, text):
        """Refuse a correction that cannot work.

        :raises UserError: the message did not fail, its content is built anew each time, or it is
            JSON and the text is not
        """
        for message in self:
            if message.state not in ("dead", "quarantined"):
                raise UserError(
                    self.env._(
                        "Only the content of a failed message can be corrected; this one is not."
                    )
                )
            if message._tells_state():
                raise UserError(
                    self.env._(
                        "A correction here would be lost: this message tells how things stand, and "
                        "is built anew each time it is sent. Correct in Odoo what it tells of, for "
                        "example the product or its stock, then press Retry."
                    )
                )
        if not any(message._is_json() for message in self):
            return
        try:
            json_safe.loads(text or "")
        except json_safe.MalformedJson as error:
            raise UserError(
                self.env._(
                    "This content would fail again, as it must be JSON. %(reason)s Correct it "
                    "there and save again, or discard your changes.",
                    reason=error,
                )
            ) from error

    def _keep_original_payload(self):
        """Before the first correction: keep what was sent, and note who corrects."""
        for message in self:
            original = message.sudo()  # the engine keeps the evidence, whoever edits
            if not original.payload_original:
                original.payload_original = original.payload
            exceptions = original.exception_ids.filtered("is_open")
            for exception in exceptions:
                exception.message_post(
                    body=self.env._(
                        "%(user)s corrected the content of the message.", user=self.env.user.name
                    )
                )

    def action_retry(self):
        """Try failed messages again at once, with a fresh budget of attempts."""
        self._check_operator()
        failed = self.filtered(lambda m: m.state in (*FAILED, "retry"))
        if not failed:
            raise UserError(self.env._("Only a message that failed can be tried again."))
        # The engine changes the state, at an operator's request.
        retryable = failed._not_made_up_for().sudo()
        retryable._check_may_retry()
        retryable.by_person = True
        retryable._retry(ask_again=True)
        return True

    def _not_made_up_for(self):
        """:return: those of these that may be sent

        :raises UserError: there are none
        """
        rest = self - self._made_up_for()
        if not rest:
            raise UserError(self._later_words())
        return rest

    def _later_words(self):
        """:return: why an older message is not sent, for people"""
        return self.env._(
            "A later message about the same matter was done since, may have arrived, or is in "
            "work: sending this one now would bring the older state back. If something is wrong "
            "at the partner, send the later one again."
        )

    def _made_up_for(self):
        """:return: those of these that a later message about the same matter took the place of

        The success of the later one marks what had failed by then (``superseded_by_id``). What a
        person had cancelled, what failed since, and what is being told this moment is looked up
        here. Of inbound messages the handler itself refuses what is older than the document, for
        partners deliver late, too.
        """
        replaced = self.filtered("superseded_by_id")
        told = (self - replaced).filtered(
            lambda m: (m.state in FAILED or m.hold_reason == "manual")
            and m.direction == "outbound"
            and not m._tells_state()
        )
        if not told:
            return replaced
        return replaced | self.browse(told._last_told_about())

    def _has_later_in_work(self):
        """:return: whether a later message about a matter of these is in work, or tried again"""
        working = self.search(
            [
                ("flow_id", "in", self.flow_id.ids),
                ("subject_key", "in", [key for key in self.mapped("subject_key") if key]),
                ("state", "in", ("processing", "retry")),
            ]
        )
        return any(
            later.flow_id == message.flow_id
            and later.subject_key == message.subject_key
            and later._age_id() > message._age_id()
            for message in self
            for later in working
        )

    def _check_may_retry(self):
        """Refuse to put back to work what would wait for ever.

        :raises UserError: says what to do first
        """
        for message in self:
            if not message.flow_id.active:
                raise UserError(
                    self.env._(
                        "Flow “%(flow)s” is archived: restore the flow first, then try again. What "
                        "is not needed any more can be cancelled.",
                        flow=message.flow_id.name,
                    )
                )
            bound = message.bound_endpoint_id
            if bound and not bound.active:
                raise UserError(
                    self.env._(
                        "“%(endpoint)s” may have acted on it already, and is archived: restore "
                        "that endpoint first, or replay the message with a new key, which goes to "
                        "the flow's present endpoint.",
                        endpoint=bound.name,
                    )
                )

    def _retry(self, *, ask_again=False):
        """Put the messages back to work: due now, budget from here.

        Those of archived flows are left as they are: nobody would work on them.

        :param bool ask_again: a person decided: an answer that could not be applied is dropped,
            and the partner is asked again with the same key
        """
        now = fields.Datetime.now()
        self = self.filtered("flow_id.active")
        ways = {flow: flow._sending_endpoint().id for flow in self.flow_id}
        for message in self:
            message.write(
                {
                    "state": "retry",
                    "next_attempt_at": now,
                    "attempt_start": message.attempt_count,
                    "budget_at": now,
                    "conflict_count": 0,
                    "given_up": False,
                    "let_pass": False,
                    "done_at": False,
                    **message._taken_back_values(),
                    **message._way_values(ways[message.flow_id]),
                    **(message._asked_again_values() if ask_again else {}),
                }
            )
        for exception in self.exception_ids.filtered("is_open"):
            exception.write({"state": "retrying"})
        self.flow_id._sync_holds()
        self.flow_id._wake()
        self.transaction_id._refresh_blame()

    def action_cancel(self):
        """Give messages up: they are not worked on any more."""
        self._check_operator()
        open_messages = self.filtered(lambda m: m.state not in ("done", "processing", "cancelled"))
        if not open_messages:
            raise UserError(self.env._("A message that is done or in work cannot be cancelled."))
        for message in open_messages.sudo():  # the engine changes the state, at a person's request
            message._settle_cancelled(
                self.env._("Cancelled by %(user)s.", user=self.env.user.name), by_person=True
            )
        open_messages.sudo()._let_next_go()  # as above
        return True

    def _check_operator(self):
        """Raise AccessError unless the user is an operator who may read the messages."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_monitor.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))

    def action_open_document(self):
        """Open the document of the message."""
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            raise UserError(self.env._("This message has no document yet."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_open_transaction(self):
        """Open the business transaction of the message."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.transaction",
            "res_id": self.transaction_id.id,
            "views": [(False, "form")],
        }

    def action_open_exceptions(self):
        """Open the exceptions of the message."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_exception"
        )
        action["domain"] = [("message_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_log(self):
        """Open every attempt of the message, as the log saw it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_log"
        )
        action["domain"] = [("message_uid", "=", self.message_uid)]
        action["context"] = {}
        return action
