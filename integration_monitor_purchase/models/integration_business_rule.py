"""Ready-made checks that compare what was ordered, received and billed."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.tools.move_sql import RECEIVED_SINCE

from ..tools.mismatch_sql import BILLABLE_NOW, NOW, WRONG_SINCE
from ..tools.purchase_snapshot_sql import BILLED, PRICE_GAP
from ..tools.sent_back_sql import BILLED_FIRST, LEAST, SENT

CHECKS = ("receipt_without_bill", "three_way_mismatch")
#: What people may write rules about, beside what the engine offers.
MODELS = ("purchase.order", "purchase.order.line")


class IntegrationBusinessRule(models.Model):
    """Each purchase is one matter; quantities are those of its lines, in their units.

    *received* is what came and did not go back, *billed* what is posted, refunds taken off. Down
    payments are lines of their own, of which nothing comes: they are left out.
    """

    _inherit = "integration.business.rule"

    check_code = fields.Selection(
        selection_add=[
            ("receipt_without_bill", "Received and not billed"),
            ("three_way_mismatch", "Ordered, received and billed differ"),
        ],
        ondelete=dict.fromkeys(CHECKS, "cascade"),
        help="“Ordered, received and billed differ” counts from the first document after which "
        "the purchase was wrong without a break: the bill that asked for too much or for another "
        "price, the goods that went back, or, where less came than was ordered, the last receipt "
        "or the cancellation of the rest. A bill counts when it was entered, or from its own date "
        "on if that is later. Changes of the purchase itself have no moment of their own.",
    )

    @api.model
    def _check_words(self):
        words = ("lines", "ordered", "received", "billed", "price_gap")
        return {**super()._check_words(), **dict.fromkeys(CHECKS, words)}

    @api.model
    def _rule_models(self):
        return (*super()._rule_models(), *MODELS)

    def _under_way(self):
        """What a vendor is asked for will come, though no move says so yet."""
        return SQL(
            """(%s OR EXISTS (SELECT FROM purchase_order_line asked
                                JOIN purchase_order purchase ON purchase.id = asked.order_id
                               WHERE asked.sale_line_id = sol.id
                                 AND purchase.state IN ('draft', 'sent', 'to approve')))""",
            super()._under_way(),
        )

    def _find_receipt_without_bill(self, now):
        """What came in, and no bill asks money for it, from the first of it on."""
        return self._purchases_with(
            now,
            lines=SQL(
                """line.qty_received > 0 AND line.price_unit <> 0
                   AND (line.qty_received IS DISTINCT FROM line.qty_invoiced OR %s)""",
                _DRAFTED,
            ),
            hit=SQL("q.received - q.billed > %s", LEAST),
            since=SQL("COALESCE(%s, q.received_at)", SQL(RECEIVED_SINCE)),
            amount=SQL("(q.received - q.billed) * q.price"),
        )

    def _find_three_way_mismatch(self, now):
        """Bills that ask for more than came, or for another price; goods that never came at all.

        What went back came once, and is to be refunded, unless it is replaced. Of a service nobody
        enters that it came.

        Of what is under way the rest may come, and is compared when it has. Since when: since the
        first document after which it was so without a break. A move counts when it was done or
        called off, a bill when it was entered, or from its own date on if that is later. Changes of
        the purchase itself have no moment: they count as if they had always been so.
        """
        tolerance = self.tolerance + LEAST
        return self._purchases_with(
            now,
            lines=SQL("line.qty_invoiced <> 0 OR line.product_qty <> line.qty_received"),
            hit=SQL(NOW.format(tolerance="%(tolerance)s"), tolerance=tolerance),
            since=SQL(
                "COALESCE(%s, greatest(q.billed_at, q.received_at))",
                SQL(WRONG_SINCE.format(tolerance="%(tolerance)s"), tolerance=tolerance),
            ),
            amount=SQL(
                """greatest(q.billed - %s, 0) * q.price
                   + q.price_gap * q.billed / q.rate""",
                SQL(BILLABLE_NOW),
            ),
        )

    def _purchases_with(self, now, *, lines, hit, since, amount):
        """Return the query of purchases that have lines which meet a condition.

        :param SQL lines: which lines (``line``) to look at, cheap: by their own columns
        :param SQL hit: which of them meet the rule, by the quantities of ``q``
        :param SQL since: since when
        :param SQL amount: what is at stake, company currency
        """
        return SQL(
            """
            SELECT q.order_id::text AS key, 'purchase.order' AS res_model, q.order_id AS res_id,
                   q.company_id, q.warehouse_id, q.partner_id, min(%(since)s) AS since,
                   sum(%(amount)s) AS amount,
                   md5(string_agg(concat_ws(':', q.id, q.ordered, q.received, q.billed,
                                            q.price_gap), ',' ORDER BY q.id)) AS facts,
                   jsonb_build_object(
                       'lines', array_to_string((array_agg(q.name ORDER BY q.id))[1:3], ', '),
                       'ordered', sum(q.ordered), 'received', sum(q.received),
                       'billed', sum(q.billed),
                       'price_gap', round(max(q.price_gap)::numeric, 4)) AS detail
              FROM (%(quantities)s) q
             WHERE %(hit)s
             GROUP BY q.order_id, q.company_id, q.warehouse_id, q.partner_id
            """,
            since=since,
            amount=amount,
            quantities=self._purchase_quantities(now, lines),
            hit=hit,
        )

    def _purchase_quantities(self, now, lines):
        """Return the query of lines with their quantities and the price of one unit."""
        return SQL(
            """
            SELECT purchase.id AS order_id, purchase.company_id, kind.warehouse_id,
                   purchase.partner_id, line.id,
                   left(split_part(line.name, E'\n', 1), 60) AS name,
                   COALESCE(line.product_qty, 0) AS ordered,
                   COALESCE(line.qty_received, 0) AS received, moved.received_at,
                   line.qty_received_method = 'stock_moves' AS goods, COALESCE(%(sent)s, 0) AS sent,
                   COALESCE(moved.under_way, FALSE) AS under_way,
                   moved.under_way IS NOT NULL AS moves,
                   COALESCE(billed.quantity, 0) AS billed, billed.billed_at::timestamp AS billed_at,
                   %(billed_first)s AS billed_first, COALESCE(billed.price_gap, 0) AS price_gap,
                   COALESCE(NULLIF(purchase.currency_rate, 0), 1) AS rate,
                   (line.price_unit * (1 - COALESCE(line.discount, 0) / 100))
                   / COALESCE(NULLIF(purchase.currency_rate, 0), 1) AS price
              FROM purchase_order purchase
              JOIN stock_picking_type kind ON kind.id = purchase.picking_type_id
              JOIN purchase_order_line line
                ON line.order_id = purchase.id AND line.display_type IS NULL
              LEFT JOIN LATERAL (
                   SELECT max(m.date) FILTER (WHERE m.state = 'done') AS received_at,
                          bool_or(m.state NOT IN ('done', 'cancel')) AS under_way
                     FROM stock_move m WHERE m.purchase_line_id = line.id) moved ON TRUE
              LEFT JOIN LATERAL (
                   SELECT quantity, billed_at,
                          (SELECT max(%(price_gap)s)
                             FROM account_move_line item
                             JOIN account_move bill
                               ON bill.id = item.move_id AND bill.state = 'posted'
                              AND bill.move_type = 'in_invoice'
                              AND bill.payment_state <> 'reversed'
                            WHERE item.purchase_line_id = line.id) AS price_gap
                     FROM (%(billed)s) posted) billed ON TRUE
             WHERE purchase.state = 'purchase' AND NOT COALESCE(line.is_downpayment, FALSE)
               AND %(watched)s AND (%(lines)s)
            """,
            # Constants of this addon, shared with the recorder.
            billed_first=SQL(BILLED_FIRST),
            billed=SQL(BILLED),
            price_gap=SQL(PRICE_GAP),
            sent=SQL(SENT),
            watched=self._watched(
                "purchase.order", SQL("purchase.id"), SQL("purchase.date_approve"), now
            ),
            lines=lines,
        )


# Odoo's own quantities count bills in draft.
_DRAFTED = SQL(
    """line.id IN (SELECT l.purchase_line_id
                     FROM account_move i JOIN account_move_line l ON l.move_id = i.id
                    WHERE i.state = 'draft' AND i.move_type IN ('in_invoice', 'in_refund'))"""
)
