"""What waits for a second person is told to those who may approve it."""

from odoo import models

APPROVER_GROUP = "integration_monitor.group_replay_approver"


class IntegrationApprovalMixin(models.AbstractModel):
    """Base of what one person asks for and another one approves."""

    _name = "integration.approval.mixin"
    _description = "Approval by a second person (mixin)"

    def _tell_approvers(self, about, reason, count, involved):
        """Notify everybody who may approve it, in his inbox or by mail as he prefers.

        :param about: the record on which it is approved
        :param str reason: why it was asked for
        :param int count: number of messages
        :param involved: users who are no second person
        """
        self.ensure_one()
        # Who holds which right is not for operators to read, nor is the record theirs to write to.
        group = self.env.ref(APPROVER_GROUP).sudo()
        company = self.company_id
        approvers = group.all_user_ids.filtered(
            lambda u: u.active and not u.share and (not company or company in u.company_ids)
        )
        partners = (approvers - involved).partner_id
        if not partners:
            return
        self.env["mail.thread"].sudo().message_notify(
            model=about._name,
            res_id=about.id,
            partner_ids=partners.ids,
            subject=self.env._("Replay waits for your approval: %s", about.display_name),
            body=self.env._(
                "%(user)s asks to have %(count)s messages replayed, and you may be the second "
                "person who approves it. Reason: %(reason)s",
                user=self.env.user.name,
                count=count,
                reason=reason,
            ),
        )
