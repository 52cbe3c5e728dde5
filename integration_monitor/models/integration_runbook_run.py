"""A runbook that somebody works through for one exception."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

STATES = [("running", "Running"), ("done", "Finished"), ("cancelled", "Stopped")]


class IntegrationRunbookRun(models.Model):
    """One run, with a line for each step; evidence once it is over.

    The steps are copied when it starts: a runbook that is changed later rewrites no history. Lines
    are signed one after the other; what is over can be changed by nobody.
    """

    _name = "integration.runbook.run"
    _description = "Integration runbook run"
    _order = "started_at desc, id desc"

    name = fields.Char(required=True, readonly=True)
    runbook_id = fields.Many2one(
        "integration.runbook", readonly=True, index="btree_not_null", ondelete="set null"
    )
    exception_id = fields.Many2one(
        "integration.exception", required=True, readonly=True, index=True, ondelete="restrict"
    )
    system_id = fields.Many2one(related="exception_id.system_id", store=True)
    company_id = fields.Many2one(related="exception_id.company_id", store=True, index=True)
    state = fields.Selection(STATES, required=True, default="running", readonly=True)
    started_at = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, copy=False
    )
    started_by_id = fields.Many2one(
        "res.users", readonly=True, default=lambda self: self.env.user, copy=False
    )
    finished_at = fields.Datetime(readonly=True)
    minutes = fields.Float(
        compute="_compute_minutes", store=True, aggregator="avg", help="From start to end."
    )
    reason = fields.Char(readonly=True, help="Why the run was stopped.")
    line_ids = fields.One2many("integration.runbook.run.line", "run_id", readonly=True)
    current_line_id = fields.Many2one(
        "integration.runbook.run.line", compute="_compute_current_line_id"
    )
    progress = fields.Char(compute="_compute_progress")

    _one_running = models.UniqueIndex(
        "(exception_id) WHERE state = 'running'", "A runbook runs for this exception already."
    )

    @api.depends("started_at", "finished_at")
    def _compute_minutes(self):
        """Minutes that the run took; zero while it runs."""
        for run in self:
            spent = run.finished_at and run.finished_at - run.started_at
            run.minutes = spent.total_seconds() / 60 if spent else 0

    @api.depends("line_ids.state")
    def _compute_current_line_id(self):
        """The line that waits for somebody."""
        for run in self:
            run.current_line_id = run.line_ids.filtered(lambda line: line.state == "current")[:1]

    @api.depends("line_ids.state")
    def _compute_progress(self):
        """:return: for example 2 of 5"""
        for run in self:
            over = run.line_ids.filtered(lambda line: line.state in ("done", "skipped"))
            run.progress = self.env._("%(n)s of %(all)s", n=len(over), all=len(run.line_ids))

    def write(self, vals):
        """Refuse to change a run that is over, whoever asks; while it runs only the engine may."""
        if not self.env.su:
            raise AccessError(self.env._("A run is changed by its buttons alone."))
        self._check_not_over()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was done."""
        raise UserError(self.env._("Runs of runbooks are kept: they tell what was done, and when."))

    def _check_not_over(self):
        """Raise AccessError when one of the runs is over."""
        if any(run.state != "running" for run in self):
            raise AccessError(self.env._("This run is over: nobody can change it any more."))

    @api.model
    def _start(self, runbook, exception):
        """Start a runbook for an exception.

        :return: the run
        :raises UserError: the runbook has no steps, or one runs already
        """
        if not runbook.step_ids:
            raise UserError(
                self.env._("“%(name)s” has no steps yet: add them first.", name=runbook.name)
            )
        running = self.search([("exception_id", "=", exception.id), ("state", "=", "running")])
        if running:
            raise UserError(
                self.env._("“%(name)s” runs for this exception already.", name=running.name)
            )
        now = fields.Datetime.now()
        run = self.sudo().create(  # the engine's record, at an operator's request
            {
                "name": runbook.name,
                "runbook_id": runbook.id,
                "exception_id": exception.id,
                "started_at": now,
                "started_by_id": self.env.uid,
                "line_ids": [
                    (0, 0, {**step._line_values(), "sequence": number})
                    for number, step in enumerate(runbook.step_ids, start=1)
                ],
            }
        )
        run.line_ids[0].write({"state": "current", "started_at": now})
        exception.sudo()._message_log(
            body=self.env._(
                "%(user)s started the runbook “%(name)s”.",
                user=self.env.user.name,
                name=runbook.name,
            )
        )
        return run.with_env(self.env)

    def _advance(self):
        """Begin the next step, or end the run. Called as the engine."""
        self.ensure_one()
        now = fields.Datetime.now()
        following = self.line_ids.filtered(lambda line: line.state == "waiting")[:1]
        if following:
            following.write({"state": "current", "started_at": now})
            return
        self.write({"state": "done", "finished_at": now})
        self.exception_id._message_log(
            body=self.env._("The runbook “%(name)s” is finished.", name=self.name)
        )

    def _stop(self, reason):
        """End the run before its last step; what was not done is skipped, with the reason."""
        self.ensure_one()
        self._check_operator()
        run = self.sudo()  # the engine's record, at an operator's request
        run._check_not_over()
        left = run.line_ids.filtered(lambda line: line.state in ("waiting", "current"))
        left._sign_as(self.env.user, "skipped", note=reason)
        run.write({"state": "cancelled", "finished_at": fields.Datetime.now(), "reason": reason})
        run.exception_id._message_log(
            body=self.env._(
                "%(user)s stopped the runbook “%(name)s”: %(reason)s",
                user=self.env.user.name,
                name=run.name,
                reason=reason,
            )
        )

    def _check_operator(self):
        """Raise AccessError unless the user may work on the exceptions of the runs."""
        self.check_access("read")
        self.exception_id._check_operator()

    def action_open_exception(self):
        """Open the exception that the run is about."""
        self.ensure_one()
        return self.exception_id._open_form("integration.exception", self.exception_id.id)

    def action_stop(self):
        """Ask why the run shall end here."""
        return self._ask("stop")

    def _ask(self, what):
        """:return: the dialog that asks for the reason to ``skip`` or to ``stop``"""
        self.ensure_one()
        self._check_operator()
        self._check_not_over()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Skip the Step")
            if what == "skip"
            else self.env._("Stop the Runbook"),
            "res_model": "integration.runbook.skip",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_run_id": self.id,
                "default_line_id": self.current_line_id.id,
                "default_whole": what == "stop",
            },
        }
