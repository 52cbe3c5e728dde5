"""Until when an issue shall be quiet."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationIssueArchive(models.TransientModel):
    """Asks an operator when archived issues may show up again."""

    _name = "integration.issue.archive"
    _description = "Archive integration issues"

    issue_ids = fields.Many2many("integration.issue", required=True)
    mode = fields.Selection(
        [
            ("date", "Until a date"),
            ("count", "Until it was seen more often"),
            ("forever", "For ever"),
        ],
        string="Quiet",
        required=True,
        default="date",
    )
    until = fields.Datetime(default=lambda self: fields.Datetime.now() + timedelta(days=7))
    more = fields.Integer(
        string="More Times", default=100, help="Occurrences from now on until it shows up again."
    )

    def action_archive(self):
        """Archive the issues until the chosen moment."""
        self.ensure_one()
        if self.mode == "date" and (not self.until or self.until <= fields.Datetime.now()):
            raise UserError(self.env._("Choose a date in the future."))
        if self.mode == "count" and self.more < 1:
            raise UserError(self.env._("Choose how many more times, at least once."))
        self.issue_ids._archive_until(
            until=self.until if self.mode == "date" else False,
            more=self.more if self.mode == "count" else 0,
        )
        return {"type": "ir.actions.act_window_close"}
