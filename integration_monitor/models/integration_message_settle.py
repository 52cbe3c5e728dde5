"""Settling a message: what the outcome means for it, its exception and its transaction."""

import math
import time
from contextvars import ContextVar
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import ormcache

from ..instrumentation import log_writer
from ..tools import fingerprint, redaction
from ..tools.errors import ContractError, RetryLater
from ..tools.observation import Observation

CONFLICT_SECONDS = 2
# Conflicts in a row that are forgiven before they count as failed attempts.
CONFLICT_LIMIT = 20
ERROR_LIMIT = 4000
# When the current piece of work began (monotonic clock); for the log.
work_began = ContextVar("integration_work_began", default=None)


class IntegrationMessage(models.Model):
    """The three ends of an attempt: done, cancelled, failed."""

    _inherit = "integration.message"

    def _settle_done(self, documents=None):
        """Mark messages of one flow done, in the transaction that applied them.

        :param dict documents: by message id: what the handler returned; the first record becomes
            the document
        :return: the ``Observation`` of each, to record once this transaction is committed
        """
        messages = self.sudo()  # bookkeeping of the engine, which the service account may not write
        messages.write(
            {
                "state": "done",
                "done_at": fields.Datetime.now(),
                "next_attempt_at": False,
                "error_class": False,
                "error_message": False,
                "failed_step": False,
                "fingerprint": False,
                "conflict_count": 0,
                "answer": False,
                **messages._awaited_acknowledgement(),
            }
        )
        for message in messages:
            records = (documents or {}).get(message.id)
            if records:
                message.write({"res_model": records._name, "res_id": records[0].id})
        messages._link_transaction()
        messages._resolve_exceptions()
        messages._apply_payload_policy()
        messages._record_done_milestone()
        for message in messages.filtered(lambda message: message.direction == "outbound"):
            message.endpoint_id._note_outcome()
            message.endpoint_id._count_success(message)
        messages.transaction_id._refresh_blame()
        return [message._observation("ok") for message in messages]

    def _settle_cancelled(self, reason, by_person=False):
        """End the message without doing anything.

        :param str reason: shown to people
        :param bool by_person: somebody gave it up: its exceptions are discarded, not resolved,
            unless another failed message is left of their matter
        """
        message = self.sudo()  # bookkeeping of the engine, which the service account may not write
        message.write(
            {
                "state": "cancelled",
                "held": False,
                "hold_reason": False,
                "done_at": fields.Datetime.now(),
                "next_attempt_at": False,
                "error_message": reason,
                "given_up": by_person,
                "answer": False,
            }
        )
        if by_person:
            message.exception_ids._hand_over()._close("discarded", "discarded", reason)
        else:
            message._resolve_exceptions()
        message.transaction_id._refresh_blame()

    def _settle_failure(self, failure, conflict=False, at_once=False, innocent=False):
        """Decide between another attempt and the end; open the exception of a dead message.

        :param failure: an ``IntegrationError``
        :param bool conflict: forgiven: tried again soon without using up the budget
        :param bool at_once: without a wait, if there is another attempt at all
        :param bool innocent: not for its own fault: tried again without using up the budget
        """
        self.ensure_one()
        now = fields.Datetime.now()
        response = getattr(failure, "response", None)
        with self.flow_id._redacting():
            text = redaction.redact_text(failure.message or str(failure), ERROR_LIMIT)
        values = {
            "error_class": failure.error_class,
            "error_message": text,
            "first_error_message": self.first_error_message or text,
            "fingerprint": fingerprint.of_fault(
                failure.error_class,
                text,
                flow_id=self.flow_id.id,
                status=response.status if response is not None else None,
            ),
        }
        if response is not None:
            values["response_status"] = response.status
            values["response_body"] = self._excerpt(response.text)
        values["failed_step"] = self._failed_step(response)
        values.update(self._bound_values(failure))
        if getattr(failure, "answer_refused", False):
            values["answer_refused"] = True
        probe_again = None
        if self.direction == "outbound":
            probe_again = self.endpoint_id._count_failure(failure, self)
        if probe_again:
            # It tried on behalf of all whether the partner answers: that costs it no attempt.
            delay = max((probe_again - now).total_seconds(), 0)
            if not self._keeps_to_endpoint(failure) and self.flow_id._diverts(now):
                delay = 0  # another endpoint takes it
            values["attempt_start"] = self.attempt_start + 1
        elif innocent:
            delay = 0
            values["attempt_start"] = self.attempt_start + 1
        elif conflict and self.conflict_count < CONFLICT_LIMIT:
            delay = CONFLICT_SECONDS
            values["attempt_start"] = self.attempt_start + 1
            values["conflict_count"] = self.conflict_count + 1
        else:
            delay = self._retry_delay(failure, now)
            if at_once and delay is not None:
                delay = 0
        by_hand = delay is None and self._is_for_a_person(failure)
        if by_hand:
            self.write({**values, **self._by_hand_values()})
        elif delay is None:
            state = "quarantined" if isinstance(failure, ContractError) else "dead"
            self.write({**values, "state": state, "next_attempt_at": False, "done_at": now})
        else:
            # Whole seconds, as the clock of the drain counts: the job that comes at this time
            # must find the message due, and never before the pause that a partner asked for.
            due = now + timedelta(seconds=math.ceil(delay + time.time() % 1) if delay else 0)
            self.write({**values, "state": "retry", "next_attempt_at": due})
            self.flow_id._wake(eta=due)
        self._link_transaction()
        # Evidence of a failure is kept even when the settlement itself should fail.
        log_writer.record(self.env, self._observation("error", failure))
        if self.direction == "outbound":
            self.endpoint_id._note_outcome(failure)
        if by_hand:
            self._ask_by_hand()
        elif delay is None:
            self._open_exception(failure)
        (self.transaction_id | self._waiting_behind())._refresh_blame()

    def _retry_delay(self, failure, now):
        """:return: seconds until the next attempt, or None when there shall be none"""
        policy = self.flow_id.retry_policy_id
        since = self.budget_at or now
        since = max(since, self.flow_id._working_since(self.endpoint_id, now) or since)
        response = getattr(failure, "response", None)
        return policy._next_delay(
            failure.error_class,
            retryable=failure.retryable,
            always=isinstance(failure, RetryLater),
            attempt=self.attempt_count - self.attempt_start,
            elapsed=(now - since).total_seconds(),
            retry_after=failure.retry_after,
            # A hook may say no to an answer whose status says yes: then the class decides.
            status=getattr(failure, "status", None)
            or (response.status if response is not None and not response.ok else None),
        )

    @api.model
    @ormcache("message_type")
    def _done_steps(self, message_type):
        """:return: codes of the process steps that a done message of this type reaches"""
        steps = (
            self.env["integration.process.step"]
            .sudo()
            .search([("event_code", "=", f"message.{message_type}.done")])
        )
        return tuple(sorted(set(steps.mapped("code"))))

    def _record_done_milestone(self, source="message", at=None):
        """Reach the steps that wait for messages of this type, if the process has some.

        :param str source: who tells: message, or manual
        :param datetime at: when it was reached (UTC); None: when what the message tells happened
        """
        reached = [
            {
                "transaction_id": message.transaction_id.id or None,
                "correlation_id": message.correlation_id,
                "step_code": step,
                "occurred_at": at or message.occurred_at or message._known_since(),
                "res_model": message.res_model or None,
                "res_id": message.res_id or None,
                "message_id": message.id,
                "source": source,
            }
            for message in self
            if message.correlation_id
            for step in self._done_steps(message.message_type)
        ]
        self.env["integration.milestone"]._record(reached)

    def _known_since(self):
        """:return: when it happened at the latest (UTC): what came in tells of what was before"""
        return (self.direction == "inbound" and self.received_at) or self.done_at

    def _observation(self, outcome, failure=None):
        """:return: one attempt as the log writer takes it"""
        began = work_began.get()
        spent = (time.monotonic() - began) * 1000 if began is not None else None
        job = self.env.context.get("job_uuid")
        system = self.system_id
        if self.direction == "outbound" and self.endpoint_id:
            system = self.endpoint_id.system_id  # that of the other endpoint, when it went there
        return Observation(
            kind="message",
            outcome=outcome,
            direction=self.direction,
            system_id=system.id or None,
            endpoint_id=self.endpoint_id.id or None,
            flow_id=self.flow_id.id,
            message_id=self.id,
            message_uid=self.message_uid,
            correlation_id=self.correlation_id or None,
            trace_id=self.trace_id or None,
            attempt=self.attempt_count,
            duration_ms=spent,
            request_bytes=self.payload_bytes or None,
            company_id=self.company_id.id,
            user_id=self.env.uid,
            res_model=self.res_model or None,
            res_id=self.res_id or None,
            error_class=failure.error_class if failure else None,
            error_message=self.error_message or None,
            fingerprint=self.fingerprint or None,
            retry_after=failure.retry_after if failure else None,
            detail={"job": job} if job else None,
        )
