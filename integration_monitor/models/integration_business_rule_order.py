"""Ready-made checks that compare what was ordered, shipped, returned and invoiced."""

from odoo import models
from odoo.tools import SQL

from ..tools.move_sql import RETURNED, SHIPPED_SINCE, UNREPLACED, of_line

# Quantities have more digits than anybody orders; what is below is rounding.
_LEAST = 0.00005

# Invoices in draft are no invoices: Odoo's own quantities count them.
_POSTED = SQL("(i.state = 'posted' OR i.payment_state = 'invoicing_legacy')")
# The lines that can differ at all, by Odoo's own columns; the rest is not looked at.
_UNEVEN = SQL(
    """(sol.qty_invoiced IS DISTINCT FROM sol.qty_delivered
        OR sol.id IN (SELECT r.order_line_id
                        FROM account_move i
                        JOIN account_move_line l ON l.move_id = i.id
                        JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
                       WHERE i.state = 'draft' AND i.move_type IN ('out_invoice', 'out_refund')))"""
)
# How much of what came back of a line ``q`` has to be credited; as ``return_counts.needed``. What
# credit notes have for it is asked in ``return_credits_sql``.
_OWED = SQL(
    """greatest(least(q.invoiced + q.answering - q.shipped - q.returned + q.unreplaced,
                      q.unreplaced), 0)"""
)


class IntegrationBusinessRule(models.Model):
    """Each order is one matter; quantities are those of its goods, in the units of its lines.

    *shipped* is what the customer has (returns taken off), *returned* what came back to be
    refunded and was neither replaced nor sent again, *invoiced* what is posted, credit notes taken
    off. Kits count as kits, whatever their moves bring.
    """

    _inherit = "integration.business.rule"

    def _find_shipped_not_invoiced(self, now):
        """Goods that the customer has and nobody asked money for, from the first of them on."""
        return self._orders_with(
            now,
            lines=SQL("%s AND sol.qty_delivered > 0 AND sol.price_unit <> 0", _UNEVEN),
            hit=SQL("q.shipped - q.invoiced > %s", _LEAST),
            since=SQL("COALESCE(%s, q.shipped_at)", SQL(SHIPPED_SINCE)),
            missing=SQL("q.shipped - q.invoiced"),
        )

    def _find_invoiced_not_shipped(self, now):
        """Money asked for goods that never left, from the day on when they should have.

        Credit notes count for what came back first, and then for what never left.
        """
        missing = SQL("q.invoiced + least(q.answering, %s) - q.shipped - q.returned", _OWED)
        return self._orders_with(
            now,
            lines=SQL("%s AND sol.qty_invoiced > 0", _UNEVEN),
            hit=SQL("%s > %s", missing, _LEAST),
            since=SQL("greatest(q.invoiced_at, q.commitment_date, q.deadline)"),
            missing=missing,
        )

    def _find_quantities_differ(self, now):
        """Nothing more is under way, and the customer got other quantities than ordered.

        Or pays for more than he ordered and got. What came back was shipped once.
        """
        tolerance = self.tolerance + _LEAST
        return self._orders_with(
            now,
            lines=SQL(
                """(sol.product_uom_qty IS DISTINCT FROM sol.qty_delivered
                    OR sol.qty_invoiced > sol.product_uom_qty)"""
            ),
            hit=SQL(
                """NOT q.under_way AND (q.shipped_at IS NOT NULL OR q.invoiced > 0)
                   AND (abs(q.ordered - q.shipped - q.returned) > %(tolerance)s
                        OR q.invoiced - greatest(q.ordered, q.shipped) > %(tolerance)s)""",
                tolerance=tolerance,
            ),
            since=SQL("greatest(q.shipped_at, q.invoiced_at)"),
            missing=SQL(
                """greatest(abs(q.ordered - q.shipped - q.returned),
                            q.invoiced - greatest(q.ordered, q.shipped))"""
            ),
        )

    def _find_return_without_refund(self, now):
        """Goods came back to be refunded, and the customer still pays for them.

        Not for those that others replace, as soon as Odoo knows of it.
        """
        missing = SQL("%s - q.answering", _OWED)
        return self._orders_with(
            now,
            lines=_UNEVEN,
            hit=SQL("%s > %s", missing, _LEAST),
            since=SQL("q.returned_at"),
            missing=missing,
        )

    def _under_way(self):
        """Return the condition that more is to come of a line ``sol``, by its moves ``moved``.

        What has no move yet is to be planned, as while a vendor is asked. What was given up has
        cancelled moves.
        """
        return SQL(
            "COALESCE(moved.under_way, COALESCE(sol.qty_delivered, 0) < sol.product_uom_qty)"
        )

    def _orders_with(self, now, *, lines, hit, since, missing):
        """Return the query of orders that have lines of goods which meet a condition.

        :param SQL lines: which lines (``sol``) to look at, cheap: by their own columns
        :param SQL hit: which of them meet the rule, by the quantities of ``q``
        :param SQL since: since when
        :param SQL missing: the quantity that is at stake
        """
        return SQL(
            """
            SELECT q.order_id::text AS key, 'sale.order' AS res_model, q.order_id AS res_id,
                   q.company_id, q.warehouse_id, q.partner_id, min(%(since)s) AS since,
                   sum((%(missing)s) * q.price) AS amount,
                   md5(string_agg(concat_ws(':', q.id, q.ordered, q.shipped, q.returned,
                                            q.invoiced), ',' ORDER BY q.id)) AS facts,
                   jsonb_build_object(
                       'lines', array_to_string((array_agg(q.name ORDER BY q.id))[1:3], ', '),
                       'ordered', sum(q.ordered), 'shipped', sum(q.shipped),
                       'returned', sum(q.returned), 'invoiced', sum(q.invoiced)) AS detail
              FROM (%(quantities)s) q
             WHERE %(hit)s
             GROUP BY q.order_id, q.company_id, q.warehouse_id, q.partner_id
            """,
            since=since,
            missing=missing,
            quantities=self._quantities(now, lines),
            hit=hit,
        )

    def _quantities(self, now, lines):
        """Return the query of lines of goods with their quantities and the price of one unit."""
        return SQL(
            """
            SELECT so.id AS order_id, so.company_id, so.warehouse_id, so.partner_id,
                   so.commitment_date, COALESCE(moved.deadline, CASE
                       WHEN moved.under_way IS NULL AND so.commitment_date IS NULL
                       THEN so.date_order + COALESCE(sol.customer_lead, 0) * interval '1 day'
                   END) AS deadline, sol.id, left(split_part(sol.name, E'\n', 1), 60) AS name,
                   COALESCE(sol.product_uom_qty, 0) AS ordered,
                   COALESCE(sol.qty_delivered, 0) AS shipped,
                   COALESCE(moved.returned, 0) AS returned,
                   greatest(COALESCE(moved.unreplaced, 0), 0) AS unreplaced,
                   moved.shipped_at, moved.returned_at,
                   %(under_way)s AS under_way,
                   COALESCE(billed.invoiced, 0) AS invoiced,
                   COALESCE((credits.found ->> 'answering')::numeric, 0) AS answering,
                   billed.invoiced_at::timestamp AS invoiced_at,
                   -- the order's own rate, so that its amounts add up
                   COALESCE(sol.price_total / NULLIF(sol.product_uom_qty, 0),
                            sol.price_unit * (1 - COALESCE(sol.discount, 0) / 100))
                   / COALESCE(NULLIF(so.currency_rate, 0), 1) AS price
              FROM sale_order so
              JOIN sale_order_line sol ON sol.order_id = so.id
              JOIN product_product p ON p.id = sol.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.type = 'consu'
              JOIN uom_uom unit ON unit.id = sol.product_uom_id
             CROSS JOIN LATERAL (
                   -- asked where something came back, once for each line
                   SELECT CASE WHEN EXISTS (
                              SELECT FROM stock_move m
                                JOIN stock_location origin ON origin.id = m.location_id
                               WHERE m.sale_line_id = sol.id AND m.state <> 'cancel'
                                 AND origin.usage = 'customer')
                          THEN integration_order_swaps(sol.id) END AS moves OFFSET 0) swaps
              LEFT JOIN LATERAL (
                   SELECT %(returned)s AS returned, %(unreplaced)s AS unreplaced,
                          max(m.date) FILTER (WHERE m.state = 'done' AND origin.usage = 'customer'
                                                AND m.to_refund) AS returned_at,
                          max(m.date) FILTER (WHERE m.state = 'done'
                                                AND target.usage = 'customer') AS shipped_at,
                          max(m.date_deadline) FILTER (
                              WHERE m.state NOT IN ('done', 'cancel')) AS deadline,
                          bool_or(m.state NOT IN ('done', 'cancel')) AS under_way
                     FROM stock_move m
                     JOIN stock_location origin ON origin.id = m.location_id
                     JOIN stock_location target ON target.id = m.location_dest_id
                     JOIN uom_uom u ON u.id = m.product_uom
                    WHERE m.sale_line_id = sol.id) moved ON TRUE
              LEFT JOIN LATERAL (
                   SELECT sum(CASE i.move_type WHEN 'out_refund' THEN -l.quantity
                                               ELSE l.quantity END
                              * COALESCE(u.factor, unit.factor) / unit.factor) AS invoiced,
                          bool_or(i.move_type = 'out_refund') AS credited,
                          max(i.invoice_date) AS invoiced_at
                     FROM sale_order_line_invoice_rel r
                     JOIN account_move_line l ON l.id = r.invoice_line_id
                     JOIN account_move i ON i.id = l.move_id AND %(posted)s
                     LEFT JOIN uom_uom u ON u.id = l.product_uom_id
                    WHERE r.order_line_id = sol.id) billed ON TRUE
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN billed.credited AND swaps.moves IS NOT NULL
                          THEN integration_order_credits(sol.id, swaps.moves) END AS found
                   OFFSET 0) credits
             WHERE so.state = 'sale' AND NOT COALESCE(sol.is_downpayment, FALSE)
               AND %(watched)s AND %(lines)s
            """,
            posted=_POSTED,
            returned=SQL(of_line(RETURNED)),
            unreplaced=SQL(of_line(UNREPLACED)),
            under_way=self._under_way(),
            watched=self._watched("sale.order", SQL("so.id"), SQL("so.date_order"), now),
            lines=lines,
        )
