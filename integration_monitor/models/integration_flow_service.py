"""What flows promise, beside what was measured."""

from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import classification, service_sql

VERDICTS = [
    ("kept", "Kept"),
    ("at_risk", "At risk"),
    ("broken", "Broken"),
    ("no_data", "No data"),
]
PERIODS = [("7", "7 days"), ("30", "30 days")]
FIGURES = (
    "done_count", "latency_p95", "late_count", "outage_count", "recovery_longest",
    "recovery_latest", "failing_since", "lost_count", "failing_count",
)  # fmt: skip
COLUMNS = (
    "flow_id", "days", "system_id", "company_id", *FIGURES, "lost_allowed",
    "latency_verdict", "recovery_verdict", "loss_verdict", "verdict",
)  # fmt: skip


class IntegrationFlowService(models.Model):
    """One flow and one period: figures, and a verdict on each promise.

    Written each minute by :meth:`_watch_promises` where something changed, never by people. A
    period is so many calendar days (UTC), today included.
    """

    _name = "integration.flow.service"
    _description = "Service of an integration flow"
    _log_access = False
    _order = "flow_id, days desc"
    _rec_name = "flow_id"

    flow_id = fields.Many2one("integration.flow", required=True, readonly=True, ondelete="cascade")
    system_id = fields.Many2one(related="flow_id.system_id", store=True)
    company_id = fields.Many2one(related="flow_id.company_id", store=True, index=True)
    criticality = fields.Selection(related="flow_id.criticality")
    days = fields.Selection(PERIODS, string="Period", required=True, readonly=True)
    done_count = fields.Integer(string="Done", readonly=True, help="Without replays.")
    latency_p95 = fields.Integer(
        string="95 % Done Within (s)",
        readonly=True,
        aggregator=None,
        help="From when it happened, or came, until it was done.",
    )
    late_count = fields.Integer(
        string="Late Now", readonly=True, help="Messages that wait for longer than is tolerated."
    )
    outage_count = fields.Integer(string="Outages", readonly=True)
    recovery_longest = fields.Integer(
        string="Longest Recovery (s)",
        readonly=True,
        aggregator=None,
        help="From the first failure of the flow to its next success. One that goes on counts as "
        "it is. Failures of one message (business, contract, refused documents) do not count.",
    )
    recovery_latest = fields.Integer(string="Latest Recovery (s)", readonly=True, aggregator=None)
    failing_since = fields.Datetime(
        readonly=True, help="The first failure since which nothing has succeeded."
    )
    lost_count = fields.Integer(
        string="Lost",
        readonly=True,
        help="Messages that people cancelled or discarded, and failed ones that were neither "
        "retried nor replayed with success within the recovery time.",
    )
    failing_count = fields.Integer(
        string="Failed, Not Lost", readonly=True, help="Failed within the recovery time."
    )
    lost_allowed = fields.Float(string="Tolerated", readonly=True, digits=(16, 1), aggregator=None)
    latency_verdict = fields.Selection(VERDICTS, string="Latency", readonly=True)
    recovery_verdict = fields.Selection(VERDICTS, string="Recovery", readonly=True)
    loss_verdict = fields.Selection(VERDICTS, string="Loss", readonly=True)
    verdict = fields.Selection(
        VERDICTS, string="Promise", readonly=True, help="The worst of the three."
    )
    latency_text = fields.Char(string="95 % Done Within", compute="_compute_texts")
    recovery_text = fields.Char(string="Longest, Latest Recovery", compute="_compute_texts")
    loss_text = fields.Char(string="Lost of Tolerated", compute="_compute_texts")

    _flow_days_uniq = models.UniqueIndex("(flow_id, days)")

    @api.depends(*FIGURES, "lost_allowed", "latency_verdict", "loss_verdict")
    def _compute_texts(self):
        """Put figures into words; a dash where nothing was measured."""
        for service in self:
            service.latency_text = (
                self._duration_text(service.latency_p95) if service.done_count else "–"
            )
            service.recovery_text = "–"
            if service.outage_count:
                service.recovery_text = ", ".join(
                    self._duration_text(seconds)
                    for seconds in (service.recovery_longest, service.recovery_latest)
                )
            service.loss_text = "–"
            if service.loss_verdict != "no_data":
                figures = {
                    "lost": service.lost_count,
                    "allowed": f"{service.lost_allowed:.1f}".removesuffix(".0"),
                    "failed": service.failing_count,
                }
                service.loss_text = (
                    self.env._("%(lost)s of %(allowed)s, %(failed)s failed", **figures)
                    if service.failing_count
                    else self.env._("%(lost)s of %(allowed)s", **figures)
                )

    @api.model
    def _duration_text(self, seconds):
        """:return: seconds in the two largest units: 45 s, 3 min 20 s, 2 h 5 min, 3 d 4 h"""
        seconds = int(seconds)
        units = (
            (86400, self.env._("d")),
            (3600, self.env._("h")),
            (60, self.env._("min")),
            (1, self.env._("s")),
        )
        parts = []
        for size, unit in units:
            if seconds >= size:
                parts.append(f"{seconds // size} {unit}")
                seconds %= size
            elif parts:
                break
        return " ".join(parts[:2]) or f"0 {units[-1][1]}"

    @api.model
    def _watch_promises(self, now):
        """Compare what was measured with what is promised: one statement to read, one to write.

        :param datetime now: UTC
        """
        today = datetime.combine(now.date(), time())
        self.env["integration.flow"].flush_model()
        self.env["integration.message"].flush_model()
        self.flush_model()
        cr = self.env.cr
        cr.execute(
            SQL(
                service_sql.MEASURE,
                now=now,
                week=today - timedelta(days=6),
                month=today - timedelta(days=29),
            )
        )
        rows = [self._judged(row) for row in cr.dictfetchall()]
        if not rows:
            return
        names = ", ".join(COLUMNS)
        cr.execute_values(
            f"""INSERT INTO integration_flow_service AS s ({names}) VALUES %s
                ON CONFLICT (flow_id, days) DO UPDATE
                   SET ({names}) = ROW({", ".join(f"excluded.{name}" for name in COLUMNS)})
                 WHERE ({", ".join(f"s.{name}" for name in COLUMNS)})
                       IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in COLUMNS)})""",
            [[row[name] for name in COLUMNS] for row in rows],
            template="({})".format(
                ", ".join("%s::timestamp" if name == "failing_since" else "%s" for name in COLUMNS)
            ),
            page_size=1000,
        )
        self.invalidate_model()

    @api.model
    def _judged(self, row):
        """:return: the row of :data:`service_sql.MEASURE` with its verdicts"""
        ended = row["done_count"] + row["lost_count"] + row["failing_count"]
        allowed = classification.loss_allowed(
            row["tolerated_loss"], row["tolerated_loss_unit"], ended
        )
        longest = row["recovery_longest"]
        if longest is None and row["done_count"]:
            longest = 0  # messages came through, and nothing had to recover
        verdicts = {
            "latency_verdict": classification.verdict_on_time(
                row["latency_p95"], row["latency_tolerance"] * 60, late_now=bool(row["late_count"])
            ),
            "recovery_verdict": classification.verdict_on_time(longest, row["recovery_time"] * 60),
            "loss_verdict": classification.verdict_on_loss(
                row["lost_count"], row["failing_count"], allowed, ended
            ),
        }
        return {
            **row,
            **verdicts,
            "flow_id": row["id"],
            "lost_allowed": allowed,
            "verdict": classification.worst(*verdicts.values()),
        }

    def action_open_flow(self):
        """Open the flow."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.flow",
            "res_id": self.flow_id.id,
            "views": [(False, "form")],
        }
