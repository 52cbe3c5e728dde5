"""An external system that this company exchanges messages with."""

from odoo import api, fields, models
from odoo.tools import config, ormcache

SYSTEM_KINDS = [
    ("wms", "Warehouse system"),
    ("tms", "Transport system"),
    ("carrier", "Carrier"),
    ("ecommerce", "Web shop"),
    ("marketplace", "Marketplace"),
    ("edi", "EDI"),
    ("supplier", "Supplier"),
    ("crm", "CRM"),
    ("finance", "Finance"),
    ("analytics", "Analytics"),
    ("middleware", "Middleware"),
    ("broker", "Message broker"),
    ("other", "Other"),
]
ENVIRONMENTS = [("production", "Production"), ("staging", "Staging"), ("test", "Test")]
HEALTH_WEIGHT = {"unknown": 0, "up": 1, "degraded": 2, "down": 3}
CRITICALITIES = [("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low")]


class IntegrationSystem(models.Model):
    """One partner system: who answers for it, how much it matters, how it is doing."""

    _name = "integration.system"
    _description = "Integration system"
    _inherit = ["mail.thread", "integration.health.mixin"]
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, copy=False, help="Short name, unique in the company.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(SYSTEM_KINDS, required=True, default="other")
    environment = fields.Selection(
        ENVIRONMENTS,
        required=True,
        default=lambda self: self._default_environment(),
        tracking=True,
        help="Calls leave only when this matches the environment named in Odoo's configuration "
        "file, so that a copy of the database cannot reach the real partner.",
    )
    region = fields.Char(help="Where the system runs or whom it serves, for example EU.")
    partner_id = fields.Many2one("res.partner", string="Partner", check_company=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        tracking=True,
        help="Owns the exceptions of this system's flows unless the flow names somebody else.",
    )
    team = fields.Char(help="The team that answers for the system.")
    criticality = fields.Selection(CRITICALITIES, required=True, default="normal")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    endpoint_ids = fields.One2many("integration.endpoint", "system_id")
    flow_ids = fields.One2many("integration.flow", "system_id")
    exception_ids = fields.One2many("integration.exception", "system_id")
    service_user_id = fields.Many2one(
        "res.users",
        string="Service Account",
        copy=False,
        help="The account that runs the flows of this system. It has no password and cannot "
        "log in.",
    )
    note = fields.Html()
    endpoint_count = fields.Integer(compute="_compute_counts")
    flow_count = fields.Integer(compute="_compute_counts")
    exception_count = fields.Integer(string="Open Exceptions", compute="_compute_counts")

    _code_uniq = models.Constraint(
        "UNIQUE(company_id, code)", "Another system of this company has the same code."
    )

    def write(self, vals):
        """Let calls be matched anew when they belong elsewhere."""
        result = super().write(vals)
        if {"region", "company_id"} & set(vals):
            self.env["integration.endpoint"]._forget_match_table()
        if {"region", "environment"} & set(vals):
            self.env.registry.clear_cache()
        return result

    @ormcache("self.id")
    def _placement(self):
        """:return: tuple (environment, region or None); each call asks for them"""
        system = self.sudo()  # whoever calls need not read systems
        return system.environment, system.region or None

    @api.model
    def _default_environment(self):
        """The environment that the configuration file names; else a harmless one."""
        configured = (config.get("integration_monitor_environment") or "").strip()
        return configured if configured in dict(ENVIRONMENTS) else "test"

    @api.depends("endpoint_ids", "flow_ids", "exception_ids.state")
    def _compute_counts(self):
        """Count endpoints, flows and open exceptions, one grouped query each."""
        counts = {}
        for model, domain in (
            ("integration.endpoint", []),
            ("integration.flow", []),
            ("integration.exception", [("is_open", "=", True)]),
        ):
            groups = self.env[model]._read_group(
                [("system_id", "in", self.ids), *domain], ["system_id"], ["__count"]
            )
            counts[model] = {system.id: count for system, count in groups}
        for system in self:
            system.endpoint_count = counts["integration.endpoint"].get(system.id, 0)
            system.flow_count = counts["integration.flow"].get(system.id, 0)
            system.exception_count = counts["integration.exception"].get(system.id, 0)
