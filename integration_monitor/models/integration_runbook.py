"""What to do about a kind of failure, step by step."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import runbook_match
from ..tools.errors import ERROR_CLASSES
from .integration_exception import CATEGORIES
from .integration_system import SYSTEM_KINDS


class IntegrationRunbook(models.Model):
    """Steps, and the exceptions that they are for.

    Every criterion that is filled in must hold; of the runbooks that fit, the one with the most
    precise criteria is proposed (``tools/runbook_match.py``).
    """

    _name = "integration.runbook"
    _description = "Integration runbook"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(required=True, copy=False, help="Short name, unique in the company.")
    purpose = fields.Text(translate=True, help="What has happened when somebody needs it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    fingerprints = fields.Char(
        tracking=True,
        help="Fingerprints of exceptions or issues, comma-separated: exactly these causes.",
    )
    error_classes = fields.Char(
        string="Kinds of Failure",
        tracking=True,
        help="Comma-separated, for example connect, timeout, server.",
    )
    category = fields.Selection(CATEGORIES, tracking=True)
    system_kind = fields.Selection(
        SYSTEM_KINDS, string="Kind of System", tracking=True, help="Empty: any system."
    )
    matters = fields.Char(
        string="Found By",
        help="What the engine itself watches, comma-separated: queue (messages or jobs do not "
        "move), silence (a flow is silent), credential (a sign-in is refused).",
    )
    source_models = fields.Char(
        string="Record to Correct",
        help="Kinds of record that an exception asks to correct, comma-separated, for example "
        "product.product.",
    )
    message_types = fields.Char(help="Of the flow, comma-separated, for example shop.stock.")
    words = fields.Char(
        string="Words in the Text",
        help="One of these, comma-separated, is in what happened. Exceptions are written in the "
        "language of the flow's service account: name the words of each language in use.",
    )
    step_ids = fields.One2many("integration.runbook.step", "runbook_id", copy=True)
    run_ids = fields.One2many("integration.runbook.run", "runbook_id")
    run_count = fields.Integer(string="Runs", compute="_compute_run_figures")
    average_minutes = fields.Float(
        string="Minutes on Average", compute="_compute_run_figures", help="Of its finished runs."
    )

    _code_uniq = models.Constraint(
        "UNIQUE NULLS NOT DISTINCT (company_id, code)", "Another runbook has the same code."
    )

    @api.depends("run_ids.state")
    def _compute_run_figures(self):
        """Count the runs and their time, in one grouped query."""
        groups = self.env["integration.runbook.run"]._read_group(
            [("runbook_id", "in", self.ids)], ["runbook_id"], ["__count", "minutes:avg"]
        )
        found = {runbook.id: figures for runbook, *figures in groups}
        for runbook in self:
            count, minutes = found.get(runbook._origin.id, (0, 0))
            runbook.run_count = count
            runbook.average_minutes = minutes or 0

    @api.constrains("error_classes")
    def _check_error_classes(self):
        """Refuse kinds of failure that do not exist: the runbook would never be proposed."""
        for runbook in self:
            unknown = sorted(runbook_match.parts(runbook.error_classes) - set(ERROR_CLASSES))
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Unknown kinds of failure: %(unknown)s. Possible are: %(known)s.",
                        unknown=", ".join(unknown),
                        known=", ".join(ERROR_CLASSES),
                    )
                )

    def copy_data(self, default=None):
        """Give a copy a code and a name of its own."""
        return [
            {
                **vals,
                "code": (default or {}).get("code") or f"{runbook.code}-copy",
                "name": (default or {}).get("name") or self.env._("%s (copy)", runbook.name),
            }
            for runbook, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def _criteria(self):
        """:return: ``tools.runbook_match.Criteria``"""
        self.ensure_one()
        parts = runbook_match.parts
        return runbook_match.Criteria(
            fingerprints=parts(self.fingerprints),
            matters=parts(self.matters),
            source_models=parts(self.source_models),
            words=parts(self.words),
            message_types=parts(self.message_types),
            system_kinds=parts(self.system_kind),
            error_classes=parts(self.error_classes),
            categories=parts(self.category),
        )

    def action_open_runs(self):
        """Open the runs of this runbook."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_runbook_run"
        )
        action["domain"] = [("runbook_id", "=", self.id)]
        action["context"] = {}
        return action
