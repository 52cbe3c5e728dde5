"""Who did what with a replay; nobody changes that afterwards."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

TRIGGER = "integration_replay_event_kept"


class IntegrationReplayEvent(models.Model):
    """The audit trail of replays: rows are added, never changed and never deleted.

    The ORM refuses for everybody, superuser included; a trigger refuses what passes the ORM by.
    """

    _name = "integration.replay.event"
    _description = "Audit row of an integration replay"
    _order = "id desc"
    _rec_name = "action"

    replay_id = fields.Many2one(
        "integration.replay", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict", index=True)
    at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", readonly=True, required=True, ondelete="restrict")
    login = fields.Char(readonly=True, required=True, help="As it was then.")
    action = fields.Selection(
        [
            ("checked", "Dry run"),
            ("overridden", "Refusals overridden"),
            ("asked", "Approval asked for"),
            ("approved", "Approved"),
            ("started", "Started"),
            ("slice", "Messages handed over"),
            ("cancelled", "Cancelled"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer(string="Messages", readonly=True)
    detail = fields.Char(readonly=True)

    def init(self):
        """Let the database itself refuse changes."""
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION %(name)s() RETURNS trigger LANGUAGE plpgsql AS $body$
                BEGIN
                    RAISE EXCEPTION 'Audit rows of replays are neither changed nor deleted.';
                END $body$;
                DROP TRIGGER IF EXISTS %(name)s ON integration_replay_event;
                CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON integration_replay_event
                   FOR EACH ROW EXECUTE FUNCTION %(name)s();
                """,
                name=SQL.identifier(TRIGGER),
            )
        )

    def _drop_storage(self):
        """Uninstallation: drop what the ORM does not know of."""
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(TRIGGER)))

    def write(self, vals):
        """Refuse, whoever asks."""
        if self:
            raise UserError(self.env._("Audit rows are not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse, whoever asks."""
        raise UserError(self.env._("Audit rows are not deleted."))
