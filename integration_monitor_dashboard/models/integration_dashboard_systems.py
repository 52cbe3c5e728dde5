"""Partner systems in the control tower: how each one is doing, since when, and why."""

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_monitor.models.integration_queue import BAD_VERDICTS
from odoo.addons.integration_monitor.models.integration_system import HEALTH_WEIGHT

MAX_SYSTEMS = 12
SYSTEM = "integration.system"


class IntegrationDashboard(models.AbstractModel):
    _inherit = "integration.dashboard"

    @api.model
    def _systems(self, filters):
        """Return the systems, the worst first; no system belongs to one warehouse."""
        systems = self.env[SYSTEM].search_fetch(
            [], ["name", "kind", "health", "health_reason", "health_since", "environment"]
        )
        kinds = self._selection(SYSTEM, "kind")
        health_labels = self._selection(SYSTEM, "health")
        success = dict(
            self.env["integration.endpoint"]._read_group(
                [("system_id", "in", systems.ids)], ["system_id"], ["last_success_at:max"]
            )
        )
        paused = self._paused(systems)
        alerts = self._alerts(systems)
        maintenance = self._maintenance(systems)
        failed = dict(
            self.env["integration.message"]._read_group(
                self._failed_domain(systems), ["system_id"], ["__count"]
            )
        )
        ordered = systems.sorted(lambda s: (-HEALTH_WEIGHT[s.health], s.name, s.id))
        return {
            "total": self._figure(self.env._("Systems"), SYSTEM, [], len(systems)),
            "states": [
                self._figure(
                    label, SYSTEM, Domain("health", "=", health),
                    len(systems.filtered(lambda s, h=health: s.health == h)), health=health,
                )
                for health, label in health_labels.items()
            ],
            "hidden": max(len(systems) - MAX_SYSTEMS, 0),
            "rows": [
                {
                    "id": system.id,
                    "name": system.name,
                    "kind": kinds[system.kind],
                    "health": system.health,
                    "health_label": health_labels[system.health],
                    "reason": system.health_reason or "",
                    "since": str(system.health_since or ""),
                    "last_success_at": str(success.get(system) or ""),
                    "paused": paused[system],
                    "alerts": alerts[system],
                    "maintenance": maintenance[system],
                    "failed": self._figure(
                        self.env._("%s: failed messages", system.name), "integration.message",
                        self._failed_domain(system), failed.get(system, 0),
                    ),
                }
                for system in ordered[:MAX_SYSTEMS]
            ],
        }  # fmt: skip

    @api.model
    def _failed_domain(self, systems):
        """Return the domain of the failed messages of systems."""
        return Domain("state", "in", ["dead", "quarantined"]) & Domain(
            "system_id", "in", systems.ids
        )

    @api.model
    def _paused(self, systems):
        """Return by system what is switched off: a figure of flows and one of endpoints."""
        found = {}
        titles = {
            "integration.flow": self.env._("Paused flows"),
            "integration.endpoint": self.env._("Paused endpoints"),
        }
        for model in titles:
            found[model] = dict(
                self.env[model]._read_group(
                    [("system_id", "in", systems.ids), ("state", "=", "paused")],
                    ["system_id"],
                    ["__count"],
                )
            )
        return {
            system: [
                self._figure(
                    f"{system.name}: {title}", model,
                    [("system_id", "=", system.id), ("state", "=", "paused")],
                    found[model][system], label=title,
                )
                for model, title in titles.items()
                if system in found[model]
            ]
            for system in systems
        }  # fmt: skip

    @api.model
    def _maintenance(self, systems):
        """Return by system a figure of its endpoints that are in maintenance now, or none."""
        label = self.env._("Maintenance")
        inside = Domain("in_maintenance", "=", True)
        counts = dict(
            self.env["integration.endpoint"]._read_group(
                inside & Domain("system_id", "in", systems.ids), ["system_id"], ["__count"]
            )
        )
        return {
            system: [
                self._figure(
                    f"{system.name}: {label}", "integration.endpoint",
                    inside & Domain("system_id", "=", system.id), counts[system], label=label,
                )
            ]
            if system in counts
            else []
            for system in systems
        }  # fmt: skip

    @api.model
    def _alerts(self, systems):
        """Return by system figures of silent flows, stuck queues and breakers that are open."""
        kinds = (
            ("integration.flow", self.env._("Silent flows"), Domain("silent_since", "!=", False)),
            (
                "integration.queue",
                self.env._("Queues that do not move"),
                Domain("verdict", "in", list(BAD_VERDICTS)),
            ),
            (
                "integration.endpoint",
                self.env._("Open breakers"),
                Domain("breaker_state", "!=", "closed"),
            ),
        )
        found = {system: [] for system in systems}
        for model, title, domain in kinds:
            for system, count in self.env[model]._read_group(
                domain & Domain("system_id", "in", systems.ids), ["system_id"], ["__count"]
            ):
                found[system].append(
                    self._figure(
                        f"{system.name}: {title}", model,
                        domain & Domain("system_id", "=", system.id), count, label=title,
                    )
                )  # fmt: skip
        return found
