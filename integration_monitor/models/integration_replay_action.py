"""What people may do with a replay."""

from odoo import models
from odoo.exceptions import AccessError, UserError

from .form_guard import check_editable
from .integration_approval_mixin import APPROVER_GROUP


class IntegrationReplay(models.Model):
    """Buttons, and the guard that keeps everything else to the engine."""

    _inherit = "integration.replay"

    def write(self, vals):
        """Refuse forged values; a screen's readonly stops no API call."""
        check_editable(self, vals, set())
        return super().write(vals)

    def action_check_again(self):
        """Judge every message again, as things are now."""
        self._check_operator()
        self._check_draft()
        for replay in self.sudo():  # lines are the engine's, at an operator's request
            replay._judge_lines(replay.line_ids)
        self._note("checked", count=len(self.line_ids))
        return True

    def action_override(self):
        """Ask for the reason to replay what was refused."""
        self.ensure_one()
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Override Refusals"),
            "res_model": "integration.replay.override",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_replay_id": self.id},
        }

    def action_start(self):
        """Start, or ask for the approval of a second person when there are many messages."""
        self._check_operator()
        self._check_draft()
        for replay in self:
            if not replay.replay_count:
                raise UserError(
                    self.env._("There is nothing to replay: every message is skipped or refused.")
                )
            if replay.needs_approval:
                replay.sudo().state = "approval"  # the engine's, at an operator's request
                replay._note("asked", count=replay.replay_count)
                replay._tell_approvers(
                    replay,
                    replay.reason,
                    replay.replay_count,
                    replay.user_id | replay.override_user_id,
                )
            else:
                replay._begin()
        return True

    def action_approve(self):
        """Agree, as a second person, and start.

        :raises AccessError: the user asked for the replay himself, or may not approve
        """
        self.check_access("read")
        if not self.env.user.has_group(APPROVER_GROUP):
            raise AccessError(
                self.env._("You may not approve replays: ask somebody with that right.")
            )
        for replay in self:
            if replay.state != "approval":
                raise UserError(self.env._("%s does not wait for an approval.", replay.name))
            if self.env.user in (replay.user_id, replay.override_user_id):
                raise AccessError(
                    self.env._(
                        "A second person must approve %s: you asked for it, or overrode refusals.",
                        replay.name,
                    )
                )
            replay.sudo().approver_id = self.env.user  # the engine's, at an approver's request
            replay._note("approved", count=replay.replay_count)
            replay._begin()
        return True

    def action_cancel(self):
        """Stop; what is not in work is not replayed.

        Asked again, it stops what was in work then and is to be tried once more.
        """
        self._check_operator()
        going = self.filtered(
            lambda replay: replay.state in ("draft", "approval", "running")
            or (replay.state == "cancelled" and replay.waiting_count)
        )
        if not going:
            raise UserError(self.env._("A replay that has ended cannot be cancelled."))
        for replay in going:
            left = replay.sudo()._stop()  # the engine's, at an operator's request
            replay._note("cancelled", count=left)
        return True

    def action_open_results(self):
        """Open the messages that the replay made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_message"
        )
        action["domain"] = [("id", "in", self.line_ids.result_id.ids)]
        action["context"] = {}
        return action
