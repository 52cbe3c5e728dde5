"""What people see of a transaction: its line on documents, its timeline, its buttons."""

from markupsafe import Markup

from odoo import api, fields, models

from ..tools.milestone_waits import open_steps
from ..tools.milestones import Milestone
from ..tools.plain_words import plain
from .integration_transaction_blame import until_text, waiting_time

TONES = {"missed": "danger", "warning": "warning", "stuck": "warning", "failed": "danger"}
ICONS = {
    "message_failed": "fa-exclamation-triangle",
    "mapping": "fa-random",
    "quarantined": "fa-exclamation-triangle",
    "transformation": "fa-exclamation-triangle",
    "acknowledgement_overdue": "fa-hourglass-end",
    "dependency": "fa-plug",
    "exception": "fa-exclamation-triangle",
    "paused": "fa-pause-circle",
    "breaker": "fa-plug",
    "maintenance": "fa-wrench",
    "stock": "fa-cubes",
    "purchase": "fa-shopping-basket",
    "completed": "fa-check-circle",
    "cancelled": "fa-ban",
}


class IntegrationTransactionView(models.Model):
    _inherit = "integration.transaction"

    banner = fields.Html(string="State in Words", compute="_compute_banner", sanitize=False)
    reason = fields.Char(
        string="Why", compute="_compute_reason", help="Why it waits, without technical details."
    )
    timeline = fields.Json(
        compute="_compute_timeline",
        help="The milestones in order, in the reader's words: code, name, icon, state, planned and "
        "done moments, counts.",
    )
    message_count = fields.Integer(
        compute="_compute_counts", groups="integration_monitor.group_viewer"
    )
    exception_count = fields.Integer(
        string="Open Exceptions",
        compute="_compute_counts",
        groups="integration_monitor.group_viewer",
    )

    may_open_root = fields.Boolean(
        compute="_compute_may_open_root",
        help="Whether the order still exists and the current user may read it.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_may_open_root(self):
        roots = {(transaction.res_model, transaction.res_id) for transaction in self}
        readable = self.env["integration.transaction.document"]._readable(roots)
        for transaction in self:
            root = (transaction.res_model, transaction.res_id)
            transaction.may_open_root = root in readable

    @api.depends("cause_text")
    def _compute_reason(self):
        for transaction in self:
            transaction.reason = plain(transaction.cause_text) or False

    def _compute_banner(self):
        for transaction in self:
            # Why it waits is told below, with what to do about it.
            transaction.banner = transaction._banner(linked=False, count=1, why=False)

    def _compute_counts(self):
        for field, model, domain in (
            ("message_count", "integration.message", []),
            ("exception_count", "integration.exception", [("is_open", "=", True)]),
        ):
            counts = dict(
                self.env[model]._read_group(
                    [("transaction_id", "in", self.ids), *domain], ["transaction_id"], ["__count"]
                )
            )
            for transaction in self:
                transaction[field] = counts.get(transaction, 0)

    @api.depends_context("lang")
    def _compute_timeline(self):
        now = fields.Datetime.now()
        for transaction in self:
            open_ids = transaction._open_step_ids()
            reached = {milestone.step_id: milestone for milestone in transaction.milestone_ids}
            # What nobody asks for has no row.
            steps = transaction.process_id.step_ids | transaction.milestone_ids.step_id
            transaction.timeline = [
                reached[step]._timeline_entry(now, open_ids)
                if step in reached
                else step._timeline_entry()
                for step in steps
            ]

    def _open_step_ids(self):
        """Return the ids of the steps that somebody must reach next, one of each branch."""
        steps = self.env["integration.process"]._definition(self.process_id.id)
        stored = {
            milestone.step_id.id: Milestone(
                milestone.step_id.id, milestone.state, expected=milestone.expected_count
            )
            for milestone in self.milestone_ids
        }
        milestones = [stored.get(step.id) or Milestone(step.id) for step in steps]
        return {step.id for step in open_steps(steps, milestones)}

    def action_open_root(self):
        """Open the order that owns the transaction."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }

    def action_open_messages(self):
        """Show the messages of the transaction."""
        return self._open_related("integration.message", self.env._("Messages"))

    def action_open_exceptions(self):
        """Show the exceptions of the transaction."""
        return self._open_related("integration.exception", self.env._("Exceptions"))

    def _open_related(self, model, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": [("transaction_id", "=", self.id)],
        }

    def _headline(self):
        """Return how the transaction stands and what it waits for, in one sentence of HTML."""
        self.ensure_one()
        if self.state == "completed":
            return self.env._("Everything of this order is done")
        step = self.waits_for_step_id
        if self.state != "in_progress" or not step:
            return self.env._("This order was cancelled or came back")
        whom = self.waits_on or ""
        if self.waits_on_user_id:
            whom = f"{whom} ({self.waits_on_user_id.name})" if whom else self.waits_on_user_id.name
        words = {
            "status": dict(self._fields["status"]._description_selection(self.env))[self.status],
            "step": step.waiting_name or step.name,
            "whom": whom,
            "time": waiting_time(self.env, self.waits_since) or "",
        }
        words = {name: Markup("<b>%s</b>") % word for name, word in words.items() if word}
        if "whom" in words and "time" in words:
            return self.env._("%(status)s: waits for %(step)s by %(whom)s for %(time)s", **words)
        if "whom" in words:
            return self.env._("%(status)s: waits for %(step)s by %(whom)s", **words)
        if "time" in words:
            return self.env._("%(status)s: waits for %(step)s for %(time)s", **words)
        return self.env._("%(status)s: waits for %(step)s", **words)

    def _reason_and_next_try(self):
        """Return why nothing moves, and when it is tried again by itself."""
        if not self.retry_at:
            return self.reason
        return self.env._(
            "%(why)s, next try %(when)s",
            why=self.reason.rstrip("."),
            when=until_text(self.env, self.retry_at),
        )

    def _banner(self, linked, count, why=True):
        """Return the line that a document shows, as HTML; False without a transaction.

        :param bool linked: whether the reader may open the transaction
        :param int count: number of transactions of the document
        :param bool why: whether it tells the reason, too
        """
        if not self:
            return False
        tone = TONES.get(self.status, "info" if self.state == "in_progress" else "success")
        icon = ICONS.get(self.cause) or ICONS.get(self.state) or "fa-clock-o"
        line = self._headline()
        if self.timeliness != "on_track" and self.deadline_text:
            line += Markup(", <b>%s</b>") % self.deadline_text
        if why and self.state == "in_progress" and self.reason:
            line += Markup("<span class='text-muted'>. %s</span>") % self._reason_and_next_try()
        if self.state == "cancelled":
            tone = "secondary"
        link = Markup("")
        if linked:
            link = Markup(" <a class='alert-link ms-2' href='/odoo/%s/%s'>%s</a>") % (
                "integration-transactions", self.id, self.env._("Show all steps")
            )  # fmt: skip
            if count > 1:
                link += Markup(" <span class='text-muted'>%s</span>") % self.env._(
                    "and %s more", count - 1
                )
        return Markup(
            "<div class='alert alert-%s mb-0 py-1 px-3 o_integration_banner' role='status'>"
            "<i class='fa %s me-2' aria-hidden='true'></i>%s%s</div>"
        ) % (tone, icon, line, link)
