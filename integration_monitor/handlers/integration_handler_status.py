"""A partner, or the middleware on the way, tells what became of a message."""

from odoo import models

from ..tools.errors import BusinessError, ContractError
from ..tools.shop_order.reading import Reader

STATUSES = ("accepted", "rejected", "failed")


class IntegrationHandlerStatus(models.AbstractModel):
    """Takes the acknowledgement of a message that was sent earlier.

    ``{"message": "<Idempotency-Key of the message>", "status": "accepted|rejected|failed",
    "reason": "…", "step": "…"}``. ``step`` names what failed in a middleware's own process.
    """

    _name = "integration.handler.status"
    _inherit = "integration.handler"
    _description = "Acknowledgement of a message"

    def _directions(self):
        return ("inbound",)

    def _handle(self, message, payload):
        """Note what the partner says of our message.

        :return: the document of that message
        :raise ContractError: no such report
        :raise BusinessError: of a message that this system was not sent
        """
        report = Reader(payload, "report")
        status = report.text("status")
        if status not in STATUSES:
            raise ContractError(
                self.env._(
                    "The report says “%(status)s”; it must be one of: %(known)s.",
                    status=status,
                    known=", ".join(STATUSES),
                )
            )
        system = message.flow_id.system_id
        # Bookkeeping of the engine, which the service account may not write.
        sent = self._sent_message(message, report).sudo()
        if status == "accepted":
            sent._confirm()
        else:
            sent._turn_down(system.sudo(), report.text("reason"), report.text("step"))
        if not sent.res_id or sent.res_model not in self.env:
            return None
        return self.env[sent.res_model].browse(sent.res_id).exists()

    def _sent_message(self, message, report):
        """:return: our message that the report is about"""
        key = report.text("message")
        system = message.flow_id.system_id
        Message = self.env["integration.message"]
        sent = Message.search([("message_uid", "=", key)], limit=1) if key else Message
        # A replay may go under the key of its original.
        if sent:
            copies = [("replay_of_id", "=", sent.id), ("idempotency_key", "=", key)]
            sent |= Message.search([*copies, ("state", "=", "done")], limit=1)
        sent = sent.filtered(
            lambda item: item.direction == "outbound"
            and item.state == "done"
            and item.company_id == message.company_id
            and system in item.system_id | item.flow_id.middleware_id
        )[:1]
        if not sent:
            raise BusinessError(
                self.env._(
                    "%(system)s reports on message “%(key)s”, which was not sent to it. Ask which "
                    "one it means, then press Retry or Ignore.",
                    system=system.name,
                    key=key,
                )
            )
        return sent

    def _stake(self, message, payload):
        """Name the document of the message that a refused report is about."""
        key = payload.get("message") if isinstance(payload, dict) else None
        return {"reference": key} if isinstance(key, str) else {}
