"""One flow that the wizard is about to make."""

from odoo import api, fields, models

from odoo.addons.integration_monitor.models.integration_system import CRITICALITIES


class IntegrationConnectWizardLine(models.TransientModel):
    """A proposed flow; the person renames it, changes it or removes it."""

    _name = "integration.connect.wizard.line"
    _description = "Flow to connect"
    _order = "sequence, id"

    wizard_id = fields.Many2one("integration.connect.wizard", required=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    code = fields.Char(required=True, help="Part of the webhook address; unique.")
    direction = fields.Selection(
        [("inbound", "In"), ("outbound", "Out")], required=True, default="inbound"
    )
    handler = fields.Selection(
        "_selection_handler",
        string="What happens",
        required=True,
        default="integration.handler.noop",
    )
    message_type = fields.Char(string="Type of Message", required=True, default="custom.in")
    trigger_event = fields.Char(
        string="Sent When",
        help="Outbound: the event that sends a message, for example picking.first.ready.",
    )
    criticality = fields.Selection(CRITICALITIES, required=True, default="normal")
    coalesce = fields.Boolean(string="Only the newest counts")
    ordering = fields.Boolean(string="Keep the order of messages")

    @api.model
    def _selection_handler(self):
        """As the flow offers them."""
        return self.env["integration.flow"]._selection_handler()

    def _flow_values(self):
        """The values of the flow, without those that the wizard decides for all."""
        self.ensure_one()
        return {
            "name": self.name,
            "code": self.code,
            "direction": self.direction,
            "style": "webhook" if self.direction == "inbound" else "event",
            "handler": self.handler,
            "message_type": self.message_type,
            "trigger_event": self.trigger_event if self.direction == "outbound" else False,
            "criticality": self.criticality,
            "coalesce": self.coalesce,
            "ordering": self.ordering,
        }
