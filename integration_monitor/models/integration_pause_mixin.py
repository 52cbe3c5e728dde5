"""The switch that stops an endpoint or a flow at once."""

from odoo import api, fields, models
from odoo.exceptions import AccessError


class IntegrationPauseMixin(models.AbstractModel):
    """Gives a model ``state`` (active, paused) with who, when and why.

    The model must implement ``_wake_after_resume``, which sets waiting work going again.
    """

    _name = "integration.pause.mixin"
    _description = "Pause switch"

    state = fields.Selection(
        [("active", "Active"), ("paused", "Paused")],
        default="active",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    pause_reason = fields.Char(copy=False, tracking=True)
    paused_at = fields.Datetime(readonly=True, copy=False)
    paused_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    resumed_at = fields.Datetime(
        readonly=True, copy=False, help="When the last pause by a person ended."
    )

    def action_pause(self):
        """Stop at once: nothing more is claimed; what waits is shown as held."""
        self._check_may_switch()
        self._pause(self.env.context.get("integration_pause_reason"))
        return True

    def action_resume(self):
        """Let the waiting work go on."""
        self._check_may_switch()
        paused = self.filtered(lambda record: record.state == "paused")
        # An operator may stop and start an exchange, though not configure it.
        paused.sudo().with_context(integration_engine=True).write(
            {
                "state": "active",
                "pause_reason": False,
                "paused_at": False,
                "paused_by_id": False,
                "resumed_at": fields.Datetime.now(),
            }
        )
        paused._wake_after_resume()
        return True

    @api.private
    def _pause(self, reason=False):
        """Pause the active records for ``reason`` (text for a person, or False)."""
        active = self.filtered(lambda record: record.state == "active")
        # An operator may stop and start an exchange, though not configure it.
        active.sudo().with_context(integration_engine=True).write(
            {
                "state": "paused",
                "pause_reason": reason or self.env._("Paused by %(user)s", user=self.env.user.name),
                "paused_at": fields.Datetime.now(),
                "paused_by_id": self.env.uid,
            }
        )
        active._hold_waiting()

    def _check_may_switch(self):
        """Raise AccessError unless the user is an operator who may read the records."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_monitor.group_operator"):
            raise AccessError(
                self.env._("Only integration operators may pause, resume or drain an exchange.")
            )

    def _hold_waiting(self):
        """Show the waiting messages as held; to be implemented by the model."""
        raise NotImplementedError

    def _wake_after_resume(self):
        """Set the waiting work going again; to be implemented by the model."""
        raise NotImplementedError
