"""From where on a subscriber is told again, and why."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.client_actions import CLOSE, notification


class IntegrationSubscriptionRewindWizard(models.TransientModel):
    """Asks an operator, and shows how much would be sent."""

    _name = "integration.subscription.rewind.wizard"
    _description = "Replay events to a subscriber"

    subscription_id = fields.Many2one("integration.subscription", required=True, readonly=True)
    mode = fields.Selection(
        [("time", "Since a moment"), ("event", "From one event on")],
        string="Replay",
        required=True,
        default="time",
    )
    since = fields.Datetime()
    event_id = fields.Many2one("integration.event", string="Event")
    event_codes = fields.Json(compute="_compute_event_codes")
    reason = fields.Char(help="Why? It is kept in the audit trail.")
    new_key = fields.Boolean(
        string="New Idempotency Keys",
        help="Only if the subscriber shall take again what he took already: with the same key he "
        "repeats his answer. The event's own id is the same in any case.",
    )
    event_count = fields.Integer(string="Events", compute="_compute_counts")
    message_count = fields.Integer(string="Messages", compute="_compute_counts")
    oldest_at = fields.Datetime(string="Oldest Event", compute="_compute_counts")
    limit = fields.Integer(compute="_compute_counts")
    needs_approval = fields.Boolean(compute="_compute_counts")

    @api.depends("subscription_id")
    def _compute_event_codes(self):
        """Name the events that can be chosen."""
        for wizard in self:
            wizard.event_codes = (wizard.subscription_id.event_codes or "").split(",")

    @api.depends("subscription_id", "mode", "since", "event_id")
    def _compute_counts(self):
        """Count what would be told again."""
        for wizard in self:
            wizard.event_count = wizard.message_count = 0
            wizard.oldest_at = False
            wizard.limit = self.env["integration.replay"]._setting("replay_max_count")
            place = wizard._place()
            if place:
                events, messages, oldest = wizard.subscription_id._count_again(*place)
                wizard.event_count, wizard.message_count = events, messages
                wizard.oldest_at = oldest or False
            wizard.needs_approval = wizard.subscription_id._needs_approval(wizard.message_count)

    def _place(self):
        """:return: (cursor, moment), or None while nothing is chosen"""
        event = self.event_id if self.mode == "event" else self.event_id.browse()
        since = self.since if self.mode == "time" else False
        if not self.subscription_id or not (event or since):
            return None
        return self.subscription_id._place_before(since, event)

    def action_replay(self):
        """Put the cursor back, or ask for the approval of a second person."""
        self.ensure_one()
        self.subscription_id._check_may_rewind()
        if len((self.reason or "").strip()) < 5:
            raise UserError(self.env._("Say why the events are replayed."))
        place = self._place()
        if place is None:
            raise UserError(self.env._("Choose a moment, or an event."))
        request = self.subscription_id._rewind(*place, self.reason.strip(), self.new_key)
        if request:
            text = self.env._(
                "%s messages wait for a second person with the right to approve replays.",
                request.message_count,
            )
            return notification(text, "warning", then=CLOSE)
        return {"type": "ir.actions.act_window_close"}
