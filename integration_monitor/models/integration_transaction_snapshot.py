"""How the recorder reads sales orders, and the database functions for what is asked rarely."""

from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..tools import order_credits, order_services
from ..tools import order_parts_sql as parts
from ..tools import order_snapshot_sql as read
from ..tools.order_counts import moment
from ..tools.order_evidence_sql import EVIDENCE
from ..tools.order_store_sql import MANY
from ..tools.reading import Reading
from ..tools.return_root import RETURN
from ..tools.return_snapshot_sql import FUNCTIONS as OF_RETURNS
from ..tools.root import SALE

#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_order_role": (
        "kind text, transfer_id int, source_id int, destination_id int",
        "text STABLE",
        parts.ROLE,
    ),
    "integration_order_evidence": ("owner_id int", "jsonb STABLE", EVIDENCE),
    "integration_order_invoices": (
        "invoice_ids int[], payments_of_all bool, payments_of_paid bool",
        "jsonb STABLE",
        parts.INVOICES,
    ),
    "integration_order_transfers": ("transfer_ids int[]", "jsonb STABLE", parts.TRANSFERS),
    "integration_order_rest": ("of_order int, credits bool", "jsonb STABLE", parts.REST),
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

    def _snapshot(self, roots, payments=False, further=None, savepoint=None, new=False):
        """Read everything the transactions of some documents are judged by.

        One query for sales orders; and one for all other kinds of root that are concerned, and for
        sales orders whose documents turn out not to be linked yet.

        :param dict roots: ids by model of the documents (see ``order_snapshot_sql.ROOTS``);
            ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :param dict further: ids by model of what may belong to other roots, by root model; given,
            the returns of the orders are read, too
        :param LazySavepoint savepoint: to open with the first statement
        :param bool new: some documents were just made: links cannot tell whose they are
        :return: one dict per root document, see ``tools.root.Root``; moments of transfers
            and milestones are texts, as JSON has them. ``of_owner``: what an order tells was taken
            over from its transaction; ``aside``: it was read for the sake of others
        """
        mixed = any(ids for documents in (further or {}).values() for ids in documents.values())
        rows, again = self._snapshot_sales(roots, payments, savepoint, new, mixed)
        others = {root: dict(documents) for root, documents in (further or {}).items()}
        named = self._named_by(rows, further is not None)
        for root_model, ids in named.items():
            documents = others.setdefault(root_model, {})
            documents[root_model] = {*documents.get(root_model, ()), *ids}
        orders = [row for row in rows if row["root_model"] == SALE.model]
        found = self._read_roots(others, self._beside(orders), orders, savepoint, again)
        whole = [row for row in found if "state" in row]
        if not again:
            return orders + whole
        # Rarely that leads to others than the first reading did.
        read = {(row["root_model"], row["id"]) for row in whole}
        more = {}
        for root_model, ids in self._named_by(found, further is not None).items():
            asked = {key[1] for key in read if key[0] == root_model} | named.get(root_model, set())
            if ids - asked:
                more[root_model] = {root_model: ids - asked}
        later = self._read_roots(more, {}, whole, savepoint)
        return whole + [row for row in later if (row["root_model"], row["id"]) not in read]

    @api.model
    def _named_by(self, rows, returns):
        """:return: ids by root model of the other roots that rows of sales orders lead to

        :param list rows: with stubs of transactions that documents were linked to
        :param bool returns: those that bring goods back, too
        """
        found = defaultdict(set)
        for row in rows:
            if "state" not in row:
                found[row["root_model"]].add(row["id"])
        if returns:
            # What is billed and delivered of an order decides what a return of it waits for.
            orders = [row for row in rows if row["root_model"] == SALE.model and "state" in row]
            found[RETURN.model] |= self._returns_of(orders)
        return {root_model: ids for root_model, ids in found.items() if ids}

    def _snapshot_sales(self, roots, payments, savepoint=None, new=False, mixed=False):
        """Read sales orders, and stubs of what belongs to other roots.

        :param bool mixed: other roots are concerned as well
        :return: rows, and the reading that is to take their place: documents are not linked yet
        """
        roots = {model: list(ids) for model, ids in roots.items() if ids}
        models = frozenset(roots)
        if not models:
            return [], None
        facts = self._order_facts()
        if models <= OWNER_MODELS:
            query = read.of_owners(models, evidence=True, facts=facts)
            return self._read_orders(query, roots, payments, savepoint), None
        if models <= LINKED_MODELS and not new:
            # Nothing but documents changed, no message and no exception: that evidence is kept.
            query = read.of_owners(models, evidence=False, facts=facts)
            orders = self._read_orders(query, roots, payments, savepoint)
            known, needed = set().union(*(order["links"] for order in orders)), set()
        elif models == {"sale.order", "stock.picking"} and not mixed:
            # Most often a confirmation: the transfers are those of the order, and name it.
            query = read.of_orders(frozenset({SALE.model}), facts, read.NAMED_PICKINGS)
            orders = self._read_orders(query, roots, payments, savepoint)
            known = {f"stock.picking,{row[0]}" for order in orders for row in order["pickings"]}
            needed = self._transfers_to_look_for(orders, set(roots["stock.picking"]))
        elif payments and models == {SALE.model} and len(roots[SALE.model]) >= MANY:
            query = read.of_many_orders(facts)
            return self._read_orders(query, roots, payments, savepoint), None
        else:
            query = read.of_orders(models, facts)
            return self._read_orders(query, roots, payments, savepoint), None
        changed = {f"{model},{id_}" for model in models & LINKED_MODELS for id_ in roots[model]}
        if changed | needed <= known:
            return orders, None
        query = read.as_facts(self._order_query(read.of_orders(models, facts)))
        return orders, Reading(SALE.model, query, {**roots, "payments": bool(payments)})

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
    def _order_facts(self):
        """Return what else is read with orders; a hook.

        :return: tuple of expressions of an object each, see ``order_snapshot_sql``
        """
        return (parts.REST_OF_ORDER,)

    @api.model
    def _order_query(self, query):
        """:return: a statement of ``order_snapshot_sql`` around which others put theirs; a hook"""
        return query

    @api.model
    def _read_orders(self, query, roots, payments, savepoint=None):
        """Run one of the statements of ``order_snapshot_sql``; see :meth:`_snapshot`."""
        asked = {**roots, "payments": bool(payments)}
        orders, stubs = [], []
        for row in self._read_rows(self._order_query(query), asked, savepoint):
            order = self._order_row(row)
            (orders if order["root_model"] == SALE.model else stubs).append(order)
        orders = [order for order in orders if "state" in order]
        return [*sorted(orders, key=lambda order: order["id"]), *stubs]

    @api.model
    def _order_row(self, columns):
        """:return: a row as of :meth:`_snapshot` by the columns of a statement; without a state
        what has another root, or was deleted by plain SQL: there is nothing to follow any more
        """
        order, owner_id, milestones, documents, evidence, *owner = columns
        links, pickings, billing, *facts = documents
        links = links or {}
        owner = dict(zip(read.OWNER_COLUMNS, owner, strict=True)) if owner[0] else None
        if order is None:
            return {"root_model": owner["res_model"], "id": owner["res_id"], "links": links}
        if "name" not in order:
            order.update({key: owner[column] for column, key in read.OF_OWNER.items()})
            order["of_owner"] = True
        else:
            for name in ("create_date", "commitment_date"):
                order[name] = moment(order[name])
        for row in pickings or ():
            if row[3] is None:
                row[3] = links[f"stock.picking,{row[0]}"][1]
        for fact in facts:
            order.update(fact or {})
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
        order_services.settle(order)
        order_credits.settle(order)
        return order

    @api.model
    def _read_rows(self, query, asked, savepoint=None):
        """:return: what a statement finds; the savepoint, if there is one, opens with the first"""
        if savepoint:
            savepoint.execute(self.env.cr, query, asked)
        else:
            self.env.cr.execute(query, asked)
        return self.env.cr.fetchall()

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
