"""What to mend before a process can be used, and what its author should know."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.process_check import problems

#: How loud advice is that keeps nobody from using the process.
TONES = {"never": "warning", "alone": "warning", "unused": "info"}


class IntegrationProcess(models.Model):
    _inherit = "integration.process"

    advice = fields.Html(
        string="What to Mend",
        compute="_compute_advice",
        sanitize=False,
        help="What keeps the process from being used, and what its author should know.",
    )

    @api.depends(
        "step_ids.name", "step_ids.sequence", "step_ids.branch", "step_ids.optional",
        "step_ids.record_kind", "step_ids.event_code", "step_ids.message_type", "company_id",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_advice(self):
        for process in self:
            lines = process._advice(process._reported_types())
            process.advice = lines and self.env["ir.qweb"]._render(
                "integration_monitor.process_advice", {"lines": lines}
            )

    def _reported_types(self):
        """Return the message types that somebody reports in the process's company, or in any.

        Other addons add what is reported without a flow.
        :rtype: set of str
        """
        self.ensure_one()
        domain = [("company_id", "=", self.company_id.id)] if self.company_id else []
        # Whether there is a flow of a kind is no secret.
        flows = self.env["integration.flow"].sudo()
        return {kind for (kind,) in flows._read_group(domain, ["message_type"]) if kind}

    def _advice(self, reported):
        """Return problems in words, as dicts of ``text``, ``blocking`` and ``tone``.

        :param set reported: message types that somebody reports
        """
        self.ensure_one()
        steps = self._steps_in_order()
        return [
            {
                "text": self._advice_text(
                    problem.kind, ", ".join(steps[place].name or "…" for place in problem.places)
                ),
                "blocking": problem.blocking,
                "tone": "danger" if problem.blocking else TONES[problem.kind],
            }
            for problem in problems([step._plain() for step in steps], reported)
        ]

    @api.model
    def _advice_text(self, kind, names):
        """Say what a problem is, and what to do."""
        texts = {
            "empty": self.env._("Add the steps of the process before you use it."),
            "silent": self.env._(
                "Nothing would ever reach these steps: %(names)s. Choose the event of each.",
                names=names,
            ),
            "repeated": self.env._(
                "The same event reaches these steps: %(names)s. Remove all but one, or choose "
                "another event.",
                names=names,
            ),
            "nothing_required": self.env._(
                "All steps are optional, so every transaction would be complete at once. Make at "
                "least one step required."
            ),
            "alone": self.env._(
                "Nothing runs beside these steps: %(names)s. Take the branch away, or place steps "
                "of another branch next to them.",
                names=names,
            ),
            "never": self.env._(
                "No flow reports these required steps, so every transaction would wait for them: "
                "%(names)s. Set the flow up first, or make them optional.",
                names=names,
            ),
            "unused": self.env._(
                "No flow reports these optional steps yet, so nobody waits for them: %(names)s.",
                names=names,
            ),
        }
        return texts[kind]

    def _check_usable(self):
        """:raises UserError: what to mend before the process can be used"""
        self.ensure_one()
        if not self.active:
            raise UserError(self.env._("Unarchive the process before you use it."))
        blocking = [line["text"] for line in self._advice(()) if line["blocking"]]
        if blocking:
            raise UserError("\n".join(blocking))
