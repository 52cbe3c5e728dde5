"""'Connect a partner': from a name to a tested connection in four steps."""

import re
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Command

from odoo.addons.integration_monitor.models.integration_flow import CODE_PATTERN
from odoo.addons.integration_monitor.models.integration_system import ENVIRONMENTS, SYSTEM_KINDS
from odoo.addons.integration_monitor.tools import crypto

STEPS = ["who", "flows", "outbound", "handover"]


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
        ],
        string="Sign-in",
        default="bearer",
        required=True,
    )
    auth_header = fields.Char(string="Header", default="X-API-Key")
    login = fields.Char(string="User")
    token = fields.Char(compute="_compute_token", inverse="_inverse_token")
    token_sealed = fields.Char(groups=NO_ACCESS)
    token_given = fields.Boolean(readonly=True)
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
        self.new_key = False if usable else crypto.generate_key()

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

    def _compute_token(self):
        """Never shown again once typed."""
        self.token = False

    def _inverse_token(self):
        """Keep what was typed encrypted, between the steps too."""
        for wizard in self:
            if wizard.token:
                wizard._check_key()
                sealed = crypto.encrypt(wizard.token, wizard._encryption_key())
                # sudo: the sealed text is closed to everybody.
                wizard.sudo().write({"token_sealed": sealed, "token_given": True})

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

    # Steps

    def action_next(self):
        """Check the step at hand and show the next one."""
        self.ensure_one()
        self._check_key()
        getattr(self, f"_check_{self.step}")()
        if self.step == "flows" and not self.has_outbound:
            return self.action_connect()
        self.step = STEPS[STEPS.index(self.step) + 1]
        return self._reopen()

    def action_back(self):
        """Show the step before; nothing is lost."""
        self.ensure_one()
        if self.step in ("flows", "outbound"):
            self.step = STEPS[STEPS.index(self.step) - 1]
        return self._reopen()

    def action_connect(self):
        """Make system, endpoint, flows and secrets, and show what to hand over."""
        self.ensure_one()
        self._check_key()
        for step in STEPS[: 3 if self.has_outbound else 2]:
            getattr(self, f"_check_{step}")()
        if self.step == "handover":
            raise UserError(self.env._("This partner is connected already."))
        self._connect()
        self.step = "handover"
        return self._reopen()

    def action_done(self):
        """The secrets were copied: nobody sees them again. Show the system."""
        self.ensure_one()
        self.handover_ids._close()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.system",
            "res_id": self.system_id.id,
            "view_mode": "form",
            "target": "main",
        }

    def _check_key(self):
        """Stop before anything is lost when secrets could not be kept."""
        if self.key_problem:
            raise UserError(self.key_problem)

    def _check_who(self):
        """Step 1 is complete."""
        if not (self.system_id or (self.system_name or "").strip()):
            raise UserError(self.env._("Name the system, for example “Web shop Benelux”."))

    def _check_flows(self):
        """Step 2 is complete and every code is free."""
        if not self.line_ids:
            raise UserError(self.env._("Choose what you exchange, or add at least one flow."))
        codes = self.line_ids.mapped("code")
        for code in codes:
            if not CODE_PATTERN.fullmatch(code or ""):
                raise UserError(
                    self.env._(
                        "“%(code)s” cannot be part of an address: use small letters, digits, dot, "
                        "dash and underscore.",
                        code=code,
                    )
                )
        # sudo: codes are unique over all companies.
        flows = self.env["integration.flow"].sudo().with_context(active_test=False)
        taken = flows.search([("code", "in", codes)]).mapped("code")
        twice = taken or [code for code in codes if codes.count(code) > 1]
        if twice:
            raise UserError(
                self.env._("The code “%(code)s” is used already: choose another.", code=twice[0])
            )
        if self.has_warehouse and not self.warehouse_id:
            raise UserError(self.env._("Choose the warehouse that this partner ships from."))

    def _check_outbound(self):
        """Step 3 is complete and the address can be one."""
        parts = urlsplit((self.base_url or "").strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                self.env._(
                    "Enter the full address of the partner's API, for example "
                    "https://api.partner.example/v1"
                )
            )
        if parts.username or parts.password:
            raise UserError(
                self.env._("Put user and password into the fields below, not into the address.")
            )
        if self.auth_type != "none" and not self.token_given:
            raise UserError(self.env._("Enter the token or password that the partner gave you."))
        if self.auth_type == "basic" and not self.login:
            raise UserError(self.env._("Enter the user name that the partner gave you."))

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
