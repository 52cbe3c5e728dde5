"""A flow is not silent while its system is in maintenance."""

from odoo import api, models
from odoo.tools import SQL


class IntegrationFlow(models.Model):
    """What the watch for silence knows of maintenance."""

    _inherit = "integration.flow"

    @api.model
    def _silence_candidates(self, now):
        """Leave flows unwatched during a maintenance, and count their silence from its end."""
        rows = super()._silence_candidates(now)
        if not rows:
            return rows
        self.env["integration.system"].flush_model()
        self.env["integration.endpoint"].flush_model()
        found = self.env.execute_query(
            SQL(
                """SELECT f.id,
                          (s.maintenance_from <= %(now)s AND s.maintenance_until > %(now)s) IS TRUE
                          OR (e.maintenance_from <= %(now)s AND e.maintenance_until > %(now)s)
                             IS TRUE,
                          GREATEST(s.maintenance_ended_at, e.maintenance_ended_at)
                     FROM integration_flow f
                     JOIN integration_system s ON s.id = f.system_id
                     LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                    WHERE f.id = ANY(%(ids)s)
                      AND COALESCE(s.maintenance_from, s.maintenance_ended_at,
                                   e.maintenance_from, e.maintenance_ended_at) IS NOT NULL""",
                now=now,
                ids=[row[0] for row in rows],
            )
        )
        known = {flow_id: (inside, ended) for flow_id, inside, ended in found}
        adjusted = []
        for flow_id, last, watched in rows:
            inside, ended = known.get(flow_id, (False, None))
            if last and ended and ended > last:
                last = ended
            adjusted.append((flow_id, last, watched and not inside))
        return adjusted
