"""A message that a refused sign-in stopped has no exception of its own."""

from odoo import fields, models


class IntegrationMessage(models.Model):
    """Thousands of messages wait for one secret: one exception says so."""

    _inherit = "integration.message"

    matter = fields.Char(
        readonly=True,
        copy=False,
        help="Key of the exception that the message shares with all that stopped for one reason.",
    )

    _matter_idx = models.Index("(matter) WHERE matter IS NOT NULL AND state = 'dead'")

    def _open_exception(self, failure):
        """Count the message for the exception about the credential, when that is the matter."""
        self.ensure_one()
        # Handlers call partners for inbound messages, too, and further ones for outbound.
        matter = getattr(failure, "matter", None)
        if (self.matter or None) != matter:
            self.matter = matter
        if not matter:
            return super()._open_exception(failure)
        if not self.subject_key and self.ordering_key:
            self.subject_key = f"ref:{self.ordering_key}"
        endpoint = self.env["integration.endpoint"]._of_credential_matter(matter)
        name = self.env._("Our sign-in to %(endpoint)s is refused", endpoint=endpoint.name)
        return self.env["integration.exception"]._open(
            [
                {
                    "name": name,
                    "dedupe_key": matter,
                    "category": failure.category,
                    "error_class": failure.error_class,
                    "error_message": self.error_message,
                    "fingerprint": self.fingerprint,
                    # Not when this is written: a second later would leave this message behind.
                    "opened_at": self.done_at,
                    "flow_id": self.flow_id.id,
                    "endpoint_id": endpoint.id,
                    "system_id": endpoint.system_id.id,
                    "message_id": self.id,
                    "partner_id": endpoint.system_id.partner_id.id,
                }
            ]
        )
