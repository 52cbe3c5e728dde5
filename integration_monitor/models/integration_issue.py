"""One fault, however often it happened: failed lines and exceptions of one fingerprint."""

from odoo import api, fields, models

from .integration_exception import CATEGORIES
from .integration_log import ERROR_CLASSES
from .integration_loose_reference_mixin import LooseMany2one

ISSUE_STATES = [
    ("new", "New"),
    ("regressed", "Came back"),
    ("escalating", "Escalating"),
    ("ongoing", "Ongoing"),
    ("archived", "Archived"),
    ("resolved", "Resolved"),
]
# What is over, or was put aside by a person.
QUIET_STATES = ("archived", "resolved")


class IntegrationIssue(models.Model):
    """A fault with everything it did: how often, since when, what it costs, who looks after it.

    Counted by the roll-up of the log (``integration_issue_count``); people resolve, archive and
    reopen. Unlike an exception, which is one document that waits, an issue is one cause.
    """

    _name = "integration.issue"
    _description = "Integration issue"
    _inherit = ["mail.thread", "integration.loose.reference.mixin"]
    _order = "state_rank, amount_at_stake desc, last_seen desc, id desc"

    name = fields.Char(required=True, readonly=True, string="Fault")
    fingerprint = fields.Char(required=True, readonly=True, copy=False)
    state = fields.Selection(
        ISSUE_STATES,
        required=True,
        default="new",
        readonly=True,
        tracking=True,
        group_expand="_group_expand_states",
    )
    state_rank = fields.Integer(
        compute="_compute_state_rank", store=True, help="Order of urgency, not of the alphabet."
    )
    state_since = fields.Datetime(
        string="In This State Since", readonly=True, required=True, default=fields.Datetime.now
    )
    error_class = fields.Selection(ERROR_CLASSES, string="Kind of Failure", readonly=True)
    category = fields.Selection(CATEGORIES, required=True, default="technical", readonly=True)
    sample_message = fields.Text(string="For Example", readonly=True)

    # Loose: the counting must not stop because what a line names is gone.
    system_id = LooseMany2one("integration.system", readonly=True, index=True)
    endpoint_id = LooseMany2one("integration.endpoint", readonly=True)
    flow_id = LooseMany2one("integration.flow", readonly=True, index=True)
    company_id = LooseMany2one("res.company", readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")

    first_seen = fields.Datetime(readonly=True, required=True, default=fields.Datetime.now)
    last_seen = fields.Datetime(readonly=True, required=True, default=fields.Datetime.now)
    count = fields.Integer(
        string="Times Seen",
        readonly=True,
        aggregator="sum",
        help="Failures in the log. A call and the message that made it count once.",
    )
    occurrence_ids = fields.One2many("integration.issue.occurrence", "issue_id", readonly=True)
    open_exception_count = fields.Integer(string="Open Exceptions", readonly=True)
    amount_at_stake = fields.Monetary(
        string="At Stake", readonly=True, help="Of the open exceptions, in the company's currency."
    )

    user_id = fields.Many2one("res.users", string="Owner", tracking=True, index="btree_not_null")
    note = fields.Html(string="What We Know")
    resolved_at = fields.Datetime(readonly=True, copy=False)
    resolved_by_id = fields.Many2one(
        "res.users", string="Resolved By", readonly=True, copy=False, help="Empty: by silence."
    )
    archived_until = fields.Datetime(string="Quiet Until", readonly=True, copy=False)
    archived_count = fields.Integer(
        string="Quiet Until Seen",
        readonly=True,
        copy=False,
        aggregator=None,
        help="The issue shows up again when it was seen more often than this.",
    )

    _fingerprint_uniq = models.UniqueIndex("(fingerprint, COALESCE(company_id, 0))")
    _state_idx = models.Index("(state, last_seen)")

    @api.model
    def _group_expand_states(self, states, domain):
        """Show every column of the kanban, also the empty ones."""
        return [state for state, _label in ISSUE_STATES]

    @api.depends("state")
    def _compute_state_rank(self):
        """Put what is news before what goes on, and what is over last."""
        rank = {
            state: number
            for number, state in enumerate(
                ("escalating", "regressed", "new", "ongoing", "archived", "resolved")
            )
        }
        for issue in self:
            issue.state_rank = rank[issue.state]

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        """The currency of the company whose documents wait."""
        for issue in self:
            issue.currency_id = (issue.company_id or self.env.company).currency_id
