"""The log: one line for each observed interaction."""

from datetime import timedelta

from odoo import api, fields, models

from ..instrumentation import log_partitions, log_table
from .integration_loose_reference_mixin import LooseMany2one

KINDS = [
    ("http_out", "Call to a partner"),
    ("webhook_in", "Delivery from a partner"),
    ("message", "Message"),
    ("job", "Background job"),
    ("cron", "Scheduled action"),
    ("rpc_in", "API call to Odoo"),
    ("span", "Reported step"),
    ("custom", "Other"),
    ("monitor", "The monitor itself"),
]
OUTCOMES = [
    ("ok", "Succeeded"),
    ("error", "Failed"),
    ("refused", "Refused"),
    ("duplicate", "Duplicate"),
]
# What the daily job has maintained up to, and how much further one run of it may go.
MAINTAINED = "integration_monitor.log_maintained_until"
MAINTAINED_STEP = timedelta(days=7)
RETENTION_CLASSES = [("standard", "Standard"), ("refused", "Refused"), ("audit", "Audit")]
ERROR_CLASSES = [
    ("dns", "Name not found"),
    ("connect", "No connection"),
    ("tls", "Certificate or encryption"),
    ("timeout", "Too slow"),
    ("auth", "Credentials refused"),
    ("rate_limit", "Too many calls"),
    ("client", "Request refused"),
    ("server", "System failure"),
    ("contract", "Wrong format"),
    ("business", "Data to correct"),
    ("unknown", "Unknown"),
]


class IntegrationLog(models.Model):
    """Append-only record of one observed interaction; written by the log writer alone.

    Sits on a view over a partitioned table (see ``instrumentation/log_table.py``): no foreign
    keys, so a line outlives the flow or message it names. Times in UTC, durations in ms.
    """

    _name = "integration.log"
    _description = "Integration log"
    _inherit = ["integration.loose.reference.mixin"]
    _auto = False
    _log_access = False
    _order = "occurred_at desc, id desc"

    occurred_at = fields.Datetime("When", required=True, readonly=True)
    recorded_at = fields.Datetime(readonly=True)
    retention_class = fields.Selection(RETENTION_CLASSES, default="standard", readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    direction = fields.Selection([("inbound", "In"), ("outbound", "Out")], readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, default="ok", readonly=True)
    count = fields.Integer(
        default=1,
        readonly=True,
        aggregator="sum",
        help="More than one when equal refusals were put into one line.",
    )

    system_id = LooseMany2one("integration.system", readonly=True)
    endpoint_id = LooseMany2one("integration.endpoint", readonly=True)
    flow_id = LooseMany2one("integration.flow", readonly=True)
    message_id = LooseMany2one("integration.message", readonly=True)
    message_uid = fields.Char("Message ID", readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)
    region = fields.Char(readonly=True)
    user_id = LooseMany2one("res.users", "User", readonly=True)
    res_model = fields.Char("Document type", readonly=True)
    res_id = fields.Many2oneReference("Document ID", model_field="res_model", readonly=True)

    document_name = fields.Char("Document", compute="_compute_document_name")

    correlation_id = fields.Char("Correlation ID", readonly=True)
    trace_id = fields.Char("Trace ID", readonly=True)
    span_id = fields.Char("Span ID", readonly=True)
    parent_span_id = fields.Char("Parent span ID", readonly=True)

    method = fields.Char(readonly=True)
    host = fields.Char(readonly=True)
    path_template = fields.Char("Path", readonly=True, help="Ids are masked.")
    status_code = fields.Integer("HTTP status", readonly=True, aggregator=None)
    attempt = fields.Integer(readonly=True, aggregator=None)
    retry_after = fields.Float(
        "Asked to wait (s)", readonly=True, aggregator=None, help="Seconds the partner asked for."
    )
    operation = fields.Char(
        readonly=True, help="What ran: a method, a scheduled action, a background job, an exchange."
    )
    lag_ms = fields.Float(
        "Began late by (ms)",
        readonly=True,
        aggregator="avg",
        digits=(12, 1),
        help="Between the time it was due, or enqueued, and the time it began.",
    )
    duration_ms = fields.Float("Duration (ms)", readonly=True, aggregator="avg", digits=(12, 1))
    request_bytes = fields.Integer("Sent (bytes)", readonly=True)
    response_bytes = fields.Integer("Received (bytes)", readonly=True)

    quota_limit = fields.Integer("Quota", readonly=True, aggregator=None)
    quota_remaining = fields.Integer("Quota left", readonly=True, aggregator="min")
    quota_reset = fields.Float(
        "Quota renewed in (s)", readonly=True, aggregator=None, digits=(12, 0)
    )
    records_announced = fields.Integer("Records announced", readonly=True)
    records_received = fields.Integer("Records received", readonly=True)
    records_applied = fields.Integer("Records applied", readonly=True)
    detail = fields.Json(readonly=True)
    detail_text = fields.Text("Details", compute="_compute_detail_text")
    job_uuid = fields.Char(
        "Job", compute="_compute_job_uuid", help="The background job that made this attempt."
    )

    error_class = fields.Selection(ERROR_CLASSES, readonly=True)
    error_message = fields.Text(readonly=True)
    fingerprint = fields.Char(readonly=True, help="Equal for errors that are the same fault.")
    request_headers = fields.Json(readonly=True, groups="integration_monitor.group_support")
    request_headers_text = fields.Text(
        "Headers",
        compute="_compute_request_headers_text",
        groups="integration_monitor.group_support",
    )
    response_excerpt = fields.Text(
        "Answer", readonly=True, groups="integration_monitor.group_support"
    )

    def init(self):
        """Create or upgrade the partitioned table, its indexes, partitions and the view."""
        log_table.ensure_schema(self.env.cr)
        log_partitions.ensure_partitions(self.env.cr)

    @api.depends("method", "path_template", "operation", "kind", "status_code")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            what = " ".join(filter(None, [line.method, line.path_template])) or line.operation
            if line.kind == "rpc_in" and line.operation:
                what = line.operation  # its path is the same for many methods
            status = f" {line.status_code}" if line.status_code else ""
            line.display_name = f"{what or kinds.get(line.kind, line.kind)}{status}"

    @api.depends("res_model", "res_id", "correlation_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_document_name(self):
        """Name the line's document, or the order that its correlation id belongs to.

        For those who may read the one or the other; a few queries for any number of lines.
        """
        ids = {line.correlation_id for line in self if line.correlation_id}
        orders = self.env["integration.transaction"].search_fetch(
            [("correlation_id", "in", ids)], ["correlation_id", "name"]
        )
        names = {order.correlation_id: order.name for order in orders}
        for model, lines in self.filtered("res_id").grouped("res_model").items():
            if model in self.env:
                documents = self.env[model].browse(set(lines.mapped("res_id"))).exists()
                for document in documents._filtered_access("read"):
                    names[model, document.id] = document.display_name
        for line in self:
            name = names.get((line.res_model, line.res_id)) or names.get(line.correlation_id)
            line.document_name = name or False

    @api.depends("request_headers")
    def _compute_request_headers_text(self):
        for line in self:
            headers = sorted((line.request_headers or {}).items())
            line.request_headers_text = "\n".join(f"{name}: {value}" for name, value in headers)

    @api.depends("detail")
    def _compute_job_uuid(self):
        for line in self:
            detail = line.detail or {}
            line.job_uuid = detail.get("job") or (line.kind == "job" and detail.get("uuid"))

    @api.depends("detail")
    def _compute_detail_text(self):
        for line in self:
            facts = sorted((line.detail or {}).items())
            line.detail_text = "\n".join(f"{name}: {value}" for name, value in facts)

    @api.model
    def _retention_days(self):
        """Days each retention class is kept, from the system parameters."""
        number = self.env["ir.config_parameter"]._integration_number
        return {name: number(f"log_retention_{name}_days") for name, _label in RETENTION_CLASSES}

    @api.model
    def _maintain_partitions(self):
        """Scheduled daily: make the coming months' partitions, drop those past their retention.

        The first run drops nothing: see :meth:`_retention_now`.
        """
        cr = self.env.cr
        log_partitions.ensure_partitions(cr)
        now = self._retention_now()
        parameters = self.env["ir.config_parameter"].sudo()  # bookkeeping of the job itself
        if parameters.get_param(MAINTAINED):
            log_partitions.drop_expired(cr, self._retention_days(), now)
        parameters.set_param(MAINTAINED, fields.Datetime.to_string(now))

    @api.model
    def _retention_now(self):
        """Return the moment from which retention counts back; everything that deletes asks here.

        It is the clock's, but at most a week past what the daily job has maintained: a clock that
        is wrong for one run costs the evidence of a week, not all of it, and after a machine was
        off for long each run catches up by a week.
        """
        now = fields.Datetime.now()
        # Bookkeeping of the daily job, not readable by users.
        text = self.env["ir.config_parameter"].sudo().get_param(MAINTAINED)
        try:
            return min(now, fields.Datetime.to_datetime(text) + MAINTAINED_STEP) if text else now
        except (ValueError, OverflowError):  # somebody wrote there: the next run puts it right
            return now

    @api.model
    def _logs_web_traffic(self):
        """Whether people's work in the web client is logged, too; without a query (cached)."""
        parameters = self.env["ir.config_parameter"].sudo()  # settings are not readable by users
        return parameters.get_param("integration_monitor.log_web_traffic") == "True"

    def action_open_document(self):
        """Open the document that the line is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def action_open_related(self):
        """Open every line of the same correlation id, oldest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_log"
        )
        # A month either side: lets PostgreSQL skip the other partitions.
        margin = timedelta(days=31)
        action["domain"] = [
            ("correlation_id", "=", self.correlation_id),
            ("occurred_at", ">=", self.occurred_at - margin),
            ("occurred_at", "<=", self.occurred_at + margin),
        ]
        action["context"] = {}
        action["name"] = self.env._("Same correlation: %s", self.correlation_id)
        return action
