"""The carrier of a transaction, to search and group by: of its delivery, else of its order."""

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

CARRIER = "delivery.carrier"


class IntegrationTransaction(models.Model):
    _inherit = "integration.transaction"

    carrier_id = fields.Many2one(
        CARRIER,
        compute="_compute_carrier_id",
        search="_search_carrier_id",
        help="Of the newest delivery that has one, else of the order.",
    )

    def _compute_carrier_id(self):
        """Read the carriers of all transactions in one query."""
        found = {}
        if self.ids:
            found = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT owner.id, %s FROM integration_transaction owner"
                        " WHERE owner.id IN %s",
                        self._field_to_sql("owner", "carrier_id"),
                        tuple(self.ids),
                    )
                )
            )
        for transaction in self:
            transaction.carrier_id = found.get(transaction.id)

    def _search_carrier_id(self, operator, value):
        """Find transactions by their carrier, or by its name."""
        if operator == "in":
            ids = [carrier_id for carrier_id in value if carrier_id]
            chosen = Domain.FALSE
            if ids:
                chosen |= _carrier_domain(SQL("IN %s", tuple(ids)))
            if False in value:
                chosen |= _carrier_domain(SQL("IS NULL"))
            return chosen
        if operator in ("any", "ilike", "=ilike", "like"):
            wanted = value if operator == "any" else Domain("name", operator, value)
            carriers = self.env[CARRIER].with_context(active_test=False)._search(wanted)
            return _carrier_domain(SQL("IN %s", carriers.subselect()))
        return NotImplemented

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists and charts group by the carrier, as if it were stored."""
        if field_expr != "carrier_id":
            return super()._field_to_sql(alias, field_expr, query)
        order, picking = self.env["sale.order"].sudo(), self.env["stock.picking"].sudo()
        return SQL(
            """COALESCE(
                   (SELECT %(of_delivery)s
                      FROM integration_transaction_document link
                      JOIN stock_picking delivery ON delivery.id = link.res_id
                     WHERE link.transaction_id = %(id)s AND link.res_model = 'stock.picking'
                       AND link.role IN ('out', 'dropship')
                       AND delivery.carrier_id IS NOT NULL
                     ORDER BY delivery.id DESC LIMIT 1),
                   (SELECT %(of_order)s FROM sale_order sale
                     WHERE sale.id = %(res_id)s AND %(res_model)s = 'sale.order'))""",
            of_delivery=picking._field_to_sql("delivery", "carrier_id"),
            of_order=order._field_to_sql("sale", "carrier_id"),
            id=SQL.identifier(alias, "id"),
            res_id=SQL.identifier(alias, "res_id"),
            res_model=SQL.identifier(alias, "res_model"),
        )


def _carrier_domain(condition):
    """Return the domain of the transactions whose carrier meets a condition in SQL."""
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            "%s %s", model._field_to_sql(alias, "carrier_id", query), condition
        )
    )
