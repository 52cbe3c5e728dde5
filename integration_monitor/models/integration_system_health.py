"""Health of a system: the worst of its endpoints, its deliveries and its silent flows."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from ..tools.endpoint_health import KNOWN_FOR, of_deliveries
from .integration_system import HEALTH_WEIGHT

_LATELY = timedelta(minutes=15)
# Refusals that the partner can do something about; rate limits and our own faults are not his.
_PARTNER_CLASSES = ("auth", "contract", "client")


class IntegrationSystem(models.Model):
    """Puts together what is known of a system; nothing known is unknown."""

    _inherit = "integration.system"

    @api.model
    def _watch_health(self, now):
        """Judge every system anew; the queries do not grow with their number.

        :param datetime now: UTC
        """
        self.sudo().search([])._refresh_health(now)  # health is the engine's

    def _refresh_health(self, now=None):
        """Take over the worst of what endpoints, deliveries and silent flows say.

        :param datetime now: UTC; by default the present
        """
        systems = self.sudo()  # health is the engine's, whoever made the call
        deliveries = systems._deliveries(now or fields.Datetime.now())
        silent = (
            self.env["integration.flow"]
            .sudo()
            .search(
                [("system_id", "in", systems.ids), ("silent_since", "!=", False)],
                order="silent_since",
            )
            .grouped("system_id")
        )
        for system in systems:
            signs = [(e.health, e.health_reason) for e in system.endpoint_ids]
            signs += [(health, reason) for health, reason in deliveries.get(system.id, [])]
            signs += [
                ("degraded", system._silent_reason(flow)) for flow in silent.get(system, [])[:1]
            ]
            health, reason = max(
                signs, key=lambda sign: HEALTH_WEIGHT[sign[0]], default=("unknown", False)
            )
            system._set_health(health, reason)

    def _silent_reason(self, flow):
        """:return: text like “Orders” is silent since 4 May, 10:12"""
        tz = self.user_id.tz or self.company_id.partner_id.tz or "UTC"
        return self.env._(
            "“%(flow)s” is silent since %(since)s",
            flow=flow.name,
            since=format_datetime(self.env, flow.silent_since, tz=tz, dt_format="medium"),
        )

    def _deliveries(self, now):
        """Judge what partners delivered to our addresses.

        :return: dict of system id to a list of (health, reason)
        """
        if not self.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT system_id,
                       COALESCE(sum(count_ok + count_duplicate)
                                FILTER (WHERE level = 'minute'), 0),
                       COALESCE(sum((SELECT sum(value::numeric)
                                       FROM jsonb_each_text(error_classes)
                                      WHERE key IN %(classes)s))
                                FILTER (WHERE level = 'minute'), 0),
                       bool_or(count_ok + count_duplicate > 0)
                  FROM integration_metric
                 WHERE ((level = 'minute' AND bucket > %(lately)s)
                        OR (level = 'hour' AND bucket > %(known)s))
                   AND kind = 'webhook_in' AND system_id = ANY(%(ids)s)
                 GROUP BY 1
                """,
                classes=_PARTNER_CLASSES,
                lately=now - _LATELY,
                known=now - KNOWN_FOR,
                ids=self.ids,
            )
        )
        found = {}
        for system_id, accepted, refused, known in rows:
            health = of_deliveries(int(accepted), int(refused)) or ("up" if known else None)
            reason = False
            if health == "degraded":
                reason = self.env._(
                    "Its last %(number)s deliveries were refused; the log says why.",
                    number=int(refused),
                )
            if health:
                found[system_id] = [(health, reason)]
        return found
