"""From an exception to its issue."""

from odoo import api, fields, models


class IntegrationException(models.Model):
    """Opening exceptions shows their issue at once; a button leads to it."""

    _inherit = "integration.exception"

    issue_id = fields.Many2one("integration.issue", compute="_compute_issue_id")

    @api.model
    def _open(self, vals_list):
        """Open exceptions, and the issues of what is new."""
        opened = super()._open(vals_list)
        self.env["integration.issue"].sudo()._note_exceptions(opened)  # the engine's figures
        return opened

    @api.depends("fingerprint", "company_id")
    def _compute_issue_id(self):
        """Find the issue of the same fault: one query."""
        issues = self.env["integration.issue"].search(
            [("fingerprint", "in", self.mapped("fingerprint"))]
        )
        by_fault = {(issue.fingerprint, issue.company_id.id): issue for issue in issues}
        for exception in self:
            exception.issue_id = by_fault.get((exception.fingerprint, exception.company_id.id))

    def action_open_issue(self):
        """Open the issue that the exception belongs to."""
        self.ensure_one()
        return self._open_form("integration.issue", self.issue_id.id)
