"""One step of a run: who did it, when, and what came of it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.errors import IntegrationError
from .form_guard import check_editable

STATES = [
    ("waiting", "Waiting"),
    ("current", "In Work"),
    ("done", "Done"),
    ("skipped", "Skipped"),
]
OVER = ("done", "skipped")
EDITABLE = {"note"}


class IntegrationRunbookRunLine(models.Model):
    """A copy of the step with its signature. Once signed, nobody can change it."""

    _name = "integration.runbook.run.line"
    _description = "Integration runbook run step"
    _order = "run_id, sequence, id"

    run_id = fields.Many2one(
        "integration.runbook.run", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Step", required=True, readonly=True)
    text = fields.Text(string="What to Do", readonly=True)
    check_text = fields.Text(string="Check", readonly=True)
    action = fields.Selection(
        lambda self: self.env["integration.runbook.step"]._selection_action(), readonly=True
    )
    state = fields.Selection(STATES, required=True, default="waiting", readonly=True)
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    minutes = fields.Float(compute="_compute_minutes", store=True, aggregator="avg")
    user_id = fields.Many2one("res.users", string="Signed By", readonly=True)
    outcome = fields.Text(readonly=True, help="What the engine did, and what came of it.")
    note = fields.Text(help="What you saw or did; the reason of a step that was skipped.")

    @api.depends("started_at", "finished_at")
    def _compute_minutes(self):
        """Minutes that the step took; zero while it is not over."""
        for line in self:
            spent = line.finished_at and line.started_at and line.finished_at - line.started_at
            line.minutes = spent.total_seconds() / 60 if spent else 0

    def write(self, vals):
        """Refuse to change a signed step, whoever asks; people write the note of the current."""
        check_editable(self, vals, EDITABLE)
        if any(line.state in OVER for line in self):
            raise AccessError(self.env._("This step is signed: nobody can change it any more."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was done."""
        raise UserError(self.env._("Steps of a run are kept: they tell what was done, and when."))

    def action_next(self):
        """Sign the step as done, and go to the next one."""
        self._check_current()
        self.sudo()._sign_as(self.env.user, "done")  # the engine's record
        self.sudo().run_id._advance()
        return True

    def action_do(self):
        """Let the engine do the step; sign it when that worked, else say what did not.

        :return: an action to open, or True
        """
        self._check_current()
        line = self.sudo()  # the engine's record; the action itself runs with the user's rights
        if not self.action:
            raise UserError(
                self.env._("This step is yours: do it, then press Next Step, or skip it.")
            )
        opened = True
        try:
            with self.env.cr.savepoint():
                done, told = getattr(self, f"_do_{self.action}")()
        except (UserError, IntegrationError) as error:
            # AccessError is one, too: told in the line, where the next person reads it.
            done, told = False, str(error.args[0] if error.args else error)
        if isinstance(done, dict):
            opened, done = done, True
        line._tell(told)
        if done:
            line._sign_as(self.env.user, "done")
            line.run_id._advance()
        return opened

    def action_note(self):
        """Open the step to write down what was seen or done, before it is signed."""
        self._check_current()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_skip(self):
        """Ask for the reason, and go to the next step without doing this one."""
        self._check_current()
        return self.run_id._ask("skip")

    def _skip(self, reason):
        """Sign the step as skipped for ``reason``."""
        self._check_current()
        self.sudo()._sign_as(self.env.user, "skipped", note=reason)  # the engine's record
        self.sudo().run_id._advance()

    def _check_current(self):
        """Raise unless the user is an operator, and it is this step's turn.

        :raises UserError: somebody was quicker
        """
        self.ensure_one()
        self.run_id._check_operator()
        # Two people who sign at the same moment wait for each other here.
        self.sudo().lock_for_update()  # the engine's record
        if self.state != "current":
            raise UserError(
                self.env._(
                    "It is not the turn of “%(step)s”: somebody has signed it meanwhile, or an "
                    "earlier step is open. Look again at the run.",
                    step=self.name,
                )
            )

    def _tell(self, told):
        """Add what came of an attempt, with its time (UTC), to the outcome."""
        at = fields.Datetime.to_string(fields.Datetime.now())
        earlier = f"{self.outcome}\n" if self.outcome else ""
        self.write({"outcome": f"{earlier}{at} {self.env.user.name}: {told}"})

    def _sign_as(self, user, state, note=None):
        """End the steps: who, when, how. Called as the engine."""
        now = fields.Datetime.now()
        for line in self:
            line.write(
                {
                    "state": state,
                    "finished_at": now,
                    "started_at": line.started_at or now,
                    "user_id": user.id,
                    **({"note": note} if note else {}),
                }
            )
