"""Audit rows: nobody changes them afterwards."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class IntegrationAuditMixin(models.AbstractModel):
    """Rows that say who did what; they are added, never changed and never deleted.

    The ORM refuses for everybody, superuser included; a trigger refuses what passes the ORM by.
    The addon that has such a model calls :meth:`_drop_storage` when it is uninstalled.
    """

    _name = "integration.audit.mixin"
    _description = "Audit rows (mixin)"
    _order = "id desc"

    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict", index=True)
    at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    login = fields.Char(
        required=True,
        readonly=True,
        default=lambda self: self.env.user.login,
        help="As it was then.",
    )

    def init(self):
        """Let the database itself refuse changes."""
        if self._abstract:
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
                name=self._trigger(),
                table=SQL.identifier(self._table),
            )
        )

    def _trigger(self):
        """:return: the name of the trigger and of its function"""
        return SQL.identifier(f"{self._table}_kept")

    def _drop_storage(self):
        """Uninstallation: drop what the ORM does not know of."""
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", self._trigger()))

    def write(self, vals):
        """Refuse, whoever asks."""
        if self:
            raise UserError(self.env._("Audit rows are not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse, whoever asks."""
        raise UserError(self.env._("Audit rows are not deleted."))
