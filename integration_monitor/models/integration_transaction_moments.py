"""Transactions that are recorded after what they tell: their documents have the dates."""

from odoo import api, fields, models

from ..tools import document_moments
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
        self.env.cr.execute(document_moments.MOMENTS, document_moments.asked_of(orders))
        moments = {
            (model, res_id): document_moments.Moments(at, paid_at)
            for model, res_id, at, paid_at in self.env.cr.fetchall()
        }
        for order in orders:
            order["moments"] = moments
            order["adopted"] = adopted
            confirmed = moments.get((order["root_model"], order["id"]))
            if (
                confirmed
                and order["root_model"] == SALE.model
                and order["create_date"] > confirmed.at
            ):
                # Imported afterwards: it did not come after it was confirmed.
                order["create_date"] = confirmed.at
        return self._advance(orders, notes)
