"""An unhealthy endpoint tells which other system explains it."""

from odoo import api, fields, models

from .integration_system_dependency import UNHEALTHY


class IntegrationEndpoint(models.Model):
    """What an endpoint suffers from, by the dependencies of itself and of its system."""

    _inherit = "integration.endpoint"

    affected_by_ids = fields.Many2many(
        "integration.system", compute="_compute_affected_by", string="Affected By"
    )
    affected_by_text = fields.Char(compute="_compute_affected_by", string="Cause")

    @api.depends("health", "system_id.affected_by_ids")
    def _compute_affected_by(self):
        """Follow what the endpoint needs to the root causes: three queries for any number."""
        systems = self.env["integration.system"]
        unhealthy = self.filtered(lambda endpoint: endpoint.health in UNHEALTHY)
        causes = systems._causes() if unhealthy else {}
        dependencies = self.env["integration.dependency"].search(
            [
                ("system_id", "in", unhealthy.system_id.ids),
                ("depends_on_system_id", "in", list(causes)),
            ]
        )
        for endpoint in self:
            roots = set()
            for dependency in dependencies if endpoint in unhealthy else ():
                other = dependency.depends_on_system_id.id
                if dependency.system_id != endpoint.system_id:
                    continue
                if dependency.endpoint_id and dependency.endpoint_id != endpoint:
                    continue
                if dependency.depends_on_endpoint_id.health == "up":
                    continue
                roots |= causes[other] or {other}
            found = systems.browse(sorted(roots - {endpoint.system_id.id}))
            endpoint.affected_by_ids = found
            endpoint.affected_by_text = found and self.env._(
                "Affected by %(systems)s", systems=", ".join(found.mapped("name"))
            )
