"""What messages wait for, or an active flow uses, is not archived or deleted.

They would wait for ever, and nobody would see it.
"""

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .integration_message import UNFINISHED

WAITING = ("pending", "processing", "retry")


class IntegrationFlow(models.Model):
    _inherit = "integration.flow"

    @api.constrains("active")
    def _check_nothing_waits(self):
        """Refuse to archive a flow whose messages wait."""
        self._refuse_archiving("flow_id")

    @api.constrains("active", "endpoint_id", "fallback", "fallback_endpoint_id")
    def _check_endpoints_active(self):
        """Refuse an active flow that would send to an archived endpoint."""
        for flow in self.filtered("active"):
            for endpoint in flow._used_endpoints().filtered(lambda used: not used.active):
                raise ValidationError(
                    self.env._(
                        "“%(endpoint)s” is archived, so the messages of “%(flow)s” would wait for "
                        "ever: restore that endpoint first, or choose another one.",
                        endpoint=endpoint.name,
                        flow=flow.name,
                    )
                )

    def _used_endpoints(self):
        """:return: the endpoints that the flow sends to, now or while the first one is out"""
        if self.fallback == "endpoint":
            return self.endpoint_id | self.fallback_endpoint_id
        return self.endpoint_id


class IntegrationEndpoint(models.Model):
    _inherit = "integration.endpoint"

    @api.constrains("active")
    def _check_nothing_waits(self):
        """Refuse to archive an endpoint that messages wait for, or an active flow uses."""
        self._refuse_archiving("endpoint_id")
        archived = self.filtered(lambda endpoint: not endpoint.active)
        users = (
            self.env["integration.flow"]
            .sudo()  # of every company
            .search(
                Domain("endpoint_id", "in", archived.ids)
                | Domain("fallback_endpoint_id", "in", archived.ids)
            )
        )
        for flow in users:
            for endpoint in flow._used_endpoints().filtered(lambda used: used in archived):
                raise ValidationError(
                    self.env._(
                        "Flow “%(flow)s” uses “%(endpoint)s”: choose another endpoint on the flow, "
                        "or archive the flow first. To stop its messages for now, use Pause.",
                        flow=flow.name,
                        endpoint=endpoint.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _keep_what_messages_need(self):
        """Refuse to delete an endpoint that messages wait for, or may have had an effect at."""
        message = (
            self.env["integration.message"]
            .sudo()  # of every company
            .search(
                Domain("endpoint_id", "in", self.ids) & Domain("state", "in", WAITING)
                | Domain("bound_endpoint_id", "in", self.ids) & Domain("state", "in", UNFINISHED),
                limit=1,
            )
        )
        if message:
            raise UserError(
                self.env._(
                    "Messages of “%(flow)s” wait for this endpoint, or may have had an effect "
                    "there: let them go out or cancel them first. Or archive the endpoint.",
                    flow=message.flow_id.name,
                )
            )


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
