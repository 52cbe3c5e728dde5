"""Who did what with a replay; nobody changes that afterwards."""

from odoo import fields, models


class IntegrationReplayEvent(models.Model):
    """The audit trail of replays: rows are added, never changed and never deleted."""

    _name = "integration.replay.event"
    _description = "Audit row of an integration replay"
    _inherit = "integration.audit.mixin"
    _rec_name = "action"

    replay_id = fields.Many2one(
        "integration.replay", required=True, readonly=True, index=True, ondelete="restrict"
    )
    action = fields.Selection(
        [
            ("checked", "Dry run"),
            ("overridden", "Refusals overridden"),
            ("asked", "Approval asked for"),
            ("approved", "Approved"),
            ("started", "Started"),
            ("slice", "Messages handed over"),
            ("cancelled", "Cancelled"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer(string="Messages", readonly=True)
    detail = fields.Char(readonly=True)
