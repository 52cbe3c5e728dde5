"""When and how often a failed message is tried again."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import backoff, statuses
from ..tools.errors import ERROR_CLASSES

# Answers that mean "not now" when they name a time: a limit, and the same request still in work.
ASKING_STATUSES = frozenset({403, 409})


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
    base_seconds = fields.Float(
        default=5.0, required=True, help="Longest wait after the first try."
    )
    factor = fields.Float(
        default=2.0, required=True, help="How much longer after each further try."
    )
    cap_seconds = fields.Float(default=900.0, required=True, help="The wait is never longer.")
    deadline_minutes = fields.Integer(
        default=240, required=True, help="Give up after this time, counted from the first try."
    )
    retry_classes = fields.Char(
        required=True,
        default="dns,connect,timeout,rate_limit,server,unknown",
        help="Kinds of failure that are tried again, comma-separated.",
    )
    retry_statuses = fields.Char(
        string="Answers That Are Tried Again",
        help="HTTP statuses, comma-separated, for example 408, 425, 429, 500-504. They "
        "decide when the partner answered; empty: the kinds of failure decide. A 403 or 409 with "
        "Retry-After means “not now” and is tried again in any case.",
    )
    respect_retry_after = fields.Boolean(
        string="Respect Retry-After",
        default=True,
        help="Wait at least as long as the partner asks.",
    )
    flow_ids = fields.One2many("integration.flow", "retry_policy_id")
    schedule = fields.Char(compute="_compute_schedule", string="In Words")

    _code_uniq = models.Constraint(
        "UNIQUE NULLS NOT DISTINCT (company_id, code)", "Another policy has the same code."
    )

    _attempts_positive = models.Constraint(
        "CHECK(max_attempts >= 1)", "Allow at least one attempt."
    )
    _times_positive = models.Constraint(
        "CHECK(base_seconds > 0 AND cap_seconds >= base_seconds AND deadline_minutes > 0)",
        "The waits must be longer than zero, and the longest at least as long as the first.",
    )
    _factor_growing = models.Constraint("CHECK(factor >= 1)", "The factor must be 1 or more.")

    @api.constrains("retry_classes")
    def _check_retry_classes(self):
        """Refuse kinds of failure that do not exist: they would silently never be retried."""
        for policy in self:
            unknown = sorted(policy._classes() - set(ERROR_CLASSES))
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Unknown kinds of failure: %(unknown)s. Possible are: %(known)s.",
                        unknown=", ".join(unknown),
                        known=", ".join(ERROR_CLASSES),
                    )
                )

    @api.constrains("retry_statuses")
    def _check_retry_statuses(self):
        """Refuse what is no HTTP status of a failure."""
        for policy in self:
            try:
                statuses.parse(policy.retry_statuses)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "“%(part)s” is no HTTP status of a failure: write numbers or ranges "
                        "between 400 and 599, for example 408, 429, 500-504.",
                        part=error,
                    )
                ) from error

    @api.depends("max_attempts", "base_seconds", "factor", "cap_seconds", "deadline_minutes")
    def _compute_schedule(self):
        """Show the longest possible waits, so that a person sees what the numbers mean."""
        for policy in self:
            waits = [
                min(policy.cap_seconds, policy.base_seconds * policy.factor**tries)
                for tries in range(min(max(policy.max_attempts - 1, 0), 12))
            ]
            text = ", ".join(policy._duration_text(wait) for wait in waits)
            policy.schedule = self.env._(
                "Waits at most %(waits)s; gives up after %(total)s at the latest.",
                waits=text or "-",
                total=policy._duration_text(policy.deadline_minutes * 60),
            )

    def _duration_text(self, seconds):
        """:return: seconds as a short text: 45 s, 3 min, 2 h"""
        if seconds < 90:
            return self.env._("%(n)s s", n=round(seconds))
        if seconds < 5400:
            return self.env._("%(n)s min", n=round(seconds / 60))
        return self.env._("%(n)s h", n=round(seconds / 3600))

    def _classes(self):
        """:return: set of the kinds of failure that are tried again"""
        self.ensure_one()
        return {part.strip() for part in (self.retry_classes or "").split(",") if part.strip()}

    def _next_delay(
        self,
        error_class,
        *,
        retryable,
        attempt,
        elapsed,
        always=False,
        retry_after=None,
        status=None,
    ):
        """Say how long to wait before the next attempt.

        :param str error_class: kind of failure
        :param bool retryable: whether the failure itself allows another try
        :param bool always: asked for by the handler: tried again whatever the kind
        :param int attempt: attempts made in the current budget, 1 or more
        :param float elapsed: seconds since the budget began
        :param retry_after: seconds that the partner asks for, or None
        :param status: the HTTP status that the partner answered with, or None
        :return: seconds, or None when there shall be no further attempt
        """
        self.ensure_one()
        asked = bool(retry_after) and status in ASKING_STATUSES
        if not asked and not self._repeats(error_class, retryable, always, status):
            return None
        return backoff.next_delay(
            max(attempt, 1),
            base=self.base_seconds,
            factor=self.factor,
            cap=self.cap_seconds,
            retry_after=retry_after if always or self.respect_retry_after else None,
            max_attempts=self.max_attempts,
            elapsed=elapsed,
            deadline=self.deadline_minutes * 60.0,
        )

    def _repeats(self, error_class, retryable, always, status):
        """:return: whether a failure of this kind is tried again at all"""
        if always:
            return retryable
        listed = statuses.parse(self.retry_statuses)
        if status and listed:
            return status in listed
        return retryable and error_class in self._classes()
