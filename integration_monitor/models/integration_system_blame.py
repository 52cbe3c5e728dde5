"""A system that fails, or works again, is the reason why others do not."""

from odoo import models

from ..tools.blame import OF_SYSTEM
from .integration_system_dependency import UNHEALTHY

# So many transactions are judged anew at once when a system that others need turns.
REFRESH_LIMIT = 5000


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    def _set_health(self, health, reason=False):
        """Judge anew whom transactions wait for that are stuck at a system in need of this one."""
        turned = self.filtered(lambda s: (s.health in UNHEALTHY) != (health in UNHEALTHY))
        changed = super()._set_health(health, reason)
        needed = [("depends_on_system_id", "in", turned.ids)]
        # Health, dependencies and blame are the engine's, whoever made the call.
        if turned and self.env["integration.dependency"].sudo().search_count(needed, limit=1):
            self.env["integration.transaction"].sudo().search(
                [
                    ("state", "=", "in_progress"),
                    ("cause", "in", (*OF_SYSTEM, "dependency")),
                    ("waits_on_system_id", "!=", False),
                ],
                limit=REFRESH_LIMIT,
            )._refresh_blame()
        return changed
