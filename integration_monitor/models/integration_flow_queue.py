"""How the lane of a flow is doing."""

from odoo import fields, models


class IntegrationFlow(models.Model):
    """Shows the flow's queue on the flow."""

    _inherit = "integration.flow"

    queue_ids = fields.One2many("integration.queue", "flow_id", readonly=True)
    queue_verdict = fields.Selection(related="queue_ids.verdict", string="Queue State")
    queue_reason = fields.Char(related="queue_ids.reason", string="Why the Queue Does Not Move")
    queue_oldest_at = fields.Datetime(related="queue_ids.oldest_at", string="Oldest Waits Since")
