"""Health of a system or an endpoint: a state, its reason and since when."""

from odoo import fields, models

HEALTH = [("up", "Up"), ("degraded", "Degraded"), ("down", "Down"), ("unknown", "Unknown")]


class IntegrationHealthMixin(models.AbstractModel):
    """Gives a model the three health fields, written only when they change."""

    _name = "integration.health.mixin"
    _description = "Health of an integration partner"

    health = fields.Selection(HEALTH, default="unknown", required=True, readonly=True, copy=False)
    health_reason = fields.Char(readonly=True, copy=False)
    health_since = fields.Datetime(readonly=True, copy=False)

    def _set_health(self, health, reason=False):
        """Write health or reason of the records for which they changed.

        :param str health: up, degraded, down or unknown
        :param reason: plain text for a person, or False
        :return: the records that changed
        """
        changed = self.filtered(
            lambda record: (record.health, record.health_reason or False)
            != (health, reason or False)
        )
        # Health is bookkeeping of the engine, written on behalf of any service account.
        turned = changed.filtered(lambda record: record.health != health)
        (changed - turned).sudo().write({"health_reason": reason})
        turned.sudo().write(
            {
                "health": health,
                "health_reason": reason,
                "health_since": fields.Datetime.now(),
            }
        )
        return changed
