"""The database functions of the recorder, and the statement that shows it sales orders."""

from odoo import api, models
from odoo.tools import SQL

from ..tools import order_snapshot_sql, order_store_sql
from ..tools.order_evidence_sql import EVIDENCE
from ..tools.order_parts_sql import INVOICES, TRANSFERS
from . import integration_transaction_store as store

FUNCTION = "integration_order_snapshot"
#: Arguments, result and body by name.
FUNCTIONS = {
    FUNCTION: (
        "order_ids int[], picking_ids int[], move_ids int[], payment_ids int[],"
        " transaction_ids int[], correlation_ids varchar[], documents int, others int,"
        " with_payments bool",
        "SETOF jsonb STABLE",
        order_snapshot_sql.BODY,
    ),
    "integration_order_evidence": ("owner_id int", "jsonb STABLE", EVIDENCE),
    "integration_order_invoices": (
        "invoice_ids int[], payments_of_all bool, payments_of_paid bool",
        "jsonb STABLE",
        INVOICES,
    ),
    "integration_order_transfers": ("transfer_ids int[]", "jsonb STABLE", TRANSFERS),
    store.FUNCTION: (
        "transactions jsonb, documents jsonb, milestones jsonb, author_id int,"
        " link_messages varchar[], name_orders int[]",
        "void VOLATILE",
        order_store_sql.BODY,
    ),
}
#: Arguments of the function, by what ``_snapshot`` is given.
ARGUMENTS = {
    "sale.order": "order_ids",
    "stock.picking": "picking_ids",
    "account.move": "move_ids",
    "account.payment": "payment_ids",
    "integration.transaction": "transaction_ids",
    "correlation": "correlation_ids",
}


#: Of these the recorder remembers which transactions they belong to.
LINKED_MODELS = ("stock.picking", "account.move")
_CALL = f"SELECT * FROM {FUNCTION}(%s, %s, %s, %s, %s, %s::varchar[], %s, %s, %s)"


class IntegrationTransactionSnapshot(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the functions, as each installation and upgrade finds them."""
        # One of an older version with other arguments would stay beside it.
        self._drop_snapshot()
        # Names and texts of the functions are constants of this addon: nobody can inject.
        for name, (arguments, result, body) in FUNCTIONS.items():
            self.env.cr.execute(  # pylint: disable=sql-injection
                f"""CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {result}
                    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
                    AS $function$ {body} $function$"""
            )
        # A version that did not keep the evidence leaves transactions whose messages would be
        # forgotten with the next change of a document.
        self.env.cr.execute(
            """UPDATE integration_transaction SET evidence = integration_order_evidence(id)
                WHERE evidence IS NULL AND state = 'in_progress'"""
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
        ids = [list(roots.get(name, ())) for name in ARGUMENTS]
        documents = sum(len(roots.get(name, ())) for name in LINKED_MODELS)
        others = sum(map(len, ids)) - documents
        rows = self.env.execute_query(SQL(_CALL, *ids, documents, others, bool(payments)))
        return [row[0] for row in rows]

    @api.model
    def _drop_snapshot(self):
        """Remove the functions; the ORM, which removes the tables, does not know of them."""
        self.env.cr.execute(
            """SELECT oid::regprocedure::text FROM pg_proc
                WHERE proname = ANY(%s) AND pronamespace = current_schema::regnamespace""",
            [list(FUNCTIONS)],
        )
        for (signature,) in self.env.cr.fetchall():
            # PostgreSQL's own spelling of what it has just listed.
            self.env.cr.execute(SQL("DROP FUNCTION %s", SQL(signature)))
