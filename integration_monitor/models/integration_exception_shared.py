"""An exception that several failed messages share: which of them it names."""

from odoo import models

from ..tools.errors import category_of


class IntegrationException(models.Model):
    """One exception a matter: when the message that it names has ended, the next one takes over."""

    _inherit = "integration.exception"

    def _hand_over(self):
        """Let another failed message of its matter stand for each open exception, if there is one.

        Else that message would be dead, and nobody would see it.

        :return: the open ones of which nothing is left
        """
        settled = self.browse()
        for exception in self.filtered("is_open"):
            left = exception._left_failed()
            if left:
                exception._name_message(left)
            else:
                settled |= exception
        return settled

    def _left_failed(self):
        """:return: the last message that failed of the matter and that no person let be, or none"""
        self.ensure_one()
        messages = self.env["integration.message"]
        prefix = f"flow:{self.flow_id.id}:"
        if not (self.dedupe_key or "").startswith(prefix):
            return messages
        return messages.search(
            [
                ("flow_id", "=", self.flow_id.id),
                ("subject_key", "=", self.dedupe_key.removeprefix(prefix)),
                ("state", "in", ("dead", "quarantined")),
                ("matter", "=", False),
                ("let_pass", "=", False),
            ],
            limit=1,
        )

    def _name_message(self, message):
        """Name another message, with what it failed of; nobody has tried it again yet."""
        former = self.transaction_id
        values = {"message_id": message.id}
        if self.state == "retrying":
            values["state"] = "assigned" if self.user_id else "open"
        if message.error_message != self.error_message:
            values.update(
                category=category_of(message.error_class),
                error_class=message.error_class,
                error_message=message.error_message,
                fingerprint=message.fingerprint,
                # What the former one waited for; of this one it is not known any more.
                source_model=False,
                source_key=False,
                source_value=False,
            )
        if former and message.transaction_id:
            values["transaction_id"] = message.transaction_id.id
        self.write(values)
        (former | self.transaction_id)._refresh_blame()
