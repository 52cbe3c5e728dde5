"""The runbook of an exception: the one that fits best, and the one that runs."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import runbook_match


class IntegrationException(models.Model):
    """Proposes a runbook, starts it, and shows the step whose turn it is."""

    _inherit = "integration.exception"

    runbook_id = fields.Many2one(
        "integration.runbook", string="Runbook", compute="_compute_runbook_id"
    )
    runbook_run_ids = fields.One2many(
        "integration.runbook.run", "exception_id", string="Runbook Runs"
    )
    runbook_run_id = fields.Many2one("integration.runbook.run", compute="_compute_runbook_run_id")
    runbook_run_count = fields.Integer(string="Number of Runs", compute="_compute_runbook_run_id")
    runbook_line_id = fields.Many2one(
        "integration.runbook.run.line",
        string="Runbook Step in Work",
        compute="_compute_runbook_run_id",
    )
    runbook_progress = fields.Char(compute="_compute_runbook_run_id")
    runbook_step = fields.Char(compute="_compute_runbook_run_id")
    runbook_text = fields.Text(string="What the Step Says", compute="_compute_runbook_run_id")
    runbook_check = fields.Text(compute="_compute_runbook_run_id")
    runbook_can_do = fields.Boolean(compute="_compute_runbook_run_id")
    runbook_outcome = fields.Text(compute="_compute_runbook_run_id")

    @api.depends("fingerprint", "dedupe_key", "error_class", "category", "source_model", "flow_id")
    def _compute_runbook_id(self):
        """Propose the runbook that fits best; one query, whatever the number of exceptions."""
        runbooks = self.env["integration.runbook"].search([("step_ids", "!=", False)])
        candidates = [(book.id, book.company_id.id, book._criteria()) for book in runbooks]
        for exception in self:
            company = exception.company_id.id
            fitting = [(key, what) for key, own, what in candidates if own in (company, False)]
            exception.runbook_id = runbook_match.best(fitting, exception._runbook_facts()) or False

    def _runbook_facts(self):
        """:return: ``tools.runbook_match.Facts``"""
        return runbook_match.Facts(
            fingerprint=self.fingerprint or "",
            matter=(self.dedupe_key or "").partition(":")[0],
            source_model=self.source_model or "",
            text=self.error_message or "",
            message_type=self.flow_id.message_type or "",
            system_kind=self.system_id.kind or "",
            error_class=self.error_class or "",
            category=self.category or "",
        )

    def _runbook_in_words(self):
        """Return the runbook that runs, else the proposed one, for a screen; None without.

        :return: dict of name, purpose, progress (empty while it does not run) and steps, each with
            name, text, check and state (waiting, current, done or skipped)
        """
        run, book = self.runbook_run_id, self.runbook_id
        if not run and not book:
            return None
        steps = run.line_ids if run else book.step_ids
        return {
            "name": run.name or book.name,
            "purpose": book.purpose or "",
            "progress": self.runbook_progress if run else "",
            "steps": [
                {
                    "id": step.id,
                    "name": step.name,
                    "text": step.text or "",
                    "check": step.check_text or "",
                    "state": step.state if run else "waiting",
                }
                for step in steps
            ],
        }

    @api.depends(
        "runbook_run_ids.state",
        "runbook_run_ids.line_ids.state",
        "runbook_run_ids.line_ids.outcome",
    )
    def _compute_runbook_run_id(self):
        """Find the run that is going on, and its current step."""
        for exception in self:
            running = exception.runbook_run_ids.filtered(lambda run: run.state == "running")[:1]
            exception.runbook_run_id = running
            exception.runbook_run_count = len(exception.runbook_run_ids)
            line = running.current_line_id
            exception.runbook_line_id = line
            exception.runbook_progress = running.progress
            exception.runbook_step = line.name
            exception.runbook_text = line.text
            exception.runbook_check = line.check_text
            exception.runbook_can_do = bool(line.action)
            exception.runbook_outcome = line.outcome

    def action_runbook_start(self):
        """Start the proposed runbook, or the one that the context names."""
        self.ensure_one()
        self._check_operator()
        runbook = self.env["integration.runbook"].browse(
            self.env.context.get("integration_runbook_id") or self.runbook_id.id
        )
        if not runbook.exists():
            raise UserError(
                self.env._(
                    "No runbook fits this exception. An administrator can write one under "
                    "Configuration ▸ Runbooks."
                )
            )
        runbook.check_access("read")
        self.env["integration.runbook.run"]._start(runbook, self)
        return True

    def action_runbook_choose(self):
        """Ask which runbook to start, when another one fits better than the proposal."""
        self.ensure_one()
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Start a Runbook"),
            "res_model": "integration.runbook.start",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_exception_id": self.id,
                "default_runbook_id": self.runbook_id.id,
            },
        }

    def action_runbook_do(self):
        """Let the engine do the current step."""
        return self._runbook_line().action_do()

    def action_runbook_next(self):
        """Sign the current step as done."""
        return self._runbook_line().action_next()

    def action_runbook_note(self):
        """Write a note on the current step."""
        return self._runbook_line().action_note()

    def action_runbook_skip(self):
        """Ask why the current step shall be skipped."""
        return self._runbook_line().action_skip()

    def action_runbook_stop(self):
        """Ask why the run shall end."""
        self.ensure_one()
        return self.runbook_run_id.action_stop()

    def action_open_runbook_runs(self):
        """Open what was run for this exception."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_runbook_run"
        )
        action["domain"] = [("exception_id", "=", self.id)]
        action["context"] = {}
        if self.runbook_run_count == 1:
            action.update(res_id=self.runbook_run_ids.id, views=[(False, "form")])
        return action

    def _runbook_line(self):
        """Return the step that the person saw when he pressed the button.

        The form sends its id along: a click must not sign the next step, which he has not read.
        """
        self.ensure_one()
        seen = self.env.context.get("integration_runbook_line")
        line = self.env["integration.runbook.run.line"].browse(seen) if seen else None
        line = line or self.runbook_line_id
        if not line or line.run_id.exception_id != self:
            raise UserError(self.env._("No runbook runs for this exception: start it first."))
        return line
