"""How long messages of a flow took, counted by day."""

from odoo import fields, models


class IntegrationFlowDelay(models.Model):
    """So many messages of a flow were done on a day after so many seconds.

    Written by the roll-up alone (``tools/service_sql.py``).
    """

    _name = "integration.flow.delay"
    _description = "Delay of integration messages"
    _log_access = False
    _order = "day desc, flow_id, seconds"

    flow_id = fields.Many2one("integration.flow", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True, help="UTC.")
    seconds = fields.Integer(
        required=True,
        readonly=True,
        aggregator=None,
        help="From when it happened, or came, until it was done. Beyond an hour: whole minutes.",
    )
    count = fields.Integer(string="Messages", required=True, readonly=True)

    _flow_day_seconds = models.UniqueIndex("(flow_id, day, seconds)")
    _day_idx = models.Index("(day)")
