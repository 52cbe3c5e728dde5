"""What is at stake while a message is not done: what it is about, and how much money."""

import logging
from math import isfinite

from odoo import fields, models

from ..tools.errors import ContractError

_logger = logging.getLogger(__name__)


class IntegrationMessage(models.Model):
    """What the handler can tell of a message that has no document yet."""

    _inherit = "integration.message"

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

    def _subject_of(self, stake, default=None):
        """Return the key of the matter: messages with the same one are about the same thing.

        :param dict stake: as of ``integration.handler._stake``
        :param default: what the message is about when its content does not tell
        :return: a ``subject_key``, or False
        """
        subject = stake.get("subject", stake.get("reference")) or default
        return f"ref:{subject}" if subject else False

    def _keep_in_order(self):
        """Let later messages about the same matter wait for this inbound one while it is tried.

        Once it has failed they go on: what a partner tells later makes up for it.
        """
        key = self._subject_of(self._stake())
        if key:
            self.write({"ordering_key": key, "passes_failed": True})

    def _told_before(self, stake, about):
        """Return what the open exception tells and this content does not tell any more.

        A person may have corrected the content such that it cannot be read at all; which order
        waits, and how much money, is still what was read before.

        :param dict stake: as of ``integration.handler._stake``
        :param about: what the message is about, in words, or a false value
        :return: dict of values of ``integration.exception``
        """
        amount_known = self.transaction_id or "amount" in stake
        if about and amount_known:
            return {}
        exception = self.env["integration.exception"].search(
            [("dedupe_key", "=", self._dedupe_key()), ("is_open", "=", True)], limit=1
        )
        told = {}
        if exception and not about:
            told["name"] = exception.name
        if exception and not amount_known:
            told["amount_at_stake"] = exception.amount_at_stake
            told["amount_stated"] = exception.amount_stated
        return told

    def _amount_at_stake(self, stake):
        """Return the open amount in the company's currency; zero when nobody can tell.

        :return: (amount, the amount as the partner states it, or False)
        """
        if self.transaction_id:
            done = self.transaction_id.state == "completed"
            return 0.0 if done else self.transaction_id.amount_company, False
        amount, code = stake.get("amount") or 0.0, stake.get("currency")
        if not isfinite(amount):
            # A handler's float("NaN"): no amount, and nothing that can be stored.
            amount = 0.0
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
