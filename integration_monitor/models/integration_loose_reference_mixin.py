"""References without foreign keys: what they name may be gone."""

from odoo import fields, models
from odoo.tools import SQL


class LooseMany2one(fields.Many2one):
    """A many2one without foreign key: its lines outlive what they name, or it is guarded else."""

    def update_db_foreign_key(self, model, column):
        """Make none."""


class GuardedMany2one(fields.Many2one):
    """A many2one without foreign key, as what it names cannot go: something else keeps it.

    For rows that each step of an order writes, where checking a key costs as much as the row. Not
    for partners, whose duplicates Odoo merges by their foreign keys.
    """

    def update_db_foreign_key(self, model, column):
        """Make none."""


class OwnedMany2one(GuardedMany2one):
    """A many2one to the transaction that a row belongs to, without foreign key.

    A trigger removes the rows with their transaction, see ``integration_transaction_owned``: of an
    order's dozen rows each key would be checked, which costs as much as a third of writing them.
    """


class IntegrationLooseReferenceMixin(models.AbstractModel):
    """Shows references to deleted records as empty.

    The ORM relies on foreign keys: a number that leads nowhere makes lists and groups of its model
    fail with a MissingError. Models with :class:`LooseMany2one` fields inherit this.
    """

    _name = "integration.loose.reference.mixin"
    _description = "Integration records without foreign keys"

    def _fetch_query(self, query, fields):
        """Empty the cached references to records that are gone: one query for each field."""
        fetched = super()._fetch_query(query, fields)
        for field in fields:
            if not isinstance(field, LooseMany2one):
                continue
            cache = field._get_cache(self.env)
            ids = {cache[line_id] for line_id in fetched._ids if cache.get(line_id)}
            if not ids:
                continue
            gone = ids - set(self.env[field.comodel_name].browse(ids).exists()._ids)
            lines = [line_id for line_id in fetched._ids if cache.get(line_id) in gone]
            field._update_cache(fetched.browse(lines), None)
        return fetched

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group lines of deleted records with those that name none."""
        expression = super()._read_group_groupby(alias, groupby_spec, query)
        field = self._fields.get(groupby_spec)
        if not isinstance(field, LooseMany2one):
            return expression
        table = SQL.identifier(self.env[field.comodel_name]._table)
        return SQL("(SELECT loose.id FROM %s loose WHERE loose.id = %s)", table, expression)
