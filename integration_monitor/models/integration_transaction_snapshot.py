"""How the recorder reads sales orders, and the database functions for what is asked rarely."""

from odoo import api, models
from odoo.tools import SQL

from ..tools import order_snapshot_sql as read
from ..tools.order_evidence_sql import EVIDENCE
from ..tools.order_parts_sql import INVOICES, TRANSFERS

#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_order_evidence": ("owner_id int", "jsonb STABLE", EVIDENCE),
    "integration_order_invoices": (
        "invoice_ids int[], payments_of_all bool, payments_of_paid bool",
        "jsonb STABLE",
        INVOICES,
    ),
    "integration_order_transfers": ("transfer_ids int[]", "jsonb STABLE", TRANSFERS),
}
#: Of these the recorder remembers which transactions they belong to.
LINKED_MODELS = {"stock.picking", "account.move"}
OWNER_MODELS = {"integration.transaction", "correlation"}
NOTHING_BILLED = {"invoices": None, "payments": None}


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
        # A version that did not keep the evidence, or one message of it only, leaves transactions
        # whose messages would be forgotten with the next change of a document.
        self.env.cr.execute(
            """UPDATE integration_transaction SET evidence = integration_order_evidence(id)
                WHERE (evidence IS NULL OR evidence ? 'message') AND state = 'in_progress'"""
        )

    def _snapshot(self, roots, payments=False):
        """Read everything the transactions of some documents are judged by.

        One query; two where documents turn out not to be linked yet.

        :param dict roots: ids by model of the documents (see ``order_snapshot_sql.ROOTS``);
            ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :return: one dict per sales order; moments are texts, as JSON has them
        """
        roots = {model: list(ids) for model, ids in roots.items() if ids}
        models = roots.keys()
        if not models:
            return []
        if models <= OWNER_MODELS:
            return self._read_orders(read.of_owners(models, evidence=True), roots, payments)
        if models <= LINKED_MODELS:
            # Nothing but documents changed, no message and no exception: that evidence is kept.
            orders = self._read_orders(read.of_owners(models, evidence=False), roots, payments)
            known = set().union(*(order["links"] for order in orders))
        elif "sale.order" in models and models <= {"sale.order", "stock.picking"}:
            # Most often a confirmation: the transfers are those of the order.
            orders = self._read_orders(read.of_orders(["sale.order"]), roots, payments)
            known = {f"stock.picking,{row[0]}" for order in orders for row in order["pickings"]}
        else:
            return self._read_orders(read.of_orders(models), roots, payments)
        changed = {f"{model},{id_}" for model in models & LINKED_MODELS for id_ in roots[model]}
        if changed <= known:
            return orders
        return self._read_orders(read.of_orders(models), roots, payments)

    @api.model
    def _read_orders(self, query, roots, payments):
        """Run one of the statements of ``order_snapshot_sql``; see :meth:`_snapshot`."""
        self.env.cr.execute(query, {**roots, "payments": bool(payments)})
        rows = self.env.cr.fetchall()
        orders = []
        for order, owner_id, owner, milestones, links, evidence, pickings, billing in rows:
            if order is None:
                # Deleted by plain SQL: there is nothing to follow any more.
                continue
            links = links or {}
            for row in pickings or ():
                if row[3] is None:
                    row[3] = links[f"stock.picking,{row[0]}"][1]
            order.update(
                billing or NOTHING_BILLED,
                owner_id=owner_id,
                owner=owner,
                milestones=milestones or (),
                links=links,
                evidence=evidence,
                pickings=pickings or (),
            )
            orders.append(order)
        return sorted(orders, key=lambda order: order["id"])

    @api.model
    def _drop_snapshot(self):
        """Remove the functions; the ORM, which removes the tables, does not know of them."""
        self.env.cr.execute(
            r"""SELECT oid::regprocedure::text FROM pg_proc
                 WHERE proname LIKE 'integration\_order\_%'
                   AND pronamespace = current_schema::regnamespace"""
        )
        for (signature,) in self.env.cr.fetchall():
            # PostgreSQL's own spelling of what it has just listed.
            self.env.cr.execute(SQL("DROP FUNCTION %s", SQL(signature)))
