"""Times in which messages of a flow failed one after the other."""

from odoo import api, fields, models


class IntegrationFlowOutage(models.Model):
    """From the first failure of a flow to its next success.

    Failures that speak of one message only (business, contract, refused documents) begin none.
    Written by the roll-up alone (``tools/service_sql.py``).
    """

    _name = "integration.flow.outage"
    _description = "Outage of an integration flow"
    _log_access = False
    _order = "began_at desc, id desc"
    _rec_name = "began_at"

    flow_id = fields.Many2one(
        "integration.flow", required=True, readonly=True, index=True, ondelete="cascade"
    )
    began_at = fields.Datetime(string="First Failure", required=True, readonly=True)
    ended_at = fields.Datetime(
        string="Next Success", readonly=True, help="Empty: nothing has succeeded since."
    )
    failure_count = fields.Integer(string="Failed Attempts", readonly=True)
    recovery_text = fields.Char(string="Recovered After", compute="_compute_recovery_text")

    _open_uniq = models.UniqueIndex("(flow_id) WHERE ended_at IS NULL")
    _ended_idx = models.Index("(ended_at)")

    @api.depends("began_at", "ended_at")
    def _compute_recovery_text(self):
        """Say how long it took; nothing while it goes on."""
        service = self.env["integration.flow.service"]
        for outage in self:
            outage.recovery_text = outage.ended_at and service._duration_text(
                (outage.ended_at - outage.began_at).total_seconds()
            )
