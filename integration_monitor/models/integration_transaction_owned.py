"""What belongs to a transaction goes with it, without foreign keys."""

from odoo import api, models
from odoo.tools import SQL

#: Tables whose rows belong to a transaction, see ``OwnedMany2one``.
OWNED = ("integration_milestone", "integration_transaction_document")
TRIGGER = "integration_transaction_owned"


class IntegrationTransactionOwned(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the trigger, as each installation and upgrade finds it."""
        result = super().init()
        # Names are constants of this file: nobody can inject.
        gone = " ".join(
            f"DELETE FROM {table} WHERE transaction_id IN (SELECT id FROM gone);" for table in OWNED
        )
        self.env.cr.execute(  # pylint: disable=sql-injection
            f"""CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql
                    AS $function$ BEGIN {gone} RETURN NULL; END $function$;
                CREATE OR REPLACE TRIGGER {TRIGGER} AFTER DELETE ON integration_transaction
                       REFERENCING OLD TABLE AS gone
                       FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()"""
        )
        return result

    @api.model
    def _drop_trigger(self):
        """Remove what the ORM, which removes the tables, does not know of."""
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL(TRIGGER)))

    @api.autovacuum
    def _gc_owned(self):
        """Remove rows that were written while somebody deleted their transaction.

        :return: tuple (number removed, whether more may be left)
        """
        self.env.flush_all()
        count = 0
        for table in OWNED:
            self.env.cr.execute(
                SQL(
                    """DELETE FROM %s owned WHERE NOT EXISTS (
                           SELECT FROM integration_transaction t WHERE t.id = owned.transaction_id)
                    """,
                    SQL.identifier(table),
                )
            )
            count += self.env.cr.rowcount
        self.env.invalidate_all(flush=False)
        return count, False
