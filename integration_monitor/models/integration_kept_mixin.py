"""Rows that say who did what; nobody changes that afterwards."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class IntegrationKeptMixin(models.AbstractModel):
    """An audit trail: rows are added, never changed and never deleted.

    The ORM refuses for everybody, superuser included; a trigger refuses what passes the ORM by.
    A model gains nothing but that; the uninstall hook calls its ``_drop_storage``.
    """

    _name = "integration.kept.mixin"
    _description = "Rows that are kept as they are (mixin)"

    def init(self):
        """Let the database itself refuse changes."""
        if not self._auto:
            return
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION %(name)s() RETURNS trigger LANGUAGE plpgsql AS $body$
                BEGIN
                    RAISE EXCEPTION 'Audit rows are neither changed nor deleted.';
                END $body$;
                DROP TRIGGER IF EXISTS %(name)s ON %(table)s;
                CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON %(table)s
                   FOR EACH ROW EXECUTE FUNCTION %(name)s();
                """,
                name=SQL.identifier(f"{self._table}_kept"),
                table=SQL.identifier(self._table),
            )
        )

    def _drop_storage(self):
        """Uninstallation: drop what the ORM does not know of."""
        name = SQL.identifier(f"{self._table}_kept")
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", name))

    def write(self, vals):
        """Refuse, whoever asks."""
        if self:
            raise UserError(self.env._("Audit rows are not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse, whoever asks."""
        raise UserError(self.env._("Audit rows are not deleted."))
