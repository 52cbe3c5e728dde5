"""The settings page of the integration monitor."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config

from ..tools.setting_numbers import PREFIX, RANGES
from .integration_endpoint_call import ENVIRONMENT_OPTION

# Fields of the settings page that are whole numbers, and the system parameters that hold them.
NUMBERS = {
    "integration_retention_days": "log_retention_standard_days",
    "integration_message_retention_days": "message_retention_days",
    "integration_stock_run_retention_days": "stock_run_retention_days",
    "integration_issue_auto_resolve_days": "issue_auto_resolve_days",
    "integration_replay_max_count": "replay_max_count",
    "integration_replay_approval_count": "replay_approval_count",
    "integration_replay_rate": "replay_rate",
    "integration_event_retention_days": "event_retention_days",
    "integration_event_backlog_days": "event_backlog_days",
    "integration_digest_hour": "digest_hour",
}


class ResConfigSettings(models.TransientModel):
    """What holds for every flow, and what the configuration file says."""

    _inherit = "res.config.settings"

    integration_retention_days = fields.Integer(
        string="Keep the Log For (days)",
        config_parameter=PREFIX + "log_retention_standard_days",
        default=30,
    )
    integration_message_retention_days = fields.Integer(
        string="Keep Done Messages For (days)",
        config_parameter=PREFIX + "message_retention_days",
        default=365,
    )
    integration_stock_run_retention_days = fields.Integer(
        string="Keep Finished Stock Transactions For (days)",
        config_parameter=PREFIX + "stock_run_retention_days",
        default=7,
        help="Each stock level that was sent to a channel is a transaction. Messages and outcomes "
        "stay.",
    )
    integration_issue_auto_resolve_days = fields.Integer(
        string="Issues Are Resolved After (days of silence)",
        config_parameter=PREFIX + "issue_auto_resolve_days",
        default=14,
        help="0: never by themselves.",
    )
    integration_invoice_target_days = fields.Integer(
        related="company_id.integration_invoice_target_days", readonly=False
    )
    integration_log_web_traffic = fields.Boolean(
        string="Log the Web Client, Too",
        config_parameter=PREFIX + "log_web_traffic",
        help="Each click of each user becomes a line. Calls over the API are always logged.",
    )
    integration_payload_policy = fields.Selection(
        [
            ("keep", "Keep as received"),
            ("redact", "Hide personal data once done"),
            ("drop", "Remove once done"),
        ],
        string="Content of New Flows",
        config_parameter=PREFIX + "payload_policy",
        default="redact",
    )
    integration_default_owner_id = fields.Many2one(
        "res.users",
        string="Default Owner of Exceptions",
        config_parameter=PREFIX + "default_owner_id",
        domain=lambda self: self._domain_integration_owner(),
    )
    integration_replay_max_count = fields.Integer(
        string="At Most at Once (messages)",
        config_parameter=PREFIX + "replay_max_count",
        default=1000,
    )
    integration_replay_approval_count = fields.Integer(
        string="A Second Person Above (messages)",
        config_parameter=PREFIX + "replay_approval_count",
        default=50,
        help="0: always.",
    )
    integration_replay_rate = fields.Integer(
        string="Proposed Pace (messages a minute)",
        config_parameter=PREFIX + "replay_rate",
        default=60,
    )
    integration_event_retention_days = fields.Integer(
        string="Keep Business Events For (days)",
        config_parameter=PREFIX + "event_retention_days",
        default=30,
        help="Events that an active subscription has not read are kept longer.",
    )
    integration_event_backlog_days = fields.Integer(
        string="Tell of Unread Events After (days)",
        config_parameter=PREFIX + "event_backlog_days",
        default=7,
    )
    integration_digest = fields.Boolean(string="Daily Digest")
    integration_digest_hour = fields.Integer(
        string="Sent At (hour, UTC)", config_parameter=PREFIX + "digest_hour", default=6
    )
    integration_digest_group_id = fields.Many2one(
        "res.groups",
        string="Sent To",
        config_parameter=PREFIX + "digest_group_id",
        help="Members of this group who want the digest (see their preferences).",
    )
    integration_environment = fields.Char(compute="_compute_integration_status")
    integration_key_usable = fields.Boolean(compute="_compute_integration_status")
    integration_key_status = fields.Char(compute="_compute_integration_status")

    @api.model
    def _domain_integration_owner(self):
        """Only people who may see exceptions can own them."""
        group = self.env.ref("integration_monitor.group_viewer", raise_if_not_found=False)
        return [("all_group_ids", "in", group.ids)] if group else []

    @api.depends_context("uid")
    def _compute_integration_status(self):
        """Say what the configuration file holds; never the key itself."""
        usable, text = self.env["integration.credential"]._encryption_status()
        for settings in self:
            settings.integration_environment = (config.get(ENVIRONMENT_OPTION) or "").strip()
            settings.integration_key_usable = usable
            settings.integration_key_status = text

    @api.model
    def get_values(self):
        """Show the switch of the scheduled action that sends the digest."""
        # The settings page belongs to administrators, who may flip this one action.
        cron = self.env.ref("integration_monitor.ir_cron_digest", raise_if_not_found=False)
        return {**super().get_values(), "integration_digest": bool(cron and cron.sudo().active)}

    @api.constrains(*NUMBERS)
    def _check_integration_numbers(self):
        """Refuse what nothing can be done with: a replay of none, the year 5,000,000."""
        for settings in self:
            for name, parameter in NUMBERS.items():
                numbers = RANGES[parameter]
                if settings[name] not in numbers:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s: write a number from %(least)s to %(most)s.",
                            setting=self._fields[name]._description_string(self.env),
                            least=numbers.least,
                            most=numbers.most,
                        )
                    )

    @api.constrains("integration_event_retention_days", "integration_event_backlog_days")
    def _check_integration_events(self):
        """Somebody must be told of unread events before any of them is deleted."""
        for settings in self:
            told, kept = (
                settings.integration_event_backlog_days,
                settings.integration_event_retention_days,
            )
            if told >= kept:
                raise ValidationError(
                    self.env._("Tell of unread events at least a day before events are deleted.")
                )

    @api.constrains("integration_message_retention_days")
    def _check_integration_messages(self):
        """No expectation may become blind; what was written elsewhere blocks no other setting."""
        # Messages of all companies are kept for the same time.
        expectations = self.env["integration.expectation"].sudo()
        for settings in self:
            days = settings.integration_message_retention_days
            if 0 < days < expectations._messages_kept().days:
                expectations.search([])._check_kept_for(timedelta(days=days))

    def action_rebuild_integration_metrics(self):
        """Compute the traffic figures anew from the log, in the background."""
        return self.env["integration.metric"].action_rebuild()

    def set_values(self):
        """Store the switch and the hour of the digest on its scheduled action."""
        result = super().set_values()
        for name, parameter in NUMBERS.items():
            if not self[name]:
                # Odoo forgets a zero, which would mean the default.
                self.env["ir.config_parameter"].set_param(PREFIX + parameter, "0")
        cron = self.env.ref("integration_monitor.ir_cron_digest", raise_if_not_found=False)
        if cron:
            # The settings page belongs to administrators, who may flip this one action.
            cron = cron.sudo()
            values = {"active": self.integration_digest}
            if self.integration_digest_hour != cron.nextcall.hour:
                values["nextcall"] = self.env["integration.digest"]._next_call(
                    self.integration_digest_hour
                )
            cron.write(values)
        return result
