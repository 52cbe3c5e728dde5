"""Messages that somebody wants worked on again, all of them together."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.replay import share
from .integration_approval_mixin import APPROVER_GROUP

OVERRIDE_GROUP = "integration_monitor.group_replay_override"
STATES = [
    ("draft", "Dry Run"),
    ("approval", "Waits for Approval"),
    ("running", "Running"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]
MAX_RATE = 6000
#: States of a copy that has not ended.
UNSETTLED = ("pending", "processing", "retry")


class IntegrationReplay(models.Model):
    """A plan of what is replayed, why and how fast; its dry run, its approval and its progress.

    Made by the wizard, changed by its buttons only, and never deleted.
    """

    _name = "integration.replay"
    _inherit = ["integration.approval.mixin"]
    _description = "Integration replay"
    _order = "id desc"

    name = fields.Char(required=True, readonly=True, default="/")
    reason = fields.Char(required=True, readonly=True, help="Why the messages are replayed.")
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, index=True)
    scope = fields.Selection(
        [("selection", "Chosen messages"), ("filter", "A filter"), ("flow", "A flow since")],
        required=True,
        readonly=True,
        default="selection",
    )
    domain = fields.Char(readonly=True, help="Which messages, as the person chose them.")
    flow_id = fields.Many2one("integration.flow", readonly=True, ondelete="restrict")
    since = fields.Datetime(readonly=True)
    until = fields.Datetime(readonly=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        index=True,
    )
    new_key = fields.Boolean(
        string="New Idempotency Keys",
        readonly=True,
        help="Outbound: partners take each call for a new one and do it again. Without it they "
        "repeat their answer.",
    )
    max_count = fields.Integer(string="At Most", readonly=True, required=True)
    rate = fields.Integer(string="Messages a Minute", readonly=True, required=True)

    user_id = fields.Many2one(
        "res.users", string="Asked By", readonly=True, required=True, ondelete="restrict"
    )
    approver_id = fields.Many2one(
        "res.users", string="Approved By", readonly=True, ondelete="restrict"
    )
    override_reason = fields.Char(readonly=True)
    override_user_id = fields.Many2one(
        "res.users", string="Overridden By", readonly=True, ondelete="restrict"
    )
    checked_at = fields.Datetime(string="Last Checked", readonly=True)
    started_at = fields.Datetime(readonly=True)
    ended_at = fields.Datetime(readonly=True)
    next_slice_at = fields.Datetime(readonly=True)

    matched_count = fields.Integer(string="Messages Found", readonly=True)
    left_out_count = fields.Integer(
        string="Beyond the Limit", compute="_compute_left_out_count", store=True
    )
    line_ids = fields.One2many("integration.replay.line", "replay_id", readonly=True)
    event_ids = fields.One2many("integration.replay.event", "replay_id", readonly=True)
    replay_count = fields.Integer(string="To Replay", compute="_compute_counts")
    skip_count = fields.Integer(string="Skipped", compute="_compute_counts")
    refuse_count = fields.Integer(string="Refused", compute="_compute_counts")
    overridable_count = fields.Integer(compute="_compute_counts")
    sent_count = fields.Integer(string="Handed Over", compute="_compute_counts")
    waiting_count = fields.Integer(
        string="Wait or in Work",
        compute="_compute_counts",
        help="Handed over, and neither done nor failed yet.",
    )
    done_count = fields.Integer(string="Succeeded", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    progress = fields.Float(
        compute="_compute_counts", help="Percent of what is to be replayed that has ended."
    )
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    can_approve = fields.Boolean(compute="_compute_needs_approval")

    _rate_range = models.Constraint(
        f"CHECK (rate BETWEEN 1 AND {MAX_RATE})",
        f"Replay at least one message a minute, and at most {MAX_RATE}.",
    )
    _max_count_range = models.Constraint(
        "CHECK (max_count >= 1)", "A replay takes at least one message."
    )
    _running_idx = models.Index("(next_slice_at) WHERE state = 'running'")

    @api.depends("matched_count", "max_count")
    def _compute_left_out_count(self):
        """Tell how many messages another replay must take."""
        for replay in self:
            replay.left_out_count = max(replay.matched_count - replay.max_count, 0)

    @api.depends(
        "line_ids.state", "line_ids.verdict", "line_ids.overridable", "line_ids.result_state"
    )
    def _compute_counts(self):
        """Count the lines by what becomes of them: one query for all replays."""
        counts = {}
        groups = self.env["integration.replay.line"]._read_group(
            [("replay_id", "in", self.ids)],
            ["replay_id", "state", "verdict", "overridable", "result_state"],
            ["__count"],
        )
        for replay, state, verdict, overridable, result, number in groups:
            keys = [state, result] if state == "sent" else [state, f"{state}:{verdict}"]
            if overridable and state == "left_out":
                keys.append("overridable")
            for key in keys:
                counts[(replay.id, key)] = counts.get((replay.id, key), 0) + number
        for replay in self:

            def number(*keys, ident=replay.id):
                return sum(counts.get((ident, key), 0) for key in keys)

            replay.sent_count = number("sent")
            replay.replay_count = number("planned", "sent", "cancelled")
            replay.skip_count = number("left_out:skip")
            replay.refuse_count = number("left_out:refuse")
            replay.overridable_count = number("overridable")
            replay.done_count = number("done")
            replay.failed_count = number("dead", "quarantined")
            replay.waiting_count = number(*UNSETTLED)
            ended = replay.sent_count - replay.waiting_count
            replay.progress = share(ended, replay.replay_count)

    @api.depends_context("uid")
    @api.depends("user_id", "override_user_id", "approver_id", "state", "replay_count")
    def _compute_needs_approval(self):
        """Tell whether a second person must agree, and whether the reader may be that person."""
        limit = self._setting("replay_approval_count")
        entitled = self.env.user.has_group(APPROVER_GROUP)
        for replay in self:
            replay.needs_approval = not replay.approver_id and replay.replay_count > limit
            involved = replay.user_id | replay.override_user_id
            replay.can_approve = (
                replay.state == "approval" and entitled and self.env.user not in involved
            )

    @api.model
    def _setting(self, name):
        """:return: a number of the settings page"""
        return self.env["ir.config_parameter"]._integration_number(name)

    @api.model_create_multi
    def create(self, vals_list):
        """Number the replays."""
        replays = super().create(vals_list)
        for replay in replays:
            replay.name = self.env._("Replay %s", replay.id)
        return replays

    @api.constrains("max_count")
    def _check_max_count(self):
        """Nobody replays more at once than the settings allow."""
        limit = self._setting("replay_max_count")
        for replay in self:
            if replay.max_count > limit:
                raise ValidationError(
                    self.env._(
                        "At most %s messages can be replayed at once. Take fewer, or have an "
                        "administrator raise the limit in the settings.",
                        limit,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: what was replayed, and on whose word, is kept."""
        raise UserError(self.env._("A replay is kept. Cancel it if it shall not go on."))
