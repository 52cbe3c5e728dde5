"""What the editor of processes shows beside the fields: the order of steps, and what changed."""

from odoo import api, fields, models

from ..tools.branches import stages
from ..tools.process_compare import compare


class IntegrationProcess(models.Model):
    _inherit = "integration.process"

    preview = fields.Html(compute="_compute_preview", sanitize=False)
    former_id = fields.Many2one(
        "integration.process", string="Version Before", compute="_compute_former"
    )
    version_ids = fields.Many2many(
        "integration.process", string="Versions", compute="_compute_former"
    )
    changes = fields.Html(compute="_compute_changes", sanitize=False)

    def _steps_in_order(self):
        """Return the steps as they stand; a new line is the last."""
        return self.step_ids.sorted(lambda step: (step.sequence, not step._origin, step._origin.id))

    @api.depends(
        "step_ids.name", "step_ids.sequence", "step_ids.branch", "step_ids.optional",
        "step_ids.icon", "step_ids.reached_text",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_preview(self):
        for process in self:
            steps = process._steps_in_order()
            process.preview = self.env["ir.qweb"]._render(
                "integration_monitor.process_preview",
                {
                    "stages": [
                        {branch: [steps[place] for place in line] for branch, line in stage.items()}
                        for stage in stages([step.branch or "" for step in steps])
                    ],
                    "branches": dict(steps._fields["branch"]._description_selection(self.env)),
                },
            )

    @api.depends("code", "company_id", "version")
    def _compute_former(self):
        for process in self:
            origin = process._origin
            versions = former = origin
            if origin:
                versions = (origin._other_versions() | origin).sorted("version", reverse=True)
                former = versions[versions.ids.index(origin.id) + 1 :][:1]
                if not former and origin.company_id:
                    # The first of a company's own process is compared with the general one.
                    former = origin._of_all_companies()
            process.version_ids = versions
            process.former_id = former

    @api.depends("former_id", "step_ids")
    @api.depends_context("lang")
    def _compute_changes(self):
        for process in self:
            process.changes = process.former_id and self.env["ir.qweb"]._render(
                "integration_monitor.process_changes",
                {"former": process.former_id, "groups": process._changes()},
            )

    def _changes(self):
        """Return what differs from the version before, in words.

        :return: list of (title, lines); a line is a step's name and, where it changed, a list of
            (label, former value, value)
        """
        old = {step.code: step for step in self.former_id._steps_in_order()}
        new = {step.code: step for step in self._steps_in_order()}
        difference = compare(
            {code: step._comparable() for code, step in old.items()},
            {code: step._comparable() for code, step in new.items()},
        )
        groups = [
            (self.env._("Added"), [(new[code].name, []) for code in difference.added]),
            (self.env._("Removed"), [(old[code].name, []) for code in difference.removed]),
            (self.env._("Moved"), [(new[code].name, []) for code in difference.moved]),
            (
                self.env._("Changed"),
                [
                    (new[code].name, [
                        (new[code]._fields[name]._description_string(self.env),
                         old[code]._shown(name), new[code]._shown(name))
                        for name in names
                    ])
                    for code, names in difference.changed.items()
                ],
            ),
        ]  # fmt: skip
        return [(title, lines) for title, lines in groups if lines]
