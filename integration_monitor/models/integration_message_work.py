"""Working on one claimed message: handler in, call out, and what follows from a failure."""

import json
import logging
import time

from psycopg2 import InterfaceError, OperationalError

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..instrumentation import log_writer
from ..tools import classify, context, json_safe
from ..tools.errors import BusinessError, IntegrationError
from .integration_flow_drain import CONFLICT_CODES
from .integration_message_settle import work_began

_logger = logging.getLogger(__name__)

CONFLICT_TRIES = 3
# What ``_own`` finds.
CLAIMED, ANSWERED = "claimed", "answered"
# Faults of the line to a partner: what a call of the engine would have raised itself.
LINE_FAULTS = ("dns", "connect", "tls", "timeout")


class IntegrationMessage(models.Model):
    """The work of a drain; every method here runs inside its job, one message at a time."""

    _inherit = "integration.message"

    def _work(self, attempt, known=None):
        """Work on a claimed message and settle it; commits.

        :param int attempt: the attempt that was claimed; a message that somebody else took
            meanwhile is left alone
        :param known: what the claim read, see :meth:`_known_of_claim`
        :return: whether nothing failed
        """
        self.ensure_one()
        began = work_began.set(time.monotonic())
        try:
            return self._work_and_settle(attempt, known)
        finally:
            work_began.reset(began)

    def _work_and_settle(self, attempt, known=None):
        """Try the work, again on a database conflict, and settle whatever came of it.

        :return: whether nothing failed
        """
        flow = self.env["integration.flow"]
        for left in reversed(range(CONFLICT_TRIES)):
            try:
                claim, known = self._own(attempt, known), None
                if not claim:
                    flow._rollback_step()
                    return True
                with self._execution(attempt):
                    if self.direction == "inbound":
                        self._work_inbound()
                    else:
                        self._work_outbound(attempt, claim)
                return True
            except OperationalError as error:
                flow._rollback_step()
                if error.pgcode not in CONFLICT_CODES:
                    if self.env.cr.closed or not error.pgcode:
                        raise
                    self._settle_error(attempt, error)
                    return False
                if not left:
                    self._settle_error(attempt, error, conflict=True)
                    return False
            except InterfaceError:
                # The connection is gone: nothing can be written, the sweep takes the claim back.
                raise
            except Exception as error:  # noqa: BLE001 - whatever a handler raises is settled
                if getattr(error, "source", None):
                    error.seen_before = self.env["integration.exception"]._first_unseen()
                flow._rollback_step()
                self._settle_error(attempt, error)
                return False
        return False

    def _execution(self, attempt):
        """Bind the identity of this message for the log and for outbound calls."""
        message = self.sudo()  # identity only, on behalf of the engine
        return context.bound(
            correlation_id=message.correlation_id or None,
            trace_id=message.trace_id or None,
            flow_id=message.flow_id.id,
            message_id=message.id,
            endpoint_id=message.endpoint_id.id or None,
            company_id=message.company_id.id or None,
            attempt=attempt,
        )

    def _own(self, attempt, known=None):
        """Lock the row for this transaction, and read what working on it asks.

        :param known: what the claim read
        :return: a false value when the claim is not ours any more; else
            ``CLAIMED``, or ``ANSWERED`` when a kept answer waits to be applied
        """
        answered = self._load_known(known) if known else None
        if answered is None:
            answered = self._load_for_work(attempt)
        return None if answered is None else ANSWERED if answered else CLAIMED

    def _work_inbound(self):
        """Handle the message and settle it in one transaction: applied exactly once."""
        records = self.flow_id._handler()._handle(self, self._parsed_payload())
        self.env.flush_all()
        self._commit_done(records)

    def _work_outbound(self, attempt, claim):
        """Prepare, commit, call, keep the answer, commit, apply it, settle, commit.

        The call repeats safely: it carries the same idempotency key each time. A 2xx answer is
        kept before it is applied, so that a failure while applying never calls again. What has
        nothing to keep is not committed: each commit costs as much as all the rest.

        :param claim: what ``_own`` found
        """
        flow = self.flow_id
        if claim == ANSWERED:
            self._apply_answer()
            return
        try:
            built = self._ensure_payload()
        except Exception as error:
            error.before_sending = True
            raise
        if built is None:
            self._settle_cancelled(self.env._("There is nothing to send any more."))
            flow._commit_step()
            return
        if built:
            flow._commit_step()
            # The lock tells the sweep that the call is going on.
            if not self._own(attempt):
                flow._rollback_step()
                return
        response = self._send()
        if flow._handler()._applies_answers() or not self._settle_at_once(response):
            self._keep_answer(response)
            flow._commit_step()
            if self._own(attempt):
                self._apply_answer()
            else:
                flow._rollback_step()

    def _settle_at_once(self, response):
        """Settle a message whose answer needs no applying, in the transaction that called.

        :param response: the ``HttpResponse``
        :return: False when that failed: nothing has happened, the answer can be kept
        """
        try:
            with self.env.cr.savepoint():
                self.sudo().write(self._answer_values(response))  # the engine's own note
                [observation] = self._settle_done()
                # With all that a commit does: what is left of it cannot lose the answer.
                self.env.cr.flush()
        except InterfaceError:
            raise
        except Exception:  # noqa: BLE001 - it happens again, and is settled, with the answer kept
            if self.env.cr.closed:
                raise
            _logger.info("Message %s: settled in a second step", self.id, exc_info=True)
            return False
        self.flow_id._commit_step()
        log_writer.record(self.env, observation)
        return True

    def _commit_done(self, records):
        """Settle the message as done; commits.

        :param records: what the handler returned
        """
        [observation] = self._settle_done({self.id: records})
        self.flow_id._commit_step()
        log_writer.record(self.env, observation)

    def _ensure_payload(self):
        """Build the payload at the first claim, and at each claim when it tells the state.

        :return: whether it was built just now; None when there is nothing to send
        """
        flow = self.flow_id
        if self.payload and not self._tells_state():
            return False
        payload = flow._handler()._prepare(self)
        if payload is None:
            return None
        text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        # The service account cannot write messages; the engine keeps what its handler built.
        self.sudo()._set_payload(text)
        return True

    def _parsed_payload(self):
        """Return the JSON value of the payload, or its text when it is declared as no JSON.

        :raises ContractError: text that should be JSON and is not
        """
        return json_safe.loads(self.payload or "") if self._is_json() else self.payload or ""

    def _settle_error(self, attempt, error, conflict=False):
        """Settle a failed attempt in a transaction of its own; commits.

        :param error: what was raised; the work's transaction is rolled back already
        :param bool conflict: a database conflict, tried again without counting as a failure
        """
        flow = self.flow_id
        failure = self._as_failure(error)
        failure.seen_before = getattr(error, "seen_before", False)
        failure.answer_refused = getattr(error, "answer_refused", False)
        failure.before_sending = getattr(error, "before_sending", False)
        failure.nothing_sent = getattr(error, "nothing_sent", False)
        for left in reversed(range(CONFLICT_TRIES)):
            try:
                if self._own(attempt):
                    # Bookkeeping of the engine, which the service account may not write.
                    self.sudo()._settle_failure_safely(failure, conflict=conflict)
                flow._commit_step()
                return
            except OperationalError as again:
                flow._rollback_step()
                if again.pgcode not in CONFLICT_CODES or not left:
                    raise

    def _as_failure(self, error):
        """Translate whatever was raised into one error of the tree, and log it once."""
        if isinstance(error, IntegrationError):
            _logger.info("Message %s: %s: %s", self.id, error.error_class, error)
            return error
        if isinstance(error, OperationalError) and error.pgcode in CONFLICT_CODES:
            _logger.info("Message %s: database conflict %s", self.id, error.pgcode)
            failure = IntegrationError(
                self.env._("Somebody works on the same record; trying again in a moment.")
            )
            failure.retryable = True
            return failure
        text = str(error.args[0] if error.args else error) or type(error).__name__
        if isinstance(error, AccessError):
            _logger.warning("Message %s: the service account lacks a right: %s", self.id, text)
            return IntegrationError(
                self.env._(
                    "The service account may not do this. Give it the missing role, then retry. "
                    "%(text)s",
                    text=text,
                )
            )
        if isinstance(error, UserError):  # ValidationError and MissingError are children
            _logger.info("Message %s: refused: %s", self.id, text)
            return BusinessError(text)
        if classify.error_class_of(error) in LINE_FAULTS:
            # A handler that calls a partner on its own: as transient as a call of the engine.
            _logger.info("Message %s: %s", self.id, text)
            return classify.from_exception(error)
        _logger.warning("Message %s: unexpected failure", self.id, exc_info=error)
        failure = IntegrationError(f"{type(error).__name__}: {text}")
        failure.retryable = True
        return failure
