"""What became of a message after the partner took it: confirmed, turned down, failed on its way."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import failed_step, redaction
from .integration_message_settle import ERROR_LIMIT

# So many overdue acknowledgements are told in one run of the watch.
OVERDUE_BATCH = 1000


class IntegrationMessage(models.Model):
    """Acknowledgements that come later than the answer, and a middleware's failures."""

    _inherit = "integration.message"

    def _awaited_acknowledgement(self):
        """:return: the values of messages of one flow that the partner has just taken"""
        minutes = self.flow_id.ack_minutes if self.flow_id.direction == "outbound" else 0
        if not minutes:
            return {}
        due = fields.Datetime.now() + timedelta(minutes=minutes)
        return {"ack_state": "awaited", "ack_due_at": due}

    def _failed_step(self, response):
        """:return: the step that a middleware's refusal names, or False

        :param response: ``HttpResponse``, or None without an answer
        """
        if response is None or self.endpoint_id.system_id.kind != "middleware":
            return False
        with self.flow_id._redacting():
            step = failed_step.read(response.text)
            return redaction.redact_text(step, failed_step.LENGTH) if step else False

    def _waiting_behind(self):
        """:return: the transactions of messages that keep their order and wait for this one"""
        if not self.flow_id.ordering or not self.ordering_key:
            return self.env["integration.transaction"]
        behind = self.search(
            [
                ("flow_id", "=", self.flow_id.id),
                ("ordering_key", "=", self.ordering_key),
                ("id", ">", self.id),
                ("state", "in", ("pending", "retry")),
            ],
            limit=OVERDUE_BATCH,
        )
        return behind.transaction_id

    def _confirm(self):
        """The partner confirmed what it took."""
        self.write({"ack_state": "accepted", "failed_step": False, "error_message": False})
        self._close_acknowledgement()
        self.transaction_id._refresh_blame()

    def _turn_down(self, reporter, reason="", step=""):
        """The partner, or the middleware on the way, could do nothing with what was taken.

        :param reporter: ``integration.system`` that says so
        :param str reason: its words
        :param str step: the step of its own process that failed
        """
        self.ensure_one()
        if self.ack_state == "awaited":
            self._close_acknowledgement()  # that it was overdue is another matter
        with self.flow_id._redacting():
            text = redaction.redact_text(reason, ERROR_LIMIT) or False
            step = redaction.redact_text(failed_step.name(step) or "", failed_step.LENGTH)
        self.write({"ack_state": "rejected", "failed_step": step, "error_message": text})
        about = self._document_label() or self.flow_id.name
        title = (
            self.env._("%(about)s failed in %(system)s: %(step)s")
            if step
            else self.env._("%(about)s was turned down by %(system)s")
        )
        self._open_acknowledgement(
            title % {"about": about, "system": reporter.name, "step": step},
            category="technical" if step else "partner",
            system_id=reporter.id,
            error_message=text,
        )

    def _open_acknowledgement(self, name, **values):
        """Open, or see again, the exception of a message that was taken and not confirmed."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": name,
                    "dedupe_key": f"ack:{self.id}",
                    "flow_id": self.flow_id.id,
                    "message_id": self.id,
                    "transaction_id": self.transaction_id.id,
                    "res_model": self.res_model,
                    "res_id": self.res_id,
                    **values,
                }
            ]
        )

    def _close_acknowledgement(self):
        keys = [f"ack:{message.id}" for message in self]
        self.env["integration.exception"].search(
            [("dedupe_key", "in", keys), ("is_open", "=", True)]
        )._resolve()

    @api.model
    def _watch_acknowledgements(self, now):
        """Open an exception for each message whose partner should have confirmed it by now.

        One statement to find them; each is told once.

        :param datetime now: UTC
        """
        self.flush_model(["ack_state", "ack_due_at"])
        self.env["integration.exception"].flush_model(["dedupe_key"])
        rows = self.env.execute_query(
            SQL(
                """SELECT message.id FROM integration_message message
                    WHERE message.ack_state = 'awaited' AND message.ack_due_at <= %(now)s
                      AND NOT EXISTS (SELECT FROM integration_exception told
                                       WHERE told.dedupe_key = 'ack:' || message.id)
                    ORDER BY message.ack_due_at LIMIT %(batch)s""",
                now=now,
                batch=OVERDUE_BATCH,
            )
        )
        for message in self.sudo().browse([row[0] for row in rows]):  # the engine's, as the watch
            message._open_acknowledgement(
                self.env._(
                    "%(system)s has not confirmed %(about)s",
                    system=message.system_id.name,
                    about=message._document_label() or message.flow_id.name,
                ),
                category="partner",
                system_id=message.system_id.id,
            )
