"""Uninstalling on a server that is at work: the lanes stop first."""

from odoo import models

from ..instrumentation import queue_jobs


class IrModuleModule(models.Model):
    """Marks modules for uninstallation, which happens in a later transaction."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Pause every flow and drop their jobs when the engine goes.

        The runner works on these jobs, and a row that it changes meanwhile makes the
        uninstallation fail. Should it fail for another reason, the flows stay paused: the reason
        on each says who paused it, and Resume sets them going.
        """
        result = super().button_uninstall()
        engine = self.env.ref("base.module_integration_monitor", raise_if_not_found=False)
        if engine and engine.state == "to remove":
            # Whoever may uninstall need not be an administrator of the flows.
            flows = self.env["integration.flow"].sudo().search([])
            flows._pause(self.env._("The integration monitor is being uninstalled"))
            queue_jobs.forget_after_commit(self.env.cr)
        return result
