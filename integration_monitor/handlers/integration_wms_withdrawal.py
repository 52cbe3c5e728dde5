"""A transfer was cancelled after the warehouse was told of it: the release is withdrawn."""

from dataclasses import replace
from urllib.parse import quote

from odoo import models

from ..tools.errors import BusinessError, RetryLater

CANCELLED = "picking.cancelled"
RELEASE = "wms.release"
SETTLES_SECONDS = 30


class IntegrationWmsWithdrawal(models.AbstractModel):
    """``DELETE /releases/<reference>``: a message of the flow that sent the release."""

    _name = "integration.wms.withdrawal"
    _description = "Withdrawals of warehouse releases"

    def _withdraws(self, message):
        """:return: whether the message withdraws a release"""
        return message.event_code == CANCELLED

    def _releases_of(self, pickings):
        """:return: the releases of transfers, as messages that were not given up"""
        # Which messages there are is the engine's knowledge, not the account's.
        messages = self.env["integration.message"].sudo()
        return messages.search(
            [
                ("res_model", "=", pickings._name),
                ("res_id", "in", pickings.ids),
                ("message_type", "=", RELEASE),
                ("event_code", "!=", CANCELLED),
                ("state", "!=", "cancelled"),
            ]
        )

    def _told(self, pickings):
        """:return: the transfers of which the warehouse knows, or may know by an open attempt"""
        ids = set(self._releases_of(pickings).filtered("attempt_count").mapped("res_id"))
        return pickings.filtered(lambda p: p.integration_release_ref or p.id in ids)

    def _prepare_withdrawal(self, picking):
        """Build the withdrawal; None when there is nothing to withdraw.

        :raise RetryLater: the release is not settled yet, and might arrive after its withdrawal
        """
        if picking.state != "cancel" or not self._told(picking):
            return None
        if self._releases_of(picking).filtered(lambda m: m.state in ("processing", "retry")):
            raise RetryLater(
                SETTLES_SECONDS, self.env._("The release of %s is not settled yet.", picking.name)
            )
        return {"reference": self._release_reference(picking)}

    def _release_reference(self, picking):
        """:return: the name of the transfer that was released, of which this may be the rest"""
        first = picking
        while (
            first.integration_release_ref
            and first.backorder_id.integration_release_ref == first.integration_release_ref
        ):
            first = first.backorder_id
        return first.name

    def _request_withdrawal(self, payload):
        return {
            "method": "DELETE",
            "path": f"/releases/{quote(payload['reference'], safe='')}",
            "body": None,
        }

    def _judge_withdrawal(self, picking, response):
        """Return the answer as the engine shall take it.

        :raise BusinessError: the goods left already
        """
        if response.status == 404 and not picking.integration_release_ref:
            # Its release failed, and never arrived.
            return replace(response, status=200)
        # An answer 409 with Retry-After is about this request, not about the goods.
        if response.status == 409 and not response.headers.get("Retry-After"):
            raise BusinessError(
                self.env._(
                    "Transfer %(picking)s was cancelled, but release %(reference)s has left the "
                    "warehouse, or a part of it has. Call the warehouse: have the parcel held or "
                    "sent back, or tell the customer. Then close this exception with Ignore.",
                    picking=picking.name,
                    reference=self._release_reference(picking),
                )
            )
        return response
