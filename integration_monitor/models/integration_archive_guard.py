"""What messages wait for is not archived: they would wait for ever, and nobody would see it."""

from odoo import api, models
from odoo.exceptions import ValidationError


class IntegrationFlow(models.Model):
    _inherit = "integration.flow"

    @api.constrains("active")
    def _check_nothing_waits(self):
        """Refuse to archive a flow whose messages wait."""
        self._refuse_archiving("flow_id")


class IntegrationEndpoint(models.Model):
    _inherit = "integration.endpoint"

    @api.constrains("active")
    def _check_nothing_waits(self):
        """Refuse to archive an endpoint that messages wait for."""
        self._refuse_archiving("endpoint_id")


class IntegrationPauseMixin(models.AbstractModel):
    _inherit = "integration.pause.mixin"

    def _refuse_archiving(self, column):
        """:raises ValidationError: messages wait for an archived record

        :param str column: the message's field that names the record
        """
        archived = self.filtered(lambda record: not record.active)
        if not archived:
            return
        # Of messages of every company, or they would be forgotten.
        groups = (
            self.env["integration.message"]
            .sudo()
            ._read_group(
                [(column, "in", archived.ids), ("state", "in", ("pending", "processing", "retry"))],
                [column],
                ["__count"],
            )
        )
        if groups:
            record, count = groups[0]
            raise ValidationError(
                self.env._(
                    "%(count)s messages wait for “%(name)s”: let them go out or cancel them first. "
                    "To stop them for now, use Pause.",
                    count=count,
                    name=record.name,
                )
            )
