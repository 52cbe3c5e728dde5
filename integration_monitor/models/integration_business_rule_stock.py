"""Ready-made checks on stock: below zero, and not there for whom it was promised."""

from odoo import models
from odoo.tools import SQL

from ..tools.move_sql import first_steps

#: Goods are missing so long before they are to leave; until then they may still come in.
RESERVE_HOURS = 24


class IntegrationBusinessRule(models.Model):
    """Both look at what is there now, however old it is."""

    _inherit = "integration.business.rule"

    def _find_negative_stock(self, now):
        """A product whose quantity in one location of ours is below zero, lots taken together.

        Since when is reckoned back from its moves: Odoo's date of the goods is the one of a receipt
        long ago, or of the last of several shipments. It tells where no move does.
        """
        return SQL(
            """
            SELECT q.product_id || '-' || q.location_id AS key, 'product.product' AS res_model,
                   q.product_id AS res_id, place.company_id, place.warehouse_id,
                   NULL::int AS partner_id,
                   COALESCE(fell.at, q.since) AS since,
                   -q.quantity * COALESCE(
                       (p.standard_price ->> place.company_id::text)::numeric, 0) AS amount,
                   '' AS facts,
                   jsonb_build_object('quantity', q.quantity,
                                      'location', place.complete_name) AS detail
              FROM (SELECT product_id, location_id, sum(quantity) AS quantity,
                           min(in_date) FILTER (WHERE quantity < 0) AS since
                      FROM stock_quant
                     GROUP BY product_id, location_id
                    HAVING sum(quantity) < %(least)s) q
              JOIN stock_location place ON place.id = q.location_id
                                       AND place.usage IN ('internal', 'transit')
              JOIN product_product p ON p.id = q.product_id
              LEFT JOIN LATERAL (
                   SELECT max(past.at) AS at
                     FROM (SELECT line.date AS at,
                                  q.quantity - sum(sum(
                                      CASE WHEN line.location_dest_id = q.location_id THEN 1
                                           ELSE -1 END * line.quantity_product_uom
                                  )) OVER (ORDER BY line.date DESC) AS before
                             FROM stock_move_line line
                            WHERE line.product_id = q.product_id AND line.state = 'done'
                              AND (line.location_id = q.location_id
                                   OR line.location_dest_id = q.location_id)
                              AND line.location_id <> line.location_dest_id
                            GROUP BY line.date) past
                    WHERE past.before >= %(least)s) fell ON TRUE
            """,
            least=-self.tolerance - 0.00005,
        )

    def _find_reservation_failed(self, now):
        """Goods that should be reserved by now for a transfer that nothing else keeps waiting.

        Not for operation types that are reserved by hand. A component of a kit is worth its share
        of the pieces of the kit: nobody agreed on a price for it.
        """
        return SQL(
            """
            SELECT k.id::text AS key, 'stock.picking' AS res_model, k.id AS res_id, k.company_id,
                   kind.warehouse_id, k.partner_id, min(m.due) AS since,
                   sum(m.missing * COALESCE(sold.price, 0)) AS amount,
                   string_agg(DISTINCT m.product_id::text, ',') AS facts,
                   jsonb_build_object('products', count(DISTINCT m.product_id),
                                      'missing', sum(m.missing)) AS detail
              FROM (SELECT s.picking_id, s.product_id, s.sale_line_id,
                           greatest(s.create_date, s.reservation_date::timestamp,
                                    s.date - make_interval(hours => %(ahead)s)) AS due,
                           s.product_qty - s.quantity * u.factor / own.factor AS missing
                      FROM stock_move s
                      JOIN product_product p ON p.id = s.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                      JOIN uom_uom u ON u.id = s.product_uom
                      JOIN uom_uom own ON own.id = t.uom_id
                     WHERE s.state IN ('confirmed', 'partially_available')
                       AND s.picking_id IS NOT NULL) m
              JOIN stock_picking k ON k.id = m.picking_id
              JOIN stock_picking_type kind ON kind.id = k.picking_type_id
                                          AND kind.code IN ('outgoing', 'internal')
                                          AND kind.reservation_method <> 'manual'
              LEFT JOIN LATERAL (
                   SELECT sol.price_total
                          / NULLIF(CASE WHEN sol.product_id = m.product_id
                                        THEN sol.product_uom_qty * u.factor / own.factor
                                        ELSE (SELECT sum(part.product_qty) FROM stock_move part
                                               WHERE part.sale_line_id = sol.id
                                                 AND part.state <> 'cancel' AND %(first)s)
                                   END, 0)
                          / COALESCE(NULLIF(so.currency_rate, 0), 1) AS price
                     FROM sale_order_line sol
                     JOIN sale_order so ON so.id = sol.order_id
                     JOIN product_product p ON p.id = sol.product_id
                     JOIN product_template t ON t.id = p.product_tmpl_id
                     JOIN uom_uom u ON u.id = sol.product_uom_id
                     JOIN uom_uom own ON own.id = t.uom_id
                    WHERE sol.id = m.sale_line_id) sold ON TRUE
             WHERE m.missing > 0.00005 AND m.due <= %(now)s
             GROUP BY k.id, k.company_id, kind.warehouse_id, k.partner_id
            """,
            now=now,
            ahead=RESERVE_HOURS,
            first=SQL(first_steps("part")),
        )
