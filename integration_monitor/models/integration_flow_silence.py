"""How a flow is expected to speak, and whether it has fallen silent."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import rhythm

# Whoever changes one of these begins a new silence: what was before tells nothing.
_RESTART = {
    "active",
    "state",
    "silence_watch",
    "expected_every_minutes",
    "expected_days",
    "expected_from",
    "expected_to",
}


class IntegrationFlow(models.Model):
    """The expected rhythm: learnt from four weeks, or declared."""

    _inherit = "integration.flow"

    silence_watch = fields.Selection(
        [
            ("learn", "By its usual rhythm"),
            ("declared", "At least every … minutes"),
            ("off", "Not at all"),
        ],
        string="Watch for Silence",
        required=True,
        default="learn",
        help="By its usual rhythm: after two weeks the monitor knows how many messages come in "
        "each hour of the week, and tells when none comes for longer than chance explains.",
    )
    expected_every_minutes = fields.Integer(
        string="At Least Every", help="Minutes of the hours below."
    )
    expected_days = fields.Selection(
        [("7", "Every day"), ("6", "Monday to Saturday"), ("5", "Monday to Friday")],
        string="On",
        default="7",
        required=True,
    )
    expected_from = fields.Float(
        string="From", help="Hour of the day in the company's time zone. Equal: round the clock."
    )
    expected_to = fields.Float(string="To")
    silent_since = fields.Datetime(readonly=True, copy=False)
    expected_by = fields.Datetime(
        readonly=True, copy=False, help="When the next message was to be expected at the latest."
    )
    silence_from = fields.Datetime(
        readonly=True,
        copy=False,
        default=fields.Datetime.now,
        help="Silence counts from here at the earliest: the flow was made, resumed or changed.",
    )
    rhythm = fields.Json(readonly=True, copy=False, help="Messages by hour of the week, UTC.")
    rhythm_at = fields.Datetime(string="Rhythm Learnt", readonly=True, copy=False)
    rhythm_text = fields.Char(string="Usual Rhythm", compute="_compute_rhythm_text")

    # The sweep asks each minute; what is not due yet is not read.
    _expected_idx = models.Index("(expected_by)")

    @api.constrains("silence_watch", "expected_every_minutes", "expected_from", "expected_to")
    def _check_expected(self):
        """Refuse a rhythm that nobody could keep."""
        for flow in self:
            if flow.silence_watch == "declared" and flow.expected_every_minutes <= 0:
                raise ValidationError(
                    self.env._(
                        "Say how many minutes may pass between two messages of “%(flow)s”, or "
                        "let the monitor learn its rhythm.",
                        flow=flow.name,
                    )
                )
            if not (0 <= flow.expected_from < 24 and 0 <= flow.expected_to <= 24):
                raise ValidationError(self.env._("The hours of a day are between 0:00 and 24:00."))

    def write(self, vals):
        """Begin a new silence when somebody resumes a flow or changes what is expected of it."""
        if _RESTART & set(vals):
            vals = {"silence_from": fields.Datetime.now(), "expected_by": False, **vals}
        return super().write(vals)

    @api.depends("rhythm", "rhythm_at")
    def _compute_rhythm_text(self):
        """Say in words what was learnt."""
        for flow in self:
            learnt = flow._rhythm() if flow.silence_watch == "learn" else None
            if learnt:
                flow.rhythm_text = self.env._(
                    "About %(week)s messages a week", week=round(learnt.weekly)
                )
            else:
                flow.rhythm_text = self.env._("Not known yet: it takes two weeks of traffic")

    def _rhythm(self):
        """:return: what is expected of the flow (``tools/rhythm.py``), or None"""
        self.ensure_one()
        if self.silence_watch == "declared":
            return rhythm.Declared(
                self.expected_every_minutes,
                days=int(self.expected_days),
                start=self.expected_from,
                end=self.expected_to,
                tz=self.company_id.partner_id.tz or "UTC",
            )
        if self.silence_watch == "learn" and self.rhythm:
            return rhythm.Learnt(tuple(self.rhythm["rates"]), bool(self.rhythm["steady"]))
        return None
