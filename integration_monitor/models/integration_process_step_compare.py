"""Steps of two versions of a process, beside one another."""

from odoo import models
from odoo.models import MAGIC_COLUMNS

#: What does not tell one step from another: the comparison goes by code and order.
UNCOMPARED = frozenset({"process_id", "sequence", "code", *MAGIC_COLUMNS})


class IntegrationProcessStep(models.Model):
    _inherit = "integration.process.step"

    def _comparable(self):
        """Return what makes two versions of a step different: all that a copy takes over."""
        self.ensure_one()
        return {
            name: self[name]
            for name, field in self._fields.items()
            if field.store and field.copy and name not in UNCOMPARED
        }

    def _shown(self, name):
        """Return a value as people read it."""
        field, value = self._fields[name], self[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value) or "–"
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if field.relational:
            return ", ".join(value.mapped("display_name")) or "–"
        return value or "–"
