"""One API or connection of an external system."""

from odoo import api, fields, models


class IntegrationEndpoint(models.Model):
    """Where calls go: address, sign-in, limits, and the switch that stops them."""

    _name = "integration.endpoint"
    _description = "Integration endpoint"
    _inherit = ["mail.thread", "integration.health.mixin", "integration.pause.mixin"]
    _order = "system_id, name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, copy=False, help="Short name, unique in the company.")
    active = fields.Boolean(default=True)
    system_id = fields.Many2one(
        "integration.system", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    base_url = fields.Char(
        string="Address",
        required=True,
        tracking=True,
        help="For example https://api.partner.example/v1",
    )
    host_patterns = fields.Char(
        string="Further Hosts",
        help="Further host names that belong to this endpoint, comma-separated; "
        "a leading *. matches every sub-domain.",
    )
    auth_type = fields.Selection(
        [
            ("none", "None"),
            ("basic", "User and password"),
            ("bearer", "Bearer token"),
            ("api_key", "API key in a header"),
            ("hmac", "Signature (HMAC)"),
            ("oauth2", "OAuth 2 client credentials"),
        ],
        string="Sign-in",
        required=True,
        default="none",
    )
    auth_header = fields.Char(
        string="Header of the API Key",
        default="X-API-Key",
        help="The header that carries the API key, for example X-API-Key.",
    )
    credential_ids = fields.One2many("integration.credential", "endpoint_id")
    connect_timeout = fields.Float(default=5.0, required=True, help="Seconds to open a connection.")
    read_timeout = fields.Float(default=20.0, required=True, help="Seconds to wait for data.")
    deadline_seconds = fields.Float(
        default=30.0, required=True, help="Seconds that one call may take altogether."
    )
    max_response_kb = fields.Integer(
        default=2048, required=True, help="Largest answer that is read, in kilobytes."
    )
    verify_tls = fields.Boolean(string="Verify TLS Certificate", default=True, tracking=True)
    allowed_networks = fields.Char(
        string="Private Networks",
        help="Private networks that may be called, comma-separated, for example 10.1.0.0/16. "
        "Empty: only public addresses.",
    )
    inject_trace = fields.Boolean(
        string="Send Trace Headers",
        default=True,
        help="Send traceparent and X-Correlation-ID with each call.",
    )
    health_path = fields.Char(
        default="/", help="Path that 'Test connection' reads with GET, for example /health."
    )
    last_success_at = fields.Datetime(string="Last Success", readonly=True, copy=False)
    last_failure_at = fields.Datetime(string="Last Failure", readonly=True, copy=False)
    failure_streak = fields.Integer(
        string="Failures in a Row",
        readonly=True,
        copy=False,
        help="Failed calls in a row since the last success.",
    )
    refusal = fields.Char(compute="_compute_refusal")
    flow_ids = fields.One2many("integration.flow", "endpoint_id")
    exception_ids = fields.One2many("integration.exception", "endpoint_id")
    flow_count = fields.Integer(compute="_compute_counts")
    exception_count = fields.Integer(string="Open Exceptions", compute="_compute_counts")
    waiting_count = fields.Integer(string="Waiting Messages", compute="_compute_counts")

    _code_uniq = models.Constraint(
        "UNIQUE(company_id, code)", "Another endpoint of this company has the same code."
    )

    @api.depends("flow_ids", "exception_ids.state")
    def _compute_counts(self):
        """Count flows, open exceptions and waiting messages, one grouped query each."""
        counts = {}
        for model, domain in (
            ("integration.flow", []),
            ("integration.exception", [("is_open", "=", True)]),
            ("integration.message", [("state", "in", ("pending", "retry"))]),
        ):
            groups = self.env[model]._read_group(
                [("endpoint_id", "in", self.ids), *domain], ["endpoint_id"], ["__count"]
            )
            counts[model] = {endpoint.id: count for endpoint, count in groups}
        for endpoint in self:
            endpoint.flow_count = counts["integration.flow"].get(endpoint.id, 0)
            endpoint.exception_count = counts["integration.exception"].get(endpoint.id, 0)
            endpoint.waiting_count = counts["integration.message"].get(endpoint.id, 0)

    @api.depends("name", "system_id.environment")
    def _compute_refusal(self):
        """Show why calls may not leave this machine, when they may not."""
        for endpoint in self:
            endpoint.refusal = endpoint._environment_refusal() if endpoint.id else False
