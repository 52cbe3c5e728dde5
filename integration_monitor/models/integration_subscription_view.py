"""What a subscription shows: lag, dead letters, last push, and ways to their records."""

from odoo import api, fields, models

#: Taken from ``integration.subscription.lag``.
FIGURES = (
    "behind_count",
    "oldest_event_at",
    "waiting_count",
    "dead_count",
    "lag_minutes",
    "last_push_at",
    "last_event_at",
    "last_stock_push_at",
    "last_price_push_at",
)


class IntegrationSubscription(models.Model):
    """Figures and buttons; nothing here changes a subscription."""

    _inherit = "integration.subscription"

    behind_count = fields.Integer(string="Events Behind", compute="_compute_figures")
    oldest_event_at = fields.Datetime(string="Oldest Event Behind", compute="_compute_figures")
    waiting_count = fields.Integer(string="Messages Waiting", compute="_compute_figures")
    dead_count = fields.Integer(string="Dead Letters", compute="_compute_figures")
    lag_minutes = fields.Integer(
        string="Lag (minutes)",
        compute="_compute_figures",
        help="Age of the oldest event that is not delivered.",
    )
    last_push_at = fields.Datetime(
        string="Last Push", compute="_compute_figures", help="When the subscriber last took one."
    )
    last_event_at = fields.Datetime(
        string="Last Event Told", compute="_compute_figures", help="When that event happened."
    )
    last_push_minutes = fields.Integer(string="Last Push (minutes ago)", compute="_compute_figures")
    last_stock_push_at = fields.Datetime(string="Last Stock Push", compute="_compute_figures")
    last_price_push_at = fields.Datetime(string="Last Price Push", compute="_compute_figures")
    condition_state = fields.Selection(
        [
            ("current", "Up to date"),
            ("late", "Late"),
            ("failing", "Dead letters"),
            ("paused", "Paused"),
        ],
        string="Standing",
        compute="_compute_figures",
    )

    @api.depends("state", "event_codes")
    def _compute_figures(self):
        """Look at events and messages now: one query for all subscriptions."""
        found = self.env["integration.subscription.lag"]._figures(self.ids) if self.ids else {}
        now = fields.Datetime.now()
        for subscription in self:
            row = found.get(subscription._origin.id, {})
            for name in FIGURES:
                subscription[name] = row.get(name) or False
            last = subscription.last_push_at
            subscription.last_push_minutes = (now - last).total_seconds() // 60 if last else 0
            subscription.condition_state = subscription._standing()

    def _standing(self):
        """:return: code of ``condition_state``"""
        if self.state == "paused":
            return "paused"
        if self.dead_count:
            return "failing"
        return "late" if self._is_late(self.lag_minutes) else "current"

    def _is_late(self, minutes):
        """:return: whether a lag is more than the flow's latency tolerance"""
        # Events are handed over every two seconds: no tolerance at all still means a minute.
        return minutes > max(self.flow_id.latency_tolerance, 1)

    def action_open_waiting(self):
        """Open the messages that wait or are in work."""
        return self.flow_id.action_open_waiting()

    def action_open_dead(self):
        """Open the dead letters."""
        return self.flow_id._open_related(
            "integration_monitor.action_integration_message",
            [("state", "in", ("dead", "quarantined"))],
        )

    def action_open_messages(self):
        """Open what was sent, and what waits."""
        return self.flow_id.action_open_messages()

    def action_open_behind(self):
        """Open the events behind the cursor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_event"
        )
        codes = self.event_type_ids.mapped("code")
        action["domain"] = [
            ("id", ">", self.cursor_id),
            ("event_code", "in", codes),
            ("company_id", "in", (self.company_id.id, False)),
            ("occurred_at", ">=", self.start_at),
        ]
        action["context"] = {}
        return action

    def action_rewind(self):
        """Ask from where on events shall be told again."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay Events"),
            "res_model": "integration.subscription.rewind.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_subscription_id": self.id},
        }
