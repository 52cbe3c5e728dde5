"""When and how often a failed message is tried again."""

from odoo import fields, models


class IntegrationRetryPolicy(models.Model):
    """Exponential backoff with full jitter, bounded by attempts and by a deadline."""

    _name = "integration.retry.policy"
    _description = "Retry policy"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    max_attempts = fields.Integer(default=6, required=True, help="Tries altogether.")
    base_seconds = fields.Float(default=5.0, required=True, help="Longest wait after the first try.")
    factor = fields.Float(default=2.0, required=True, help="How much longer after each further try.")
    cap_seconds = fields.Float(default=900.0, required=True, help="The wait is never longer.")
    deadline_minutes = fields.Integer(
        default=240, required=True, help="Give up after this time, counted from the first try."
    )
    retry_classes = fields.Char(
        required=True,
        default="dns,connect,tls,timeout,rate_limit,server,unknown",
        help="Kinds of failure that are tried again, comma-separated.",
    )
    respect_retry_after = fields.Boolean(
        string="Respect Retry-After",
        default=True,
        help="Wait at least as long as the partner asks.",
    )
    flow_ids = fields.One2many("integration.flow", "retry_policy_id")

    _code_uniq = models.Constraint(
        "UNIQUE NULLS NOT DISTINCT (company_id, code)", "Another policy has the same code."
    )
