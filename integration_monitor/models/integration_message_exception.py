"""A message and its exception: opened when it dies, closed when it, or its successor, is done."""

import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.tools import SQL

from ..tools import fingerprint, redaction
from ..tools.errors import ContractError, IntegrationError
from .integration_message_settle import ERROR_LIMIT

_logger = logging.getLogger(__name__)


class IntegrationMessage(models.Model):
    """What is at stake, for whom, and what a later success means."""

    _inherit = "integration.message"

    def _open_exception(self, failure):
        """Open (or count again) the exception of a dead or quarantined message.

        :param failure: the ``IntegrationError`` that ended it
        """
        self.ensure_one()
        stake = self._stake()
        self._link_document(stake.get("document"))
        if not self.subject_key:
            subject = stake.get("reference") or self.ordering_key
            self.subject_key = f"ref:{subject}" if subject else False
        self.subject_version = stake.get("version") or self.subject_version
        source = failure.source or {}
        transaction = self.transaction_id
        amount, stated = self._amount_at_stake(stake)
        about = self._document_label() or stake.get("about") or stake.get("reference")
        self.env["integration.exception"]._open(
            [
                {
                    "name": self._exception_title(about),
                    "dedupe_key": self._dedupe_key(),
                    "category": failure.category,
                    "error_class": failure.error_class,
                    "error_message": self.error_message,
                    "first_error_message": self.first_error_message,
                    "fingerprint": self.fingerprint,
                    "flow_id": self.flow_id.id,
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
                }
            ]
        )

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

    def _stake(self):
        """Ask the handler what an inbound message is about; never fails.

        :return: the dict of ``integration.handler._stake``
        """
        if self.direction != "inbound" or not self.payload:
            return {}
        # The handler runs as the service account here too, and may not break the settlement.
        message = self.with_user(self.flow_id.service_user_id).sudo(False)
        try:
            with self.env.cr.savepoint(flush=False):
                return message.flow_id._handler()._stake(message, self._parsed_payload()) or {}
        except ContractError:
            return {}
        except Exception:  # noqa: BLE001 - a broken payload must not hide the failure itself
            _logger.info("Message %s: the stake is unknown", self.id, exc_info=True)
            return {}

    def _amount_at_stake(self, stake):
        """Return the open amount in the company's currency; zero when nobody can tell.

        :return: (amount, the amount as the partner states it, or False)
        """
        if self.transaction_id:
            done = self.transaction_id.state == "completed"
            return 0.0 if done else self.transaction_id.amount_company, False
        amount, code = stake.get("amount") or 0.0, stake.get("currency")
        stated = f"{amount:.2f} {code or '?'}" if amount else False
        company = self.company_id
        currencies = self.env["res.currency"].with_context(active_test=False)
        currency = currencies.search([("name", "=", code)], limit=1) if code else currencies
        if currency == company.currency_id:
            return amount, False
        # Without a rate Odoo converts one to one, and yen would count as dollars.
        if not amount or not currency or not self._has_rate(currency):
            return 0.0, stated
        day = fields.Date.context_today(self)
        return currency._convert(amount, company.currency_id, company, day), stated

    def _has_rate(self, currency):
        """:return: whether the company knows what the currency is worth"""
        return bool(
            self.env["res.currency.rate"].search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", (False, self.company_id.root_id.id)),
                ],
                limit=1,
            )
        )

    def _resolve_exceptions(self):
        """Close the exceptions of this message, and of older ones about the same matter."""
        exceptions = self.env["integration.exception"].search(
            [
                ("is_open", "=", True),
                ("flow_id", "=", self.flow_id.id),
                ("message_id", "=", self.id),
            ]
        )
        older = self._superseded()
        if older:
            older.write({"state": "cancelled", "superseded_by_id": self.id, "held": False})
            for message in older:  # a few at most; its successor took its place
                message._apply_payload_policy()
            exceptions |= self.env["integration.exception"].search(
                [("is_open", "=", True), ("message_id", "in", older.ids)]
            )
        for exception in exceptions:
            reason = "retry" if exception.state == "retrying" else "auto"
            exception._resolve(reason)

    def _superseded(self):
        """Return the failed messages of this flow that the success of this one makes up for.

        Those about the same document or reference that came earlier and tell of no newer version:
        what a partner delivers late does not undo what it told since.
        """
        # A replay tells nothing that its original did not: failures since then stay open.
        limit = self._age_id() + 1 if self.replay_of_id else self.id
        older = self.search(
            [
                ("flow_id", "=", self.flow_id.id),
                ("state", "in", ("dead", "quarantined")),
                ("id", "<", limit),
            ],
            limit=1,
        )
        if not older or self.state != "done":
            return self.browse()
        subject, version = self.subject_key, self.subject_version
        if self.direction == "inbound" and not (subject and version):
            stake = self._stake()
            reference = stake.get("reference")
            subject = subject or (f"ref:{reference}" if reference else False)
            version = version or stake.get("version")
        repeated = self.replay_of_id.filtered(lambda m: m.state in ("dead", "quarantined"))
        if not subject:
            return repeated
        failed = self.search(
            [
                ("flow_id", "=", self.flow_id.id),
                ("state", "in", ("dead", "quarantined")),
                ("subject_key", "=", subject),
                ("id", "<", limit),
            ]
        )
        return repeated | failed.filtered(
            lambda message: not version
            or not message.subject_version
            or message.subject_version <= version
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
            except Exception:  # closing an exception must work whatever the payload is
                _logger.warning("Message %s: not accepted", message.id, exc_info=True)
