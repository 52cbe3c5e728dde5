"""One statement that shows sales orders with everything that their transactions are judged by."""

from odoo import api, models
from odoo.tools import SQL

from ..tools.order_snapshot_sql import BODY

FUNCTION = "integration_order_snapshot"
#: Arguments of the function, by what ``_snapshot`` is given.
ARGUMENTS = {
    "sale.order": "order_ids",
    "stock.picking": "picking_ids",
    "account.move": "move_ids",
    "account.payment": "payment_ids",
    "integration.transaction": "transaction_ids",
    "correlation": "correlation_ids",
}


class IntegrationTransactionSnapshot(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the function, as each installation and upgrade finds it."""
        # Names and text of the function are constants of this module: nobody can inject.
        self.env.cr.execute(  # pylint: disable=sql-injection
            f"""
            CREATE OR REPLACE FUNCTION {FUNCTION}(
                order_ids int[], picking_ids int[], move_ids int[], payment_ids int[],
                transaction_ids int[], correlation_ids varchar[], with_payments bool
            ) RETURNS SETOF jsonb LANGUAGE plpgsql STABLE AS $snapshot$
            #variable_conflict use_variable
            DECLARE
                documents int[] := picking_ids || move_ids;
                roots int[] := order_ids;
                owners int[];
                found int[]; orphans int[];
                picking_orders int[]; pickings int[]; invoice_orders int[]; invoices int[];
                picking_rows jsonb; invoice_rows jsonb; payment_rows jsonb; proofs jsonb;
            BEGIN {BODY} END
            $snapshot$"""
        )

    def _snapshot(self, roots, payments=False):
        """Read everything the transactions of some documents are judged by, in one query.

        :param dict roots: ids by model of the documents (see ``ARGUMENTS``);
            ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :return: one dict per sales order; moments are texts, as JSON has them
        """
        if not any(roots.values()):
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM %s(%s)",
                SQL.identifier(FUNCTION),
                SQL(", ").join(
                    [SQL("%s", list(roots.get(name, ()))) for name in ARGUMENTS]
                    + [SQL("%s", bool(payments))]
                ),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _drop_snapshot(self):
        """Remove the function; the ORM, which removes the tables, does not know of it."""
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s", SQL.identifier(FUNCTION)))
