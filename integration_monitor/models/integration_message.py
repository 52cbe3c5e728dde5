"""The durable unit of work: what is retried, dead-lettered and replayed."""

import uuid

from odoo import fields, models
from odoo.fields import NO_ACCESS

from .integration_log import ERROR_CLASSES

STATES = [
    ("pending", "Waiting"),
    ("processing", "In work"),
    ("retry", "Waiting to retry"),
    ("done", "Done"),
    ("dead", "Failed"),
    ("quarantined", "Quarantined"),
    ("cancelled", "Cancelled"),
]
UNFINISHED = ("pending", "processing", "retry", "dead", "quarantined")
HOLD_REASONS = [
    ("breaker", "Circuit breaker open"),
    ("paused", "Paused"),
    ("archived", "Its endpoint is archived"),
    ("maintenance", "Maintenance"),
    ("rate_limit", "The partner asked us to slow down"),
    ("ordering", "Waits for an earlier message"),
    ("budget", "Retry budget used up"),
    ("gate", "Gate closed"),
    ("manual", "A person does it by hand"),
    ("condition", "The flow's condition cannot be judged"),
    ("approval", "Waits for approval"),
    ("environment", "Other environment"),
    ("neutralized", "Copy of a database"),
]
# Content is for support; the service account must read it to do the work.
CONTENT_GROUPS = "integration_monitor.group_support,integration_monitor.group_service"


class IntegrationMessage(models.Model):
    """One message of one flow, inbound or outbound, from arrival to its end."""

    _name = "integration.message"
    _description = "Integration message"
    _order = "id desc"
    _rec_name = "message_uid"

    message_uid = fields.Char(
        string="Message ID", required=True, readonly=True, default=lambda self: uuid.uuid4().hex
    )
    flow_id = fields.Many2one(
        "integration.flow", required=True, readonly=True, index=True, ondelete="restrict"
    )
    system_id = fields.Many2one("integration.system", readonly=True, index=True)
    endpoint_id = fields.Many2one("integration.endpoint", readonly=True, index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    direction = fields.Selection(
        [("inbound", "Inbound"), ("outbound", "Outbound")], required=True, readonly=True
    )
    message_type = fields.Char(readonly=True)
    state = fields.Selection(STATES, required=True, default="pending", readonly=True)
    held = fields.Boolean(readonly=True)
    hold_reason = fields.Selection(HOLD_REASONS, string="Held Because", readonly=True)
    priority = fields.Integer(default=10, readonly=True)
    external_id = fields.Char(string="Partner's Reference", readonly=True)
    idempotency_key = fields.Char(readonly=True)
    correlation_id = fields.Char(readonly=True, index="btree_not_null")
    trace_id = fields.Char(readonly=True)
    coalesce_key = fields.Char(readonly=True)
    ordering_key = fields.Char(readonly=True)
    subject_key = fields.Char(
        readonly=True, help="What the message is about, to tell that a later one replaced it."
    )
    subject_version = fields.Char(
        readonly=True,
        help="Which version of its subject the message tells of; sorts by age. A success makes up "
        "for failures of its own version and of older ones only.",
    )
    event_code = fields.Char(readonly=True)
    event_uid = fields.Char(
        string="Event ID", readonly=True, help="The business event that a subscriber is told of."
    )
    event_scope = fields.Json(
        readonly=True, help="Warehouse or pricelist of the event, as database ids."
    )
    repetition = fields.Boolean(
        readonly=True, help="The subscriber was told of the event before; he is told so."
    )
    parent_id = fields.Many2one("integration.message", readonly=True, index="btree_not_null")
    superseded_by_id = fields.Many2one(
        "integration.message", readonly=True, index="btree_not_null", string="Replaced By"
    )
    replay_of_id = fields.Many2one("integration.message", readonly=True, index="btree_not_null")

    attempt_count = fields.Integer(string="Attempts", readonly=True)
    attempt_start = fields.Integer(
        readonly=True, help="Attempts made before the current budget began (a manual retry)."
    )
    budget_at = fields.Datetime(readonly=True, help="When the current retry budget began.")
    conflict_count = fields.Integer(
        readonly=True, help="Database conflicts in a row; not counted as failures."
    )
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)
    claimed_at = fields.Datetime(readonly=True)
    called_at = fields.Datetime(readonly=True)
    last_job_uuid = fields.Char(readonly=True)
    error_class = fields.Selection(ERROR_CLASSES, string="Kind of Failure", readonly=True)
    error_message = fields.Text(readonly=True)
    first_error_message = fields.Text(readonly=True)
    fingerprint = fields.Char(readonly=True)

    content_type = fields.Char(readonly=True)
    payload = fields.Text(groups=CONTENT_GROUPS, copy=False)
    payload_original = fields.Text(
        groups=CONTENT_GROUPS, readonly=True, copy=False, string="Payload as Received"
    )
    payload_sha256 = fields.Char(readonly=True)
    payload_bytes = fields.Integer(readonly=True, string="Size (bytes)")
    headers = fields.Json(groups=CONTENT_GROUPS, readonly=True, copy=False)
    response_status = fields.Integer(readonly=True, string="Answer Status")
    response_body = fields.Text(groups=CONTENT_GROUPS, readonly=True, copy=False)
    answer = fields.Json(
        groups=NO_ACCESS,
        copy=False,
        help="The partner's whole answer, kept until it is applied: a repeated attempt applies "
        "it without calling again.",
    )

    ack_state = fields.Selection(
        [
            ("none", "None"),
            ("awaited", "Awaited"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
        ],
        string="Acknowledgement",
        default="none",
        required=True,
        readonly=True,
    )
    ack_due_at = fields.Datetime(string="To Be Acknowledged By", readonly=True)
    failed_step = fields.Char(
        readonly=True,
        help="The step of a middleware's own process that failed, as the middleware says.",
    )

    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", readonly=True)
    transaction_id = fields.Many2one(
        "integration.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    by_person = fields.Boolean(readonly=True, copy=False, help="Somebody let it be tried again.")
    given_up = fields.Boolean(
        readonly=True, copy=False, help="A person cancelled or discarded it: it counts as lost."
    )
    exception_ids = fields.One2many("integration.exception", "message_id")
    duplicate_count = fields.Integer(
        readonly=True, help="How often the partner delivered the same message again."
    )
    occurred_at = fields.Datetime(
        string="Happened", readonly=True, help="When it happened, as the partner says."
    )
    received_at = fields.Datetime(string="Received", readonly=True, default=fields.Datetime.now)
    done_at = fields.Datetime(readonly=True)

    _uid_uniq = models.UniqueIndex("(message_uid)", "Two messages have the same ID.")
    _external_uniq = models.UniqueIndex(
        "(flow_id, external_id) WHERE direction = 'inbound' AND external_id IS NOT NULL",
        "This message was received already.",
    )
    _coalesce_uniq = models.UniqueIndex(
        "(flow_id, coalesce_key) WHERE state = 'pending' AND coalesce_key IS NOT NULL",
        "A message for the same record waits already.",
    )
    _coalesce_retry_idx = models.Index(
        "(flow_id, coalesce_key) WHERE state = 'retry' AND coalesce_key IS NOT NULL"
    )
    _push_idx = models.Index(
        "(flow_id, event_code, done_at DESC) WHERE state = 'done' AND direction = 'outbound' "
        "AND event_code IS NOT NULL"
    )
    _due_idx = models.Index("(flow_id, priority, id) WHERE state IN ('pending', 'retry')")
    _open_idx = models.Index(
        "(flow_id, state) WHERE state IN ('pending', 'processing', 'retry', 'dead', 'quarantined')"
    )
    _received_idx = models.Index("(flow_id, received_at DESC)")
    _held_idx = models.Index("(flow_id, hold_reason) WHERE held")
    _set_aside_idx = models.Index(
        "(hold_reason, transaction_id) WHERE held AND hold_reason IN ('gate', 'manual')"
    )
    _processing_idx = models.Index("(claimed_at) WHERE state = 'processing'")
    _subject_idx = models.Index(
        "(flow_id, subject_key) WHERE subject_key IS NOT NULL AND state IN ('dead', 'quarantined')"
    )
    _ack_idx = models.Index("(ack_due_at) WHERE ack_state = 'awaited'")
    _given_up_idx = models.Index("(flow_id, done_at) WHERE given_up")
    _document_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")
    _state_idx = models.Index("(state, id DESC)")
