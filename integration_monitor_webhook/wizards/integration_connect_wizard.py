"""'Connect a partner': from a name to a tested connection in four steps."""

import re

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import config

from odoo.addons.integration_monitor.models.integration_endpoint_call import ENVIRONMENT_OPTION
from odoo.addons.integration_monitor.models.integration_system import ENVIRONMENTS, SYSTEM_KINDS
from odoo.addons.integration_monitor.tools import crypto


class IntegrationConnectWizard(models.TransientModel):
    """Asks who, what, where; then makes the records and hands over addresses and secrets."""

    _name = "integration.connect.wizard"
    _description = "Connect a partner"

    step = fields.Selection(
        [("who", "Who"), ("flows", "What"), ("outbound", "Where"), ("handover", "Hand over")],
        default="who",
        required=True,
        readonly=True,
    )
    key_problem = fields.Text(compute="_compute_key_problem")
    new_key = fields.Char(compute="_compute_key_problem")
    environment_problem = fields.Char(compute="_compute_environment_problem")

    system_id = fields.Many2one(
        "integration.system", string="Existing System", help="Add flows to it. Empty: a new system."
    )
    system_name = fields.Char(string="Name of the System")
    kind = fields.Selection(SYSTEM_KINDS, default="ecommerce")
    environment = fields.Selection(ENVIRONMENTS, default="production")
    partner_id = fields.Many2one("res.partner", string="Company behind it", check_company=True)
    user_id = fields.Many2one(
        "res.users", string="Responsible here", default=lambda self: self.env.user
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )

    preset = fields.Selection("_selection_preset", string="What do you exchange?")
    line_ids = fields.One2many("integration.connect.wizard.line", "wizard_id", string="Flows")
    has_outbound = fields.Boolean(compute="_compute_kinds_of_flow")
    has_inbound = fields.Boolean(compute="_compute_kinds_of_flow")
    has_orders = fields.Boolean(compute="_compute_kinds_of_flow")
    has_warehouse = fields.Boolean(compute="_compute_kinds_of_flow")
    warehouse_id = fields.Many2one("stock.warehouse", check_company=True)
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    sale_team_id = fields.Many2one("crm.team", check_company=True)

    base_url = fields.Char(string="Address of the Partner's API")
    health_path = fields.Char(string="Path for the Test", default="/")
    auth_type = fields.Selection(
        [
            ("none", "No sign-in"),
            ("bearer", "Bearer token"),
            ("basic", "User and password"),
            ("api_key", "API key in a header"),
            ("hmac", "Signature (HMAC)"),
            ("oauth2", "OAuth 2 client credentials"),
        ],
        string="Sign-in",
        default="bearer",
        required=True,
    )
    auth_header = fields.Char(string="Header", default="X-API-Key")
    verify_tls = fields.Boolean(string="Verify TLS Certificate", default=True)
    allowed_networks = fields.Char(
        help="Private networks that may be called, comma-separated, for example 10.1.0.0/16. "
        "Only needed when the partner's system stands in your own network."
    )

    endpoint_id = fields.Many2one("integration.endpoint", readonly=True)
    flow_ids = fields.Many2many("integration.flow", readonly=True)
    handover_ids = fields.One2many("integration.webhook.handover", "wizard_id", readonly=True)
    connection_state = fields.Selection([("ok", "Works"), ("failed", "Failed")], readonly=True)
    connection_message = fields.Char(readonly=True)

    @api.model
    def _selection_preset(self):
        """The presets that can be handled here."""
        presets = self.env["integration.connect.preset"]._available()
        return [(code, preset["label"]) for code, preset in presets.items()]

    def _compute_key_problem(self):
        """Tell before anything is typed when secrets could not be kept."""
        usable, text = self.env["integration.credential"]._encryption_status()
        self.key_problem = False if usable else text
        # A key that is there and does not work must be mended: a new one would cost the secrets.
        mend = self.env["integration.credential"]._encryption_key_is_set()
        self.new_key = False if usable or mend else crypto.generate_key()

    @api.depends("environment")
    def _compute_environment_problem(self):
        """Tell early when calls to a system of this environment would be held."""
        here = (config.get(ENVIRONMENT_OPTION) or "").strip()
        names = dict(self._fields["environment"]._description_selection(self.env))
        for wizard in self:
            wanted = wizard.environment
            fits = here == wanted or (not here and wanted != "production")
            wizard.environment_problem = not fits and self.env._(
                "Messages to the partner will wait: calls to a system of the environment "
                "“%(wanted)s” leave only from an Odoo of the same environment. If this is one, add "
                "the line %(option)s = %(value)s to the [options] of its configuration file and "
                "restart it. Otherwise choose another environment.",
                wanted=names.get(wanted, ""),
                option=ENVIRONMENT_OPTION,
                value=wanted,
            )

    @api.depends("line_ids.direction", "line_ids.handler")
    def _compute_kinds_of_flow(self):
        """What the next steps must ask for."""
        for wizard in self:
            directions = set(wizard.line_ids.mapped("direction"))
            handlers = [line.handler or "" for line in wizard.line_ids]
            wizard.has_outbound = "outbound" in directions
            wizard.has_inbound = "inbound" in directions
            wizard.has_orders = any(".shop.order." in handler for handler in handlers)
            wizard.has_warehouse = wizard.has_orders or any(
                ".wms." in handler or handler.endswith(".shop.stock") for handler in handlers
            )

    @api.onchange("system_id")
    def _onchange_system_id(self):
        """Take over what is known of an existing system."""
        if self.system_id:
            self.system_name = self.system_id.name
            self.kind = self.system_id.kind
            self.environment = self.system_id.environment
            self.partner_id = self.system_id.partner_id
            self.user_id = self.system_id.user_id
            self.company_id = self.system_id.company_id

    @api.onchange("preset")
    def _onchange_preset(self):
        """Propose the flows of a preset."""
        preset = self.env["integration.connect.preset"]._available().get(self.preset)
        if not preset:
            return
        if not self.system_id and self.preset != "custom":
            self.kind = preset["kind"]
        prefix = self._code_prefix()
        lines = []
        for position, template in enumerate(preset["flows"]):
            values = dict(template, sequence=position)
            values["code"] = f"{prefix}.{values.pop('suffix')}"
            values["name"] = f"{self.system_name or ''}: {values['name']}".lstrip(": ")
            lines.append(Command.create(values))
        self.line_ids = [Command.clear(), *lines]

    @api.onchange("company_id")
    def _onchange_company_id(self):
        """The first warehouse of the company is the likely one."""
        if self.warehouse_id.company_id != self.company_id:
            self.warehouse_id = self.env["stock.warehouse"].search(
                [("company_id", "=", self.company_id.id)], limit=1
            )

    def _code_prefix(self):
        """The system's name as part of an address; unique together with each suffix."""
        text = re.sub(r"[^a-z0-9]+", "-", (self.system_name or "partner").lower()).strip("-")
        prefix = candidate = text or "partner"
        # sudo: codes are unique over all companies.
        flows = self.env["integration.flow"].sudo().with_context(active_test=False)
        taken = set(flows.search([("code", "=like", f"{prefix}%")]).mapped("code"))
        number = 2
        while any(code.startswith(f"{candidate}.") for code in taken):
            candidate = f"{prefix}{number}"
            number += 1
        return candidate

    def _encryption_key(self):
        """The key of this server."""
        return self.env["integration.credential"]._encryption_key()

    def _reopen(self):
        """Show this dialog again, at its present step."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connect a partner"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
