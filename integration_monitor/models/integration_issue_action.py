"""What people do with an issue: take it, resolve, archive, reopen, retry what waits."""

from odoo import models
from odoo.exceptions import UserError

from ..tools.observation import utcnow
from .form_guard import check_editable

EDITABLE = {"user_id", "note"}


class IntegrationIssue(models.Model):
    """Buttons, and the guard that keeps states and figures to the engine."""

    _inherit = "integration.issue"

    def write(self, vals):
        """Refuse forged figures; whoever takes a new issue has seen it."""
        check_editable(self, vals, EDITABLE)
        result = super().write(vals)
        if vals.get("user_id"):
            # The engine keeps the state in step with the owner, whoever assigns.
            self.sudo().filtered(lambda i: i.state in ("new", "regressed"))._set_state("ongoing")
        return result

    def action_take(self):
        """Make me the owner."""
        self.check_access("write")
        self.write({"user_id": self.env.uid})
        return True

    def action_resolve(self):
        """Declare the cause mended; seen again, the issue comes back as such."""
        self.check_access("write")
        # The state is the engine's, changed at an operator's request.
        self.sudo().filtered(lambda issue: issue.state != "resolved")._set_state(
            "resolved", resolved_at=utcnow(), resolved_by_id=self.env.uid
        )
        return True

    def action_reopen(self):
        """Take a resolved or archived issue back to work."""
        self.check_access("write")
        # The state is the engine's, changed at an operator's request.
        self.sudo().filtered(lambda issue: issue.state in ("resolved", "archived"))._set_state(
            "ongoing"
        )
        return True

    def action_archive_until(self):
        """Ask until when the issues shall be quiet."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Archive"),
            "res_model": "integration.issue.archive",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_issue_ids": self.ids},
        }

    def _archive_until(self, until=False, more=0):
        """Keep the issues quiet.

        :param datetime until: UTC; False: not limited by time
        :param int more: occurrences until they show up again; 0: not limited by number
        """
        self.check_access("write")
        for issue in self.sudo():  # the state is the engine's, at an operator's request
            issue._set_state(
                "archived",
                archived_until=until,
                archived_count=issue.count + more if more else False,
            )

    def action_retry_all(self):
        """Try every failed message of the open exceptions again, once the cause is mended."""
        self.check_access("write")
        exceptions = self._exceptions().filtered(lambda e: e.is_open and e.can_retry)
        if not exceptions:
            raise UserError(
                self.env._("No open exception of this issue has a message to try again.")
            )
        return exceptions.action_retry()

    def _set_state(self, state, **values):
        """Write a state with what belongs to it; the rest of the former state is forgotten."""
        if self:
            self.write(
                {
                    "resolved_at": False,
                    "resolved_by_id": False,
                    "archived_until": False,
                    "archived_count": False,
                    **values,
                    "state": state,
                    # To the microsecond: what was seen since is told by the times of lines.
                    "state_since": utcnow(),
                }
            )
