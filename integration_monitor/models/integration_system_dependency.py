"""Which unhealthy system is the cause, and which ones only suffer from it."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.dependencies import affected_by

UNHEALTHY = ("down", "degraded")


class IntegrationSystem(models.Model):
    """What a system needs, and what that means while something is down."""

    _inherit = "integration.system"

    dependency_ids = fields.One2many(
        "integration.dependency", "system_id", string="Needs", copy=False
    )
    dependent_ids = fields.One2many(
        "integration.dependency", "depends_on_system_id", string="Needed By", copy=False
    )
    affected_by_ids = fields.Many2many(
        "integration.system",
        compute="_compute_affected_by",
        string="Affected By",
        help="The systems whose trouble explains this one's: look at them first.",
    )
    affected_by_text = fields.Char(compute="_compute_affected_by", string="Cause")

    @api.depends(
        "health",
        "endpoint_ids.health",
        "dependency_ids.active",
        "dependency_ids.depends_on_system_id.health",
        "dependency_ids.depends_on_endpoint_id.health",
    )
    def _compute_affected_by(self):
        """Name the root causes of each unhealthy system: one query for any number."""
        causes = self._causes() if any(system.health in UNHEALTHY for system in self) else {}
        for system in self:
            roots = self.browse(sorted(causes.get(system.id, ())))
            system.affected_by_ids = roots
            system.affected_by_text = roots and self.env._(
                "Affected by %(systems)s", systems=", ".join(roots.mapped("name"))
            )

    @api.model
    def _causes(self):
        """Ask, in one statement, which systems are out and why; their names are cached with it.

        :return: dict of the ids of unhealthy systems to the ids of their root causes, of those
            that the user may read; an empty set for a root
        """
        return self._causes_of(self.env.execute_query(self._causes_query()))

    @api.model
    def _causes_query(self):
        """What is not well, and what needs what at this moment, of what the user may read.

        A dependency of or on one endpoint counts only while that endpoint is unhealthy, too: a
        system is not affected by an endpoint that works.

        :return: SQL of a model and an array each, as :meth:`_causes_of` takes them
        """
        Dependency = self.env["integration.dependency"]
        self.flush_model(["name"])
        self.env["integration.endpoint"].flush_model(["health"])
        Dependency.flush_model(
            ["system_id", "endpoint_id", "depends_on_system_id", "depends_on_endpoint_id"]
        )
        # What else is asked is flushed with the searches.
        return SQL(
            """SELECT 'integration.system', jsonb_build_array(id, name, health)
                 FROM integration_system WHERE id IN %s
                UNION ALL
               SELECT 'integration.dependency', jsonb_build_array(system_id, depends_on_system_id)
                 FROM integration_dependency need
                WHERE id IN %s AND NOT EXISTS (
                      SELECT FROM integration_endpoint
                       WHERE id IN (need.endpoint_id, need.depends_on_endpoint_id)
                         AND health = 'up')""",
            self._search([("health", "!=", "up")]).subselect(),
            Dependency._search([]).subselect(),
        )

    @api.model
    def _causes_of(self, rows):
        """:return: as of :meth:`_causes`, by what the statement found"""
        health, needs = {}, defaultdict(set)
        for model, (record_id, other, *rest) in rows:
            if model == "integration.dependency":
                needs[record_id].add(other)
                continue
            (health[record_id],) = rest
            system = self.browse(record_id)
            system._fields["name"]._insert_cache(system, [other])
        unhealthy = {system_id for system_id, state in health.items() if state in UNHEALTHY}
        return affected_by(unhealthy, needs, set(health) - unhealthy)

    @api.model
    def _root_causes(self):
        """What is wrong, causes first; for whoever shows or alerts.

        :return: list of dicts, one for each unhealthy system that no other explains: ``system``
            (a record), ``health``, ``reason``, ``since`` (UTC) and ``affects`` (the systems that
            suffer from it); the one that affects most comes first
        """
        causes = self._causes()
        affects = {system_id: [] for system_id, roots in causes.items() if not roots}
        for system_id, roots in causes.items():
            for root in roots:
                affects[root].append(system_id)
        roots = self.browse(
            sorted(affects, key=lambda system_id: (-len(affects[system_id]), system_id))
        )
        return [
            {
                "system": system,
                "health": system.health,
                "reason": system.health_reason or "",
                "since": system.health_since,
                "affects": self.browse(sorted(affects[system.id])),
            }
            for system in roots
        ]

    def action_open_dependencies(self):
        """Open what this system needs and who needs it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_dependency"
        )
        action["domain"] = [
            "|",
            ("system_id", "=", self.id),
            ("depends_on_system_id", "=", self.id),
        ]
        action["context"] = {"default_system_id": self.id}
        return action
