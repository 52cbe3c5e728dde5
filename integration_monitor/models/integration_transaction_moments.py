"""Transactions that are recorded after what they tell: their documents have the dates."""

from datetime import timedelta

from odoo import api, fields, models

from ..tools import document_moments
from ..tools.return_root import RETURN
from ..tools.root import SALE


class IntegrationTransactionMoments(models.Model):
    _inherit = "integration.transaction"

    adopted_at = fields.Datetime(
        string="Adopted",
        readonly=True,
        copy=False,
        help="Since when an order is followed that was there before. What happened earlier is "
        "known by the dates of its documents alone: orders that were over are in no outcome, and "
        "nothing is learnt from steps that were.",
    )

    @api.model
    def _advance_later(self, orders, notes, adopted=False):
        """Bring transactions in line with the snapshot of orders of which nobody took note.

        What is not recorded yet happened when the documents say so; two statements.

        :param list orders: rows of :meth:`_snapshot`
        :param bool adopted: whether new transactions are of orders from before
        :return: as of :meth:`_advance`
        """
        self._date(orders)
        if adopted:
            for order in orders:
                order["adopted_at"] = self._recording_time()
        return self._advance(orders, notes)

    @api.model
    def _date_unnoticed(self, orders, notes):
        """Let what happened before anybody took note of a document have its own date.

        An order from before the installation is delivered, invoiced or just saved before it is
        adopted, or never is, being too old. What changed now has the recorder's moment. Costs no
        statement unless there is such an order.

        :param list orders: rows of :meth:`_snapshot`
        :return: the rows, those of such orders read with all that belongs to them
        """
        roots = self._roots()
        old = [
            order
            for order in orders
            if not order["owner"] and self._is_unnoticed(order, roots[order["root_model"]], notes)
        ]
        if not old:
            return orders
        sold = [order["id"] for order in old if order["root_model"] == SALE.model]
        if sold:
            # Their payments, and the purchases that bring their goods, were not asked for.
            again, known = self._snapshot_of(SALE.model, sold), set(map(_key, orders))
            asked = {(SALE.model, order_id) for order_id in sold}
            whole = {_key(order): order for order in again if _key(order) in asked}
            old = [whole.get(_key(order), order) for order in old]
            orders = [whole.get(_key(order), order) for order in orders]
            orders += [order for order in again if _key(order) not in known]
        self._date(old, notes)
        for order in old:
            # What happens in this very moment is followed already.
            order["adopted_at"] = self._recording_time() - timedelta(seconds=1)
        return orders

    @api.model
    def _is_unnoticed(self, order, root, notes):
        """:return: whether a document without a transaction was confirmed before anybody noticed"""
        # What is made since the installation has an id from the start; returns get it with theirs.
        named = root.model != RETURN.model and order["correlation_id"]
        begun = named or (root.model, order["id"]) in notes.begun
        if begun or not self._begins(order, root):
            return False
        noted = notes.of_root(root.model).get(root.model, {}).get(order["id"], {})
        return noted.get("state", order["state"]) in root.followed

    @api.model
    def _recording_time(self):
        """:return: the moment of what is recorded now"""
        return self.env.cr.now().replace(microsecond=0)

    @api.model
    def _date(self, orders, notes=None):
        """Give rows of the snapshot the moments of their documents; one statement.

        :param notes: what changed now, if anything did
        """
        self.env.cr.execute(document_moments.MOMENTS, document_moments.asked_of(orders))
        moments = {
            (model, res_id): document_moments.Moments(at, paid_at)
            for model, res_id, at, paid_at in self.env.cr.fetchall()
        }
        if notes:
            for changes in (notes.documents, *notes.further.values()):
                document_moments.change_now(moments, changes, self._recording_time())
        for order in orders:
            order["moments"] = moments
            confirmed = moments.get((order["root_model"], order["id"]))
            if (
                confirmed
                and order["root_model"] == SALE.model
                and order["create_date"] > confirmed.at
            ):
                # Imported afterwards: it did not come after it was confirmed.
                order["create_date"] = confirmed.at


def _key(order):
    return order["root_model"], order["id"]
