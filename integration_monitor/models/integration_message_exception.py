"""A message and its exception: opened when it dies, closed when it, or its successor, is done."""

import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import fingerprint, redaction
from ..tools.errors import IntegrationError
from .integration_message_settle import ERROR_LIMIT

_logger = logging.getLogger(__name__)

# Out of the queue: a person does it.
BY_HAND = Domain([("held", "=", True), ("hold_reason", "=", "manual"), ("state", "=", "retry")])


class IntegrationMessage(models.Model):
    """What is at stake, for whom, and what a later success means."""

    _inherit = "integration.message"

    def _open_exception(self, failure):
        """Open (or count again) the exception of a dead or quarantined message.

        :param failure: the ``IntegrationError`` that ended it
        """
        opened = self.env["integration.exception"]._open([self._exception_values(failure)])
        if since := getattr(failure, "seen_before", None):
            opened._look_for_late_sources(since)

    def _exception_values(self, failure):
        """:return: the values of the exception that the failure leads to"""
        self.ensure_one()
        stake = self._stake()
        self._link_document(stake.get("document"))
        if not self.subject_key:
            self.subject_key = self._subject_of(stake, self.ordering_key)
        self.subject_version = stake.get("version") or self.subject_version
        source = failure.source or {}
        transaction = self.transaction_id
        amount, stated = self._amount_at_stake(stake)
        about = self._document_label() or stake.get("about") or stake.get("reference")
        return {
            "name": self._exception_title(about),
            "dedupe_key": self._dedupe_key(),
            "category": failure.category,
            "error_class": failure.error_class,
            "error_message": self.error_message,
            "first_error_message": self.first_error_message,
            "fingerprint": self.fingerprint,
            "flow_id": self.flow_id.id,
            **self._exception_endpoint(),
            "message_id": self.id,
            "transaction_id": transaction.id,
            "res_model": self.res_model or transaction.res_model,
            "res_id": self.res_id or transaction.res_id,
            "source_model": source.get("res_model"),
            "source_key": source.get("key"),
            "source_value": str(source["value"])[:250] if source.get("value") else False,
            "partner_id": transaction.partner_id.id or self.system_id.partner_id.id,
            "amount_at_stake": amount,
            "amount_stated": stated,
            "deadline_at": transaction.due_at,
            **self._told_before(stake, about),
        }

    def _dedupe_key(self):
        """Return the key of the open exception: the matter when it is known, else the message."""
        if self.subject_key:
            return f"flow:{self.flow_id.id}:{self.subject_key}"
        return f"message:{self.id}"

    def _exception_title(self, about):
        """:return: one line: for which document what does not work"""
        titles = {
            "inbound": self.env._("%(about)s could not be processed (%(flow)s)"),
            "outbound": self.env._("%(about)s could not be sent (%(flow)s)"),
        }
        if not about:
            reference = (self.external_id or self.message_uid or "")[:24]
            about = self.env._("Message %s", reference)
        return titles[self.direction] % {"flow": self.flow_id.name, "about": about}

    def _link_document(self, document):
        """Link a failed inbound message to the document that it names, and to its order.

        The message keeps no ``subject_key`` from it: another message about the same document is
        another matter, and does not close the exception of this one.

        :param document: a record, or a false value
        """
        if not document or self.res_id:
            return
        self.write({"res_model": document._name, "res_id": document.id})
        self._link_transaction()

    def _settle_failure_safely(self, failure, **how):
        """Settle a failure; a fault in settling it must not leave the message in work for ever.

        :raises OperationalError: a conflict, which the caller repeats
        """
        try:
            with self.env.cr.savepoint():
                self._settle_failure(failure, **how)
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("Message %s: its failure could not be settled", self.id)
            self._settle_barely(f"{failure.message or failure} / {type(error).__name__}: {error}")

    def _settle_barely(self, text):
        """Write down a failure with nothing that could fail again; a minute until the next try."""
        now = fields.Datetime.now()
        tried = self.attempt_count - self.attempt_start
        dead = tried >= self.flow_id.retry_policy_id.max_attempts
        with self.flow_id._redacting():
            text = redaction.redact_text(text, ERROR_LIMIT)
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET state = %(state)s, error_class = 'unknown', error_message = %(text)s,
                          fingerprint = %(fingerprint)s,
                          next_attempt_at = %(next)s, done_at = %(done)s, write_date = %(now)s
                    WHERE id = %(id)s""",
                state="dead" if dead else "retry",
                text=text,
                fingerprint=fingerprint.of_fault("unknown", text, flow_id=self.flow_id.id),
                next=None if dead else now + timedelta(minutes=1),
                done=now if dead else None,
                now=now,
                id=self.id,
            )
        )
        self.invalidate_recordset()
        if not dead:
            return
        try:
            with self.env.cr.savepoint():
                self._open_bare_exception(text)
        except Exception:
            # The message stays dead and readable in its list; the log has the rest.
            _logger.exception("Message %s: no exception could be opened", self.id)

    def _open_bare_exception(self, text):
        """Open an exception from what the row itself says, when the full one cannot be made."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": self.env._("A message of %(flow)s failed", flow=self.flow_id.name),
                    "dedupe_key": f"message:{self.id}",
                    "error_class": "unknown",
                    "error_message": text,
                    "flow_id": self.flow_id.id,
                    "message_id": self.id,
                }
            ]
        )

    def _document_label(self):
        """:return: the display name of the document, or False"""
        if not self.res_id or self.res_model not in self.env:
            return False
        document = self.env[self.res_model].browse(self.res_id).exists()
        return document.display_name if document else False

    def _resolve_exceptions(self):
        """Close the exceptions of these messages, and of older ones about the same matters."""
        if not self._has_failures():
            return
        opened = self.env["integration.exception"].search(
            [
                ("is_open", "=", True),
                ("flow_id", "in", self.flow_id.ids),
                ("message_id", "in", self.ids),
            ]
        )
        for message in self:
            message._resolve_matter(opened.filtered(lambda item, of=message: item.message_id == of))

    def _has_failures(self):
        """Ask once for all, as mostly nothing failed.

        :return: whether these messages have open exceptions, or their flow failed messages or such
            as a person does
        """
        self.env["integration.exception"].flush_model(["is_open", "message_id"])
        self.flush_model(["state", "flow_id", "held", "hold_reason"])
        [(found,)] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT 1 FROM integration_exception
                                   WHERE is_open AND message_id IN %s)
                       OR EXISTS (SELECT 1 FROM integration_message
                                   WHERE flow_id IN %s AND state IN ('dead', 'quarantined'))
                       OR EXISTS (SELECT 1 FROM integration_message
                                   WHERE flow_id IN %s AND held AND hold_reason = 'manual')""",
                self._ids,
                self.flow_id._ids,
                self.flow_id._ids,
            )
        )
        return found

    def _resolve_matter(self, exceptions):
        """Close the exceptions of this message, and of older ones about the same matter.

        :param exceptions: the open ones of this message
        """
        older = self._superseded()
        if older:
            older.write(
                {
                    "state": "cancelled",
                    "superseded_by_id": self.id,
                    "held": False,
                    "hold_reason": False,
                }
            )
            older._apply_payload_policy()
            exceptions |= self.env["integration.exception"].search(
                [("is_open", "=", True), ("message_id", "in", older.ids)]
            )
        # A sign-in that works sends all that it had stopped; what a person did needed none.
        sent = self.state == "done" and not self.by_hand_user_id
        works = exceptions.filtered(lambda e: sent and e._is_about_sign_in())
        for exception in works | (exceptions - works)._hand_over():
            exception._resolve("retry" if exception.state == "retrying" else "auto")
        (older.transaction_id - self.transaction_id)._refresh_blame()

    def _superseded(self):
        """Return the failed messages of this flow that the success of this one makes up for.

        Those about the same document or subject that came earlier and tell of no newer version:
        what a partner delivers late does not undo what it told since. So do those that a person
        was to do.
        """
        # A replay tells nothing that its original did not: failures since then stay open.
        limit = self._age_id() + 1 if self.replay_of_id else self.id
        failed = Domain("flow_id", "=", self.flow_id.id) & Domain("id", "<", limit)
        failed &= Domain("state", "in", ("dead", "quarantined")) | BY_HAND
        older = self.search(failed, limit=1)
        repeated = self._failed_repetitions()
        if self.state != "done" or not (older or repeated):
            return self.browse()
        # What was done counts, not what failed before: a person may have corrected the content
        # into another order, or a partner's later version of it.
        stake = self._stake()
        subject = self._subject_of(stake) or self.subject_key
        version = stake.get("version") or self.subject_version
        if not subject:
            return repeated
        return repeated | self.search(failed & Domain("subject_key", "=", subject)).filtered(
            lambda message: not version
            or not message.subject_version
            or message.subject_version <= version
        )

    def _failed_repetitions(self):
        """:return: what failed of the message that this one repeats, and of its other replays"""
        if not self.replay_of_id:
            return self.browse()
        origin = self.origin_id or self.replay_of_id
        replays = self.search([("origin_id", "=", origin.id), ("id", "<", self.id)])
        return (origin | self.replay_of_id | replays).filtered(
            lambda message: message.state in ("dead", "quarantined")
        )

    def _accept_refused(self):
        """A person closed the exception of failed inbound messages: let the handlers know."""
        for message in self:
            if message.state not in ("dead", "quarantined") or message.direction != "inbound":
                continue
            # The handler runs as the service account here too.
            work = message.with_user(message.flow_id.service_user_id).sudo(False)
            try:
                with self.env.cr.savepoint():
                    work.flow_id._handler()._accept(work, work._parsed_payload())
            except IntegrationError:
                _logger.info("Message %s: nothing to accept", message.id, exc_info=True)
            except Exception:  # closing must work whatever the payload is
                _logger.warning("Message %s: not accepted", message.id, exc_info=True)
