"""The kinds of root documents beside sales orders, read together."""

from odoo import api, models

from ..tools import party_names, reading
from ..tools.order_snapshot_sql import row_of
from ..tools.root import SALE

NAMES = "names"


class IntegrationTransactionRoots(models.Model):
    _inherit = "integration.transaction"

    @api.model
    def _roots(self):
        """Return what kinds of documents own transactions, by model; other addons add theirs.

        :rtype: dict of str to ``tools.root.Root``
        """
        return {SALE.model: SALE}

    @api.model
    def _snapshot_of(self, root_model, ids):
        """:return: rows of root documents by what belongs to them now, as of :meth:`_snapshot`"""
        documents = {root_model: ids}
        if root_model == SALE.model:
            return self._snapshot(documents, payments=True)
        return self._snapshot({}, further={root_model: documents})

    @api.model
    def _root_reading(self, root_model, documents, known, aside=False):
        """Return the statement that reads the root documents of a kind; a hook.

        It finds all that they are judged by. What it finds of other kinds is read for their sake.

        :param dict documents: ids by model of the documents, the root's own model among them
        :param dict known: ids by root model of what was read before
        :param bool aside: they are read for the sake of what is known, and nothing for theirs
        :return: ``tools.reading.Reading``, or None
        """
        # A transaction whose addon is gone.
        return None

    @api.model
    def _root_row(self, root_model, facts):
        """Return a row as of :meth:`_snapshot`; a hook: who tells a statement makes its rows.

        :param facts: what the statement of :meth:`_root_reading` found, here of a sales order
        """
        columns, names = row_of(facts)
        return {**self._order_row(columns), **names}

    @api.model
    def _beside(self, orders):
        """Return which roots are read for the sake of orders; a hook.

        :param list orders: rows of sales orders
        :return: ids by root model
        """
        return {}

    @api.model
    def _read_roots(self, documents, beside, orders, savepoint=None, again=None):
        """Read root documents of all kinds together; one statement, if there are any.

        :param dict documents: by root model ids by model of what may belong to it
        :param dict beside: of :meth:`_beside`
        :param list orders: rows that were read before
        :param savepoint: for :meth:`_read_rows`
        :param again: reading of sales orders that takes the place of the one before
        :return: rows as of :meth:`_snapshot`, and of what ``again`` found stubs without a state
        """
        known = {}
        for order in orders:
            known.setdefault(order["root_model"], []).append(order["id"])
        asked = [
            self._root_reading(
                root_model, {m: list(ids) for m, ids in by_model.items() if ids}, known
            )
            for root_model, by_model in documents.items()
        ]
        asked += [
            self._root_reading(root_model, {root_model: sorted(ids)}, known, aside=True)
            for root_model, ids in beside.items()
        ]
        readings = [found for found in [again, *asked] if found]
        if not readings:
            return []
        if orders and not again:
            # Verdicts on them name who has to act.
            asked = party_names.asked(orders)
            readings.append(reading.Reading(NAMES, party_names.NAMES, asked))
        rows, stubs, names = {}, [], {}
        found = self._read_rows(*reading.together(readings), savepoint)
        for place, root_model, facts in sorted(found, key=lambda row: row[0]):
            if readings[place].root_model == NAMES:
                names[root_model, facts[0]] = facts[1]
                continue
            row = self._root_row(root_model, facts)
            if "state" not in row:
                stubs.append(row)
                continue
            if readings[place].aside or root_model != readings[place].root_model:
                row["aside"] = True
            # What was asked for itself comes first.
            rows.setdefault((root_model, row["id"]), row)
        for order in orders:
            order.setdefault("partner_name", names.get(("res.partner", order["partner_id"])))
            order.setdefault(
                "warehouse_name", names.get(("stock.warehouse", order["warehouse_id"]))
            )
        return [*(rows[key] for key in sorted(rows)), *stubs]
