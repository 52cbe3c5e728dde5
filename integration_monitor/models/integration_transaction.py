"""Business transactions: one order with everything that follows from it."""

from odoo import fields, models

from .integration_loose_reference_mixin import GuardedMany2one, LooseMany2one

# Warehouse staff follow an order without its price, as on its transfers. So do salespeople who see
# their own orders alone: they may read all transfers, and a transfer leads to the transaction.
AMOUNT_GROUPS = (
    "sales_team.group_sale_salesman_all_leads,account.group_account_invoice,"
    "account.group_account_readonly,integration_monitor.group_viewer,"
    "integration_monitor.group_service"
)

WAITS_ON_KINDS = [
    ("team", "Us"),
    ("system", "A system"),
    ("partner", "A partner"),
    ("customer", "The customer"),
]


class IntegrationTransaction(models.Model):
    """One business transaction, owned by its root document.

    Rows are written by the milestone recorder (raw SQL, in the transaction of the document) and
    read by everybody who may read one of its documents.
    """

    _name = "integration.transaction"
    _description = "Business Transaction"
    _order = "started_at desc, id desc"
    # Nobody but the recorder writes; its milestones tell when.
    _log_access = False

    name = fields.Char(required=True, readonly=True)
    # A process that is in use is never deleted; the rest is kept by the order's own keys.
    process_id = GuardedMany2one(
        "integration.process", required=True, readonly=True, index=True, ondelete="restrict"
    )
    correlation_id = fields.Char(required=True, readonly=True, copy=False)
    res_model = fields.Char(string="Root Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Root Document", model_field="res_model", required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("in_progress", "In progress"),
            ("completed", "Completed"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        default="in_progress",
        required=True,
        readonly=True,
    )
    timeliness = fields.Selection(
        [("on_track", "On track"), ("warning", "At risk"), ("missed", "Late")],
        default="on_track",
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Partner", readonly=True, index=True)
    company_id = GuardedMany2one("res.company", required=True, readonly=True, index=True)
    warehouse_id = GuardedMany2one("stock.warehouse", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True, index=True)
    amount_total = fields.Monetary(
        currency_field="currency_id", readonly=True, groups=AMOUNT_GROUPS
    )
    currency_id = GuardedMany2one("res.currency", readonly=True)
    amount_company = fields.Monetary(
        string="Amount in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="The order's amount at the order's own rate, so that transactions add up.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    started_at = fields.Datetime(required=True, readonly=True)
    completed_at = fields.Datetime(readonly=True)
    promised_at = fields.Datetime(
        string="Promised For", readonly=True, help="Delivery date promised to the customer."
    )
    due_at = fields.Datetime(
        string="Step Due",
        readonly=True,
        help="The first deadline of the steps that are open: the awaited one and those beside it.",
    )
    tick_at = fields.Datetime(
        readonly=True, help="When the timeliness changes next if nothing happens."
    )
    # The milestone of this step has the foreign key; to check one more at each step costs time.
    waits_for_step_id = LooseMany2one(
        "integration.process.step", string="Waits For", readonly=True, ondelete="restrict"
    )
    waits_since = fields.Datetime(string="Since", readonly=True)
    waits_on = fields.Char(string="On", readonly=True)
    waits_on_kind = fields.Selection(
        WAITS_ON_KINDS, string="On Whom", readonly=True, help="Empty: nobody can tell."
    )
    waits_on_system_id = fields.Many2one(
        "integration.system", string="Waits On System", readonly=True, ondelete="set null"
    )
    waits_on_user_id = fields.Many2one(
        "res.users",
        string="Waits On Person",
        readonly=True,
        ondelete="set null",
        help="Who looks after it when our team has to move: the owner of the exception, the "
        "salesperson of a quotation, the one responsible for the transfer.",
    )
    cause = fields.Selection(
        [
            ("none", "Nothing"),
            ("message_failed", "Message failed"),
            ("mapping", "Mapping missing"),
            ("quarantined", "Content not understood"),
            ("transformation", "Failed in the middleware"),
            ("dependency", "A system behind it is out"),
            ("message_pending", "Message on its way"),
            ("acknowledgement", "Acknowledgement awaited"),
            ("acknowledgement_overdue", "Acknowledgement overdue"),
            ("stock", "Missing stock"),
            ("customer", "Customer"),
            ("team", "Our team"),
            ("partner", "Partner"),
            ("purchase", "A purchase"),
            ("paused", "Paused"),
            ("breaker", "Partner not answering"),
            ("maintenance", "Maintenance"),
            ("gate", "Held by gating"),
            ("condition", "Condition to correct"),
            ("environment", "Other environment"),
            ("manual", "To be done by hand"),
            ("exception", "Open exception"),
            ("unknown", "Unknown"),
        ],
        default="unknown",
        required=True,
        readonly=True,
    )
    cause_category = fields.Selection(
        [("technical", "Technical"), ("business", "Business"), ("partner", "Partner")],
        readonly=True,
    )
    cause_text = fields.Char(string="Why in Detail", readonly=True)
    retry_at = fields.Datetime(
        string="Next Try", readonly=True, help="When the failed message is sent again by itself."
    )
    evidence = fields.Json(
        readonly=True,
        groups="integration_monitor.group_viewer",
        help="What its messages and exceptions told when one of them last changed.",
    )
    milestone_ids = fields.One2many("integration.milestone", "transaction_id", readonly=True)
    document_ids = fields.One2many(
        "integration.transaction.document", "transaction_id", readonly=True
    )
    message_ids = fields.One2many(
        "integration.message",
        "transaction_id",
        readonly=True,
        groups="integration_monitor.group_viewer",
    )
    exception_ids = fields.One2many(
        "integration.exception",
        "transaction_id",
        readonly=True,
        groups="integration_monitor.group_viewer",
    )

    _correlation_uniq = models.Constraint(
        "UNIQUE(correlation_id)", "A transaction with this correlation id exists already."
    )
    _root_uniq = models.Constraint(
        "UNIQUE(res_model, res_id)", "This document owns a transaction already."
    )
    _started_index = models.Index("(started_at DESC, id DESC)")
    _waiting_index = models.Index("(waits_for_step_id, waits_since) WHERE state = 'in_progress'")
    _late_index = models.Index("(timeliness, due_at) WHERE state = 'in_progress'")
    _tick_index = models.Index("(tick_at) WHERE state = 'in_progress' AND tick_at IS NOT NULL")
