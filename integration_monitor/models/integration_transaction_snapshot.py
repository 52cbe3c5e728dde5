"""How the recorder reads sales orders, and the database functions for what is asked rarely."""

from odoo import api, models
from odoo.tools import SQL

from ..tools import order_credits, order_services
from ..tools import order_snapshot_sql as read
from ..tools.order_counts import moment
from ..tools.order_evidence_sql import EVIDENCE
from ..tools.order_parts_sql import DROPSHIP_ROLE, INVOICES, OUT_ROLE, TRANSFERS
from ..tools.order_store_sql import MANY
from ..tools.return_root import RETURN
from ..tools.return_snapshot_sql import FUNCTIONS as OF_RETURNS
from ..tools.root import SALE
from ..tools.stock_root import STOCK

#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_order_dropship_role": (
        "transfer_id int, destination_id int",
        "text STABLE",
        DROPSHIP_ROLE,
    ),
    "integration_order_out_role": ("transfer_id int, source_id int", "text STABLE", OUT_ROLE),
    "integration_order_evidence": ("owner_id int", "jsonb STABLE", EVIDENCE),
    "integration_order_invoices": (
        "invoice_ids int[], payments_of_all bool, payments_of_paid bool",
        "jsonb STABLE",
        INVOICES,
    ),
    "integration_order_transfers": ("transfer_ids int[]", "jsonb STABLE", TRANSFERS),
    **OF_RETURNS,
}
#: What the names of all of them begin with.
PREFIX = "integration_order_"
#: Of these the recorder remembers which transactions they belong to.
LINKED_MODELS = {"stock.picking", "account.move"}
OWNER_MODELS = {"integration.transaction", "correlation"}
NOTHING_BILLED = {"invoices": None, "payments": None}


class IntegrationTransactionSnapshot(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the functions, as each installation and upgrade finds them."""
        self._drop_functions(PREFIX)
        self._create_functions(FUNCTIONS)
        # A version that did not keep the evidence, or one message of it only, leaves transactions
        # whose messages would be forgotten with the next change of a document.
        self.env.cr.execute(
            """UPDATE integration_transaction SET evidence = integration_order_evidence(id)
                WHERE (evidence IS NULL OR evidence ? 'message') AND state = 'in_progress'"""
        )

    def _snapshot(self, roots, payments=False, further=None, savepoint=None, unlinked=False):
        """Read everything the transactions of some documents are judged by.

        One query; two where documents turn out not to be linked yet; those of
        :meth:`_snapshot_root` for each other kind of root that is concerned.

        :param dict roots: ids by model of the documents (see ``order_snapshot_sql.ROOTS``);
            ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :param dict further: ids by model of what may belong to other roots, by root model; given,
            the returns of the orders are read, too
        :param LazySavepoint savepoint: to open with the first statement
        :param bool unlinked: the transfers were just made: nothing is asked for their links
        :return: one dict per root document, see ``tools.root.Root``; moments of transfers
            and milestones are texts, as JSON has them. ``of_owner``: what an order tells was taken
            over from its transaction
        """
        rows = self._snapshot_sales(roots, payments, savepoint, unlinked)
        orders = [row for row in rows if row["root_model"] == SALE.model]
        others = {root: dict(documents) for root, documents in (further or {}).items()}
        strangers = [(row["root_model"], row["id"]) for row in rows[len(orders) :]]
        for root_model, root_id in [*strangers, *self._owners_elsewhere(roots, orders)]:
            documents = others.setdefault(root_model, {})
            documents[root_model] = [*documents.get(root_model, ()), root_id]
        if further is not None and (returned := self._returns_of(orders)):
            # What is billed and delivered of an order decides what a return of it waits for.
            documents = others.setdefault(RETURN.model, {})
            documents[RETURN.model] = [*documents.get(RETURN.model, ()), *returned]
        for root_model, documents in others.items():
            orders += self._snapshot_root(root_model, documents, savepoint)
        return orders

    @api.model
    def _snapshot_of(self, root_model, ids):
        """:return: rows of root documents by what belongs to them now, as of :meth:`_snapshot`"""
        documents = {root_model: ids}
        if root_model == SALE.model:
            return self._snapshot(documents, payments=True)
        return self._snapshot({}, further={root_model: documents})

    @api.model
    def _snapshot_root(self, root_model, documents, savepoint=None):
        """Read the root documents of another kind than sales orders; a hook.

        In a fixed number of statements, with what they are judged by.

        :param dict documents: ids by model of the documents, the root's own model among them
        :param savepoint: for :meth:`_read_rows`
        :return: rows as of :meth:`_snapshot`
        """
        # A transaction whose addon is gone.
        return []

    def _owners_elsewhere(self, roots, orders):
        """:return: (root model, id) of transactions that were asked for and are none of orders'"""
        models = {model for model, ids in roots.items() if ids}
        wanted = {*roots.get("integration.transaction", ()), *roots.get("correlation", ())}
        if models <= OWNER_MODELS or self._only_sales():
            return []  # read together
        for order in orders:
            wanted -= {order["owner_id"], order["correlation_id"]}
        if not wanted:
            return []
        return self.env.execute_query(
            SQL(
                """SELECT res_model, res_id FROM integration_transaction
                    WHERE (id = ANY(%s) OR correlation_id = ANY(%s)) AND res_model <> %s""",
                list(roots.get("integration.transaction", ())),
                list(roots.get("correlation", ())),
                SALE.model,
            )
        )

    def _snapshot_sales(self, roots, payments, savepoint=None, unlinked=False):
        """:return: rows of sales orders, and then stubs of what belongs to other roots"""
        roots = {model: list(ids) for model, ids in roots.items() if ids}
        models = frozenset(roots)
        if not models:
            return []
        if models <= OWNER_MODELS:
            query = read.of_owners(models, evidence=True)
            return self._read_orders(query, roots, payments, savepoint)
        if models <= LINKED_MODELS and not (unlinked and models == {"stock.picking"}):
            # Nothing but documents changed, no message and no exception: that evidence is kept.
            query = read.of_owners(models, evidence=False)
            orders = self._read_orders(query, roots, payments, savepoint)
            known, needed = set().union(*(order["links"] for order in orders)), set()
        elif models == {"sale.order", "stock.picking"}:
            # Most often a confirmation: the transfers are those of the order, and name it.
            query = read.of_orders(frozenset({SALE.model}), read.NAMED_PICKINGS)
            orders = self._read_orders(query, roots, payments, savepoint)
            known = {f"stock.picking,{row[0]}" for order in orders for row in order["pickings"]}
            needed = self._transfers_to_look_for(orders, set(roots["stock.picking"]))
        elif payments and models == {SALE.model} and len(roots[SALE.model]) >= MANY:
            return self._read_orders(read.of_many_orders(), roots, payments, savepoint)
        else:
            return self._read_orders(read.of_orders(models), roots, payments, savepoint)
        changed = {f"{model},{id_}" for model in models & LINKED_MODELS for id_ in roots[model]}
        if changed | needed <= known:
            return orders
        stubs = [order for order in orders if order["root_model"] != SALE.model]
        return [*self._read_orders(read.of_orders(models), roots, payments, savepoint), *stubs]

    @api.model
    def _transfers_to_look_for(self, orders, changed_ids):
        """Tell which transfers a reading by the transfers' own orders must have found.

        :param list orders: rows of that reading
        :param set changed_ids: ids of transfers that changed
        :return: set of "model,id"; of an order that may have others, something that none finds
        """
        needed = set()
        for order in orders:
            ids = {row[0] for row in order["pickings"]}
            if order["owner"]:
                needed.update(link for link in order["links"] if link.startswith("stock.picking,"))
            elif not ids or not ids <= changed_ids:
                # Not confirmed just now: a transfer that serves several orders names the first.
                needed.add("?")
        return needed

    @api.model
    def _only_sales(self):
        """:return: whether no transaction has another root than a sales order"""
        others = self._roots().keys() - {SALE.model}
        if others == {STOCK.model}:
            return not self.env["integration.flow"]._levels_pushed()
        return not others

    @api.model
    def _read_orders(self, query, roots, payments, savepoint=None):
        """Run one of the statements of ``order_snapshot_sql``; see :meth:`_snapshot`."""
        asked = {**roots, "payments": bool(payments)}
        rows = self._read_rows(query, asked, savepoint)
        orders, stubs = [], []
        for order, owner_id, milestones, documents, evidence, *owner in rows:
            links, pickings, billing = documents or (None, None, None)
            links = links or {}
            owner = dict(zip(read.OWNER_COLUMNS, owner, strict=True)) if owner[0] else None
            if order is None:
                # Of another root; or deleted by plain SQL: there is nothing to follow any more.
                if owner["res_model"] != SALE.model:
                    stubs.append(
                        {"root_model": owner["res_model"], "id": owner["res_id"], "links": links}
                    )
                continue
            if "name" not in order:
                order.update({key: owner[column] for column, key in read.OF_OWNER.items()})
                order["of_owner"] = True
            else:
                for name in ("create_date", "commitment_date"):
                    order[name] = moment(order[name])
            for row in pickings or ():
                if row[3] is None:
                    row[3] = links[f"stock.picking,{row[0]}"][1]
            order.update(
                billing or NOTHING_BILLED,
                root_model=SALE.model,
                owner_id=owner_id,
                owner=owner,
                milestones=milestones or (),
                links=links,
                evidence=evidence,
                pickings=pickings or (),
            )
            orders.append(order)
        self._read_services(orders)
        self._read_credits(orders)
        return [*sorted(orders, key=lambda order: order["id"]), *stubs]

    @api.model
    def _read_rows(self, query, asked, savepoint=None):
        """:return: what a statement finds; the savepoint, if there is one, opens with the first"""
        if savepoint:
            savepoint.execute(self.env.cr, query, asked)
        else:
            self.env.cr.execute(query, asked)
        return self.env.cr.fetchall()

    @api.model
    def _read_services(self, orders):
        """Tell of orders that may be over what became of their services; rarely any."""
        asked = [order for order in orders if order_services.decide(order)]
        if not asked:
            return
        self.env.cr.execute(order_services.OF_ORDERS, [[order["id"] for order in asked]])
        found = {order_id: services for order_id, *services in self.env.cr.fetchall()}
        for order in asked:
            order.update(zip(order_services.KEYS, found.get(order["id"], ()), strict=False))

    @api.model
    def _read_credits(self, orders):
        """Tell of orders with returns whether all that Odoo wants to invoice came back."""
        asked = [order for order in orders if order_credits.decide(order)]
        if not asked:
            return
        self.env.cr.execute(order_credits.TO_INVOICE, [[order["id"] for order in asked]])
        found = dict(self.env.cr.fetchall())
        for order in asked:
            order["credited"] = order["id"] not in found
            order["never_left"] = found.get(order["id"])

    @api.model
    def _roots(self):
        """Return what kinds of documents own transactions, by model; other addons add theirs.

        :rtype: dict of str to ``tools.root.Root``
        """
        return {SALE.model: SALE}

    @api.model
    def _create_functions(self, functions):
        """Create database functions; drop those of an older version first.

        :param dict functions: by name the arguments, the result and the body
        """
        # Names and texts of the functions are constants of the addons: nobody can inject.
        for name, (arguments, result, body) in functions.items():
            self.env.cr.execute(  # pylint: disable=sql-injection
                f"""CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {result}
                    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
                    AS $function$ {body} $function$"""
            )

    @api.model
    def _drop_functions(self, prefix):
        """Remove functions; the ORM, which removes the tables, does not know of them.

        One of an older version with other arguments would stay beside the new one.

        :param str prefix: what their names begin with
        """
        self.env.cr.execute(
            """SELECT oid::regprocedure::text FROM pg_proc
                WHERE starts_with(proname, %s)
                  AND pronamespace = current_schema::regnamespace""",
            [prefix],
        )
        for (signature,) in self.env.cr.fetchall():
            # PostgreSQL's own spelling of what it has just listed.
            self.env.cr.execute(SQL("DROP FUNCTION %s", SQL(signature)))
