"""Large replays of events, which a second person must agree to."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .integration_approval_mixin import APPROVER_GROUP


class IntegrationSubscriptionRewindRequest(models.Model):
    """What somebody wants to be told again, until another one agrees or it is withdrawn.

    Made by the wizard, changed by its buttons only.
    """

    _name = "integration.subscription.rewind.request"
    _inherit = ["integration.approval.mixin"]
    _description = "Replay of events that waits for approval"
    _order = "id desc"
    _rec_name = "reason"

    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("asked", "Waits for Approval"), ("approved", "Approved"), ("withdrawn", "Withdrawn")],
        required=True,
        default="asked",
        readonly=True,
    )
    reason = fields.Char(required=True, readonly=True)
    since = fields.Datetime(readonly=True, help="Events that happened since then.")
    cursor_id = fields.Integer(string="Cursor", readonly=True)
    until_id = fields.Integer(
        string="Last Event", readonly=True, help="What happened later is not part of it."
    )
    new_key = fields.Boolean(string="New Idempotency Keys", readonly=True)
    event_count = fields.Integer(string="Events", readonly=True)
    message_count = fields.Integer(string="Messages", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Asked By", required=True, readonly=True, ondelete="restrict"
    )
    approver_id = fields.Many2one(
        "res.users", string="Approved By", readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime(readonly=True)
    can_approve = fields.Boolean(compute="_compute_can_approve")

    @api.depends_context("uid")
    @api.depends("state", "user_id")
    def _compute_can_approve(self):
        """Tell whether the reader may be the second person."""
        entitled = self.env.user.has_group(APPROVER_GROUP)
        for request in self:
            waits = request.state == "asked"
            request.can_approve = waits and entitled and self.env.user != request.user_id

    def action_approve(self):
        """Agree, as a second person: the events are told again.

        :raises AccessError: the user asked for it himself, or may not approve
        """
        self.check_access("read")
        if not self.env.user.has_group(APPROVER_GROUP):
            raise AccessError(
                self.env._("You may not approve replays: ask somebody with that right.")
            )
        for request in self:
            request._check_waits()
            if self.env.user == request.user_id:
                raise AccessError(
                    self.env._("A second person must approve it: you asked for it yourself.")
                )
            request._decide("approved")
            # In the name of who asked: his rights count, and the audit trail names both.
            asker = request.user_id
            company = request.company_id or asker.company_id
            subscription = request.subscription_id.with_user(asker).with_context(
                allowed_company_ids=company.ids
            )
            subscription._rewind(
                request.cursor_id,
                request.since,
                request.reason,
                request.new_key,
                request=request,
            )
        return True

    def action_withdraw(self):
        """Let it be: nothing is told again."""
        self.check_access("read")
        self.subscription_id._check_may_rewind()
        for request in self:
            request._check_waits()
            request._decide("withdrawn")
        return True

    def _check_waits(self):
        """Raise UserError once it was decided."""
        if self.state != "asked":
            raise UserError(self.env._("“%s” does not wait for an approval.", self.reason))

    def _decide(self, state):
        """Note who decided, and when."""
        self.sudo().write(  # the engine's, at the request of somebody entitled
            {
                "state": state,
                "approver_id": self.env.uid if state == "approved" else False,
                "decided_at": fields.Datetime.now(),
            }
        )


class IntegrationSubscription(models.Model):
    """Knows what waits for a second person."""

    _inherit = "integration.subscription"

    rewind_request_ids = fields.One2many(
        "integration.subscription.rewind.request",
        "subscription_id",
        string="Asked For",
        readonly=True,
    )

    @api.model
    def _needs_approval(self, messages):
        """:return: whether so many messages need a second person"""
        return messages > self.env["integration.replay"]._setting("replay_approval_count")
