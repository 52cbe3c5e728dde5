"""One thing that a person must look at."""

from odoo import api, fields, models
from odoo.fields import Domain

from .integration_log import ERROR_CLASSES

EXCEPTION_STATES = [
    ("open", "Open"),
    ("assigned", "Assigned"),
    ("retrying", "Retrying"),
    ("resolved", "Resolved"),
    ("ignored", "Ignored"),
    ("discarded", "Discarded"),
]
OPEN_STATES = ("open", "assigned", "retrying")
CATEGORIES = [("technical", "Technical"), ("business", "Business"), ("partner", "Partner")]


class IntegrationException(models.Model):
    """A failure with its document, its cause, what is at stake and who looks after it."""

    _name = "integration.exception"
    _description = "Integration exception"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "is_open desc, severity_rank, opened_at desc, id desc"

    name = fields.Char(required=True, readonly=True, string="Title")
    state = fields.Selection(
        EXCEPTION_STATES,
        required=True,
        default="open",
        readonly=True,
        tracking=True,
        copy=False,
        group_expand="_group_expand_states",
    )
    is_open = fields.Boolean(compute="_compute_is_open", store=True, index=True)
    category = fields.Selection(CATEGORIES, required=True, default="technical", readonly=True)
    severity = fields.Selection(
        [("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low")],
        required=True,
        default="normal",
        tracking=True,
    )
    severity_rank = fields.Integer(compute="_compute_severity_rank", store=True)
    error_class = fields.Selection(ERROR_CLASSES, string="Kind of Failure", readonly=True)
    error_message = fields.Text(readonly=True, string="What Happened")
    first_error_message = fields.Text(
        readonly=True, string="At First", help="The first failure; the last one is above."
    )
    advice = fields.Html(compute="_compute_advice", string="What to Do")
    fingerprint = fields.Char(readonly=True, index="btree_not_null")
    dedupe_key = fields.Char(readonly=True, copy=False, index="btree_not_null")

    flow_id = fields.Many2one("integration.flow", readonly=True, index=True)
    endpoint_id = fields.Many2one("integration.endpoint", readonly=True, index="btree_not_null")
    system_id = fields.Many2one("integration.system", readonly=True, index=True)
    message_id = fields.Many2one(
        "integration.message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    transaction_id = fields.Many2one(
        "integration.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", readonly=True)
    document_name = fields.Char(compute="_compute_document_name", string="Document")
    source_model = fields.Char(readonly=True, help="Kind of record that must be corrected.")
    source_key = fields.Char(readonly=True)
    source_value = fields.Char(readonly=True, string="Value to Correct")
    partner_id = fields.Many2one("res.partner", string="Customer or Partner", readonly=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_at_stake = fields.Monetary(
        string="At Stake",
        readonly=True,
        help="The order's amount in the company's currency, when the exception was last seen. Zero "
        "when the order is settled, or when nobody can tell what its currency is worth.",
    )
    amount_stated = fields.Char(
        string="As Stated", readonly=True, help="The amount and currency as the partner wrote them."
    )

    user_id = fields.Many2one("res.users", string="Owner", tracking=True, index="btree_not_null")
    opened_at = fields.Datetime(
        string="Opened", readonly=True, default=fields.Datetime.now, required=True
    )
    opened_by_id = fields.Many2one(
        "res.users",
        string="Opened By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who opened it by hand; a person must close it, too.",
    )
    last_seen_at = fields.Datetime(string="Last Seen", readonly=True, default=fields.Datetime.now)
    deadline_at = fields.Datetime(string="Deadline", tracking=True)
    resolved_at = fields.Datetime(string="Closed", readonly=True, copy=False)
    resolution = fields.Selection(
        [
            ("auto", "By itself"),
            ("retry", "After a retry"),
            ("manual", "By a person"),
            ("ignored", "Ignored"),
            ("discarded", "Discarded"),
        ],
        readonly=True,
        copy=False,
    )
    resolution_note = fields.Text(string="Note")
    by_person = fields.Boolean(
        string="A Person Took Part",
        readonly=True,
        copy=False,
        help="Somebody took it over, assigned it, tried it again or opened it again.",
    )
    occurrence_count = fields.Integer(string="Times Seen", default=1, readonly=True)
    age_hours = fields.Float(compute="_compute_age", string="Age (h)")
    age_display = fields.Char(compute="_compute_age", string="Age")
    can_retry = fields.Boolean(compute="_compute_can_retry")
    color = fields.Integer(compute="_compute_color")

    _dedupe_uniq = models.UniqueIndex(
        "(dedupe_key) WHERE state IN ('open', 'assigned', 'retrying') AND dedupe_key IS NOT NULL",
        "This exception is open already.",
    )
    _document_idx = models.Index("(res_model, res_id) WHERE is_open")
    _source_idx = models.Index(
        "(source_value, source_model) WHERE is_open AND source_value IS NOT NULL"
    )

    @api.depends("state")
    def _compute_is_open(self):
        """An exception is open until somebody, or a later success, closes it."""
        for exception in self:
            exception.is_open = exception.state in OPEN_STATES

    @api.model
    def _group_expand_states(self, states, domain):
        """Show the empty columns of the kanban, too, but none that a filter keeps empty."""
        asked = [c for c in Domain(domain).iter_conditions() if c.field_expr == "is_open"]
        wanted = {value for condition in asked for value in _values(condition)}
        if len(wanted) != 1:
            wanted = {True, False}
        return [s for s, _label in EXCEPTION_STATES if s in states or (s in OPEN_STATES) in wanted]

    @api.depends("severity")
    def _compute_severity_rank(self):
        """Order by weight, not by the alphabet."""
        rank = {"critical": 0, "high": 1, "normal": 2, "low": 3}
        for exception in self:
            exception.severity_rank = rank.get(exception.severity, 2)


def _values(condition):
    """Return the values of a yes-or-no field that a condition of a domain lets through."""
    value = condition.value
    values = {bool(v) for v in value} if condition.operator in ("in", "not in") else {bool(value)}
    return {True, False} - values if condition.operator in ("!=", "not in") else values
