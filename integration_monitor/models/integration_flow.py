"""One kind of exchange with an external system."""

import re

from odoo import api, fields, models

from .integration_system import CRITICALITIES

CODE_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]*")
HANDLER_PREFIX = "integration.handler."


class IntegrationFlow(models.Model):
    """What is exchanged, in which direction, by whom it is handled, how failures are treated."""

    _name = "integration.flow"
    _description = "Integration flow"
    _inherit = ["mail.thread", "integration.pause.mixin"]
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="Part of the webhook address: small letters, digits, dot, dash and underscore.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    system_id = fields.Many2one(
        "integration.system", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    endpoint_id = fields.Many2one(
        "integration.endpoint",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('system_id', '=', system_id)]",
        help="Where outbound messages are sent.",
    )
    direction = fields.Selection(
        [("inbound", "Inbound"), ("outbound", "Outbound")], required=True, default="inbound"
    )
    style = fields.Selection(
        [("sync", "Request"), ("webhook", "Webhook"), ("event", "Event"), ("batch", "Batch")],
        required=True,
        default="webhook",
    )
    message_type = fields.Char(
        required=True, help="What one message is, for example shop.order or wms.release."
    )
    handler = fields.Selection(
        "_selection_handler",
        required=True,
        default="integration.handler.noop",
        help="The code that turns a message into a document, or a document into a message.",
    )
    criticality = fields.Selection(CRITICALITIES, required=True)
    priority = fields.Integer(default=10, help="Smaller goes first.")
    latency_tolerance = fields.Integer(default=15)
    retry_policy_id = fields.Many2one(
        "integration.retry.policy",
        required=True,
        default=lambda self: self._default_retry_policy_id(),
        check_company=True,
    )
    service_user_id = fields.Many2one(
        "res.users",
        string="Service Account",
        tracking=True,
        help="The account in whose name documents are made; never an administrator.",
    )
    user_id = fields.Many2one(
        "res.users", string="Owner of Exceptions", tracking=True, help="Empty: the system's owner."
    )
    trigger_event = fields.Char(
        index="btree_not_null",
        help="Outbound: the event of a document that sends a message, for example "
        "picking.first.ready.",
    )
    trigger_domain = fields.Char(
        help="Outbound: only documents that match this domain send a message."
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Warehouses",
        check_company=True,
        help="Outbound: only documents of these warehouses. Empty: every warehouse.",
    )
    payload_policy = fields.Selection(
        [
            ("keep", "Keep as received"),
            ("redact", "Hide personal data once done"),
            ("drop", "Remove once done"),
        ],
        required=True,
        default=lambda self: self._default_payload_policy(),
        help="What happens to the content of a message that is done.",
    )
    ordering = fields.Boolean(
        help="Messages about one document or matter wait for their predecessors instead of "
        "overtaking them. One that failed for good holds up what is sent, until a person has "
        "decided; what comes in goes on."
    )
    coalesce = fields.Boolean(
        help="A newer message replaces one that still waits, for example a stock level."
    )
    settings = fields.Json(copy=True)
    credential_ids = fields.One2many("integration.credential", "flow_id")
    message_ids = fields.One2many("integration.message", "flow_id")
    exception_ids = fields.One2many("integration.exception", "flow_id")

    last_message_at = fields.Datetime(string="Last Message", compute="_compute_counts")
    message_count = fields.Integer(string="Messages (24 h)", compute="_compute_counts")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    dead_count = fields.Integer(string="Failed", compute="_compute_counts")
    exception_count = fields.Integer(string="Open Exceptions", compute="_compute_counts")
    webhook_path = fields.Char(compute="_compute_webhook_path")

    _code_uniq = models.Constraint("UNIQUE(code)", "Another flow has the same code.")
    _latency_tolerance_range = models.Constraint(
        "CHECK (latency_tolerance >= 0)",
        "A message cannot be late before it came: the minutes until then are zero or more.",
    )

    @api.model
    def _selection_handler(self):
        """Every handler model of the installed addons, with its own label."""
        names = sorted(name for name in self.env.registry if name.startswith(HANDLER_PREFIX))
        # A handler without direction is a base for others.
        return [(name, self.env[name]._label()) for name in names if self.env[name]._directions()]

    def _handler(self):
        """Return the handler model of this flow, in the environment of ``self``."""
        self.ensure_one()
        return self.env[self.handler]

    @api.model
    def _default_retry_policy_id(self):
        """The ready-made policy for flows of normal weight."""
        return self.env.ref("integration_monitor.retry_policy_normal", raise_if_not_found=False)

    @api.model
    def _default_payload_policy(self):
        """The policy chosen on the settings page."""
        # A default may be read by whoever may create a flow.
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param("integration_monitor.payload_policy", "redact")
