"""Which messages shall be replayed, why and how fast."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class IntegrationReplayWizard(models.TransientModel):
    """Asks an operator, and shows the dry run."""

    _name = "integration.replay.wizard"
    _description = "Replay integration messages"

    scope = fields.Selection(
        [
            ("selection", "The chosen messages"),
            ("filter", "Every message that fits a filter"),
            ("flow", "Everything of a flow since a moment"),
        ],
        string="Replay",
        required=True,
        default="flow",
    )
    message_ids = fields.Many2many("integration.message", string="Messages")
    message_count = fields.Integer(compute="_compute_message_count")
    domain = fields.Char(string="Filter", default="[]")
    flow_id = fields.Many2one("integration.flow")
    direction = fields.Selection(related="flow_id.direction")
    since = fields.Datetime()
    until = fields.Datetime(help="Empty: until now.")
    reason = fields.Char(help="Why? It is kept in the audit trail.")
    new_key = fields.Boolean(
        string="New Idempotency Keys",
        help="Only if partners shall do again what they did: with the same key they repeat their "
        "answer, with a new one the effect.",
    )
    max_count = fields.Integer(string="At Most", required=True)
    rate = fields.Integer(string="Messages a Minute", required=True)

    @api.model
    def default_get(self, fields_list):
        """Take what was chosen in the list: messages, or the filter of all of them."""
        values = super().default_get(fields_list)
        replay = self.env["integration.replay"]
        values.setdefault("max_count", replay._setting("replay_max_count"))
        values.setdefault("rate", replay._setting("replay_rate"))
        if self.env.context.get("active_model") == "integration.message":
            values["message_ids"] = self.env.context.get("active_ids") or []
            values["scope"] = "selection"
            if self.env.context.get("active_domain"):
                values["domain"] = str(list(Domain(self.env.context["active_domain"])))
        elif self.env.context.get("active_model") == "integration.flow":
            values["flow_id"] = self.env.context.get("active_id")
        return values

    @api.depends("message_ids")
    def _compute_message_count(self):
        """Count what was chosen."""
        for wizard in self:
            wizard.message_count = len(wizard.message_ids)

    def action_check(self):
        """Make the replay with its dry run and open it; nothing is replayed yet."""
        self.ensure_one()
        replays = self.env["integration.replay"]
        replays._check_operator()
        if len((self.reason or "").strip()) < 5:
            raise UserError(self.env._("Say why the messages are replayed."))
        if self.scope == "selection" and not self.message_ids:
            raise UserError(self.env._("Choose messages in the list first."))
        if self.scope == "flow" and not (self.flow_id and self.since):
            raise UserError(self.env._("Choose the flow, and since when."))
        if self.scope == "flow" and self.until and self.until < self.since:
            raise UserError(self.env._("Choose an end that is after the beginning."))
        companies = self.message_ids.company_id or self.flow_id.company_id
        if self.scope == "selection" and len(companies) > 1:
            raise UserError(
                self.env._("These messages belong to several companies: replay each by itself.")
            )
        company = companies if self.scope != "filter" else self.env.company
        domain = [("id", "in", self.message_ids.ids)] if self.scope == "selection" else self.domain
        # Replays are the engine's; what they may do is checked with the person's rights.
        replay = replays.sudo().create(
            {
                "reason": self.reason.strip(),
                "scope": self.scope,
                "domain": str(domain) if self.scope != "flow" else "[]",
                "flow_id": self.flow_id.id if self.scope == "flow" else False,
                "since": self.since if self.scope == "flow" else False,
                "until": self.until if self.scope == "flow" else False,
                "company_id": company.id or self.env.company.id,
                "new_key": self.new_key,
                "max_count": self.max_count,
                "rate": self.rate,
                "user_id": self.env.uid,
            }
        )
        replay.sudo(False)._plan()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.replay",
            "res_id": replay.id,
            "views": [(False, "form")],
        }
