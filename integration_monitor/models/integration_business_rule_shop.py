"""Ready-made checks on orders of shops: other prices, the same order twice, unknown values."""

from datetime import timedelta

from odoo import models
from odoo.tools import SQL

#: Orders of one customer with the same reference, so far apart, are one order.
REFERENCE_DAYS = 30
#: Orders of one customer for the same goods and money, so far apart, are one order.
GOODS_MINUTES = 60
# Products, units and quantities of an order ``b`` as one text, without what was paid in advance.
_GOODS = SQL(
    """(SELECT string_agg(concat_ws('x', g.product_id, g.unit_id, g.quantity), ','
                          ORDER BY g.product_id, g.unit_id)
          FROM (SELECT sol.product_id, sol.product_uom_id AS unit_id,
                       sum(sol.product_uom_qty) AS quantity
                  FROM sale_order_line sol
                 WHERE sol.order_id = b.id AND sol.product_id IS NOT NULL
                   AND NOT COALESCE(sol.is_downpayment, FALSE)
                 GROUP BY sol.product_id, sol.product_uom_id) g)"""
)


class IntegrationBusinessRule(models.Model):
    """What the shop said is kept on order and lines when they are imported."""

    _inherit = "integration.business.rule"

    def _find_price_differs(self, now):
        """The order's total, or the net price of a line, is not what the customer paid."""
        return SQL(
            """
            SELECT so.id::text AS key, 'sale.order' AS res_model, so.id AS res_id, so.company_id,
                   so.warehouse_id, so.partner_id, so.write_date AS since,
                   greatest(abs(so.amount_total - so.integration_external_total),
                            other.difference) / COALESCE(NULLIF(so.currency_rate, 0), 1) AS amount,
                   concat_ws('|', so.amount_total, so.integration_external_total,
                             other.facts) AS facts,
                   jsonb_build_object('total', so.amount_total,
                                      'stated', so.integration_external_total,
                                      'currency', currency.name, 'system', system.name,
                                      'lines', other.names) AS detail
              FROM sale_order so
              JOIN res_currency currency ON currency.id = so.currency_id
              JOIN integration_system system ON system.id = so.integration_system_id
              LEFT JOIN LATERAL (
                   SELECT string_agg(left(split_part(l.name, E'\n', 1), 60), ', ' ORDER BY l.id)
                              AS names,
                          md5(string_agg(concat_ws(':', l.id, l.net), ',' ORDER BY l.id)) AS facts,
                          sum(abs(l.net - l.paid) * l.quantity) AS difference
                     FROM (SELECT sol.id, sol.name, sol.product_uom_qty AS quantity,
                                  sol.price_unit * (1 - COALESCE(sol.discount, 0) / 100) AS net,
                                  sol.integration_external_price AS paid
                             FROM sale_order_line sol
                            WHERE sol.order_id = so.id
                              AND sol.integration_external_price <> 0) l
                    WHERE abs(l.net - l.paid) > %(tolerance)s) other ON TRUE
             WHERE so.state <> 'cancel' AND so.integration_external_total <> 0
               AND %(watched)s
               AND (abs(so.amount_total - so.integration_external_total) > %(tolerance)s
                    OR other.names IS NOT NULL)
            """,
            # Half a cent is no difference of prices.
            tolerance=self.tolerance + 0.005,
            watched=self._watched("sale.order", SQL("so.id"), SQL("so.date_order"), now),
        )

    def _find_duplicate_order(self, now):
        """A later order of the same customer: the same reference, or the same goods at once.

        By its reference the same is what asks for the same goods, or comes from the same shop: a
        framework number is called off many times. By its goods what goes to the same address, and
        not by another reference: branches order the same, too. The earlier one is named in the
        text, whatever was ordered in between.
        """
        return SQL(
            """
            WITH orders AS (
                SELECT so.id, so.name, so.company_id, so.warehouse_id, so.partner_id, so.date_order,
                       so.amount_total, so.currency_id, so.currency_rate, so.client_order_ref,
                       so.partner_shipping_id, so.integration_system_id AS shop_id,
                       lower(NULLIF(btrim(so.client_order_ref), '')) AS reference,
                       COALESCE(partner.commercial_partner_id, partner.id) AS customer_id
                  FROM sale_order so
                  JOIN res_partner partner ON partner.id = so.partner_id
                 WHERE so.state = 'sale' AND %(watched)s
            ), beside AS (
                -- Reading the goods costs: only of what has a neighbour.
                SELECT o.*, row_number() OVER (ORDER BY o.date_order, o.id) AS place,
                       least(o.date_order - lag(o.date_order) OVER alike,
                             lead(o.date_order) OVER alike - o.date_order) AS goods_apart,
                       least(o.date_order - lag(o.date_order) OVER named,
                             lead(o.date_order) OVER named - o.date_order) AS named_apart
                  FROM orders o
                WINDOW alike AS (PARTITION BY o.company_id, o.customer_id, o.currency_id,
                                              o.amount_total, o.partner_shipping_id
                                     ORDER BY o.date_order, o.id),
                       named AS (PARTITION BY o.company_id, o.customer_id, o.reference
                                     ORDER BY o.date_order, o.id)
            ), likely AS MATERIALIZED (
                SELECT b.*, %(goods)s AS goods
                  FROM beside b
                 WHERE b.amount_total > 0 AND b.goods_apart < %(at_once)s
                    OR b.reference IS NOT NULL AND b.named_apart < %(soon)s
            ), compared AS (
                SELECT l.*,
                       CASE WHEN l.goods IS NOT NULL AND l.amount_total > 0
                            THEN CASE WHEN l.reference IS NULL THEN lag(l.place) OVER alike
                                 ELSE greatest(
                                     lag(l.place) OVER (alike_named ORDER BY l.place),
                                     max(l.place) FILTER (WHERE l.reference IS NULL) OVER alike)
                                 END END AS goods_place,
                       CASE WHEN l.reference IS NOT NULL
                            THEN greatest(
                                CASE WHEN l.goods IS NOT NULL
                                     THEN lag(l.place) OVER (named_goods ORDER BY l.place) END,
                                CASE WHEN l.shop_id IS NOT NULL
                                     THEN lag(l.place) OVER (named_shop ORDER BY l.place) END)
                            END AS named_place
                  FROM likely l
                WINDOW alike AS (PARTITION BY l.company_id, l.customer_id, l.currency_id,
                                              l.amount_total, l.partner_shipping_id, l.goods
                                     ORDER BY l.place),
                       alike_named AS (PARTITION BY l.company_id, l.customer_id, l.currency_id,
                                                    l.amount_total, l.partner_shipping_id,
                                                    l.goods, l.reference),
                       named_goods AS (PARTITION BY l.company_id, l.customer_id, l.reference,
                                                    l.goods),
                       named_shop AS (PARTITION BY l.company_id, l.customer_id, l.reference,
                                                   l.shop_id)
            )
            SELECT DISTINCT ON (later.id)
                   later.id::text AS key, 'sale.order' AS res_model, later.id AS res_id,
                   later.company_id, later.warehouse_id, later.partner_id,
                   later.date_order AS since,
                   later.amount_total / COALESCE(NULLIF(later.currency_rate, 0), 1) AS amount,
                   earlier.id::text AS facts,
                   jsonb_build_object('other', earlier.name,
                                      'reference', later.client_order_ref) AS detail
              FROM compared later
             CROSS JOIN LATERAL (VALUES (later.goods_place, %(at_once)s::interval),
                                        (later.named_place, %(soon)s::interval)) pair (place, apart)
              JOIN likely earlier ON earlier.place = pair.place
                                 AND later.date_order - earlier.date_order < pair.apart
             ORDER BY later.id, earlier.place DESC
            """,
            watched=self._watched("sale.order", SQL("so.id"), SQL("so.date_order"), now),
            goods=_GOODS,
            at_once=timedelta(minutes=GOODS_MINUTES),
            soon=timedelta(days=REFERENCE_DAYS),
        )

    def _find_unmapped_value(self, now):
        """A partner's value that nobody mapped, with all that waits for it; a mapping to nothing.

        The amounts are those of the messages' own exceptions, and only told: they do not count
        twice.
        """
        mapped = self.env["integration.mapping"]._mapping_models()
        names = sorted({*mapped.values(), "product.template"} & set(self.env.registry))
        return SQL(
            """
            SELECT 'value-' || md5(concat_ws('|', e.system_id, e.company_id, e.source_model,
                                             e.source_key, e.source_value)) AS key,
                   'integration.system' AS res_model, e.system_id AS res_id, e.company_id,
                   NULL::int AS warehouse_id, system.partner_id, min(e.opened_at) AS since,
                   0 AS amount, '' AS facts,
                   jsonb_build_object(
                       'value', e.source_value, 'kind', %(kind)s, 'system', system.name,
                       'messages', count(*), 'waiting', sum(e.amount_at_stake),
                       'source_model', e.source_model, 'source_key', e.source_key,
                       'source_value', e.source_value) AS detail
              FROM integration_exception e
              JOIN integration_system system ON system.id = e.system_id
             WHERE e.is_open AND e.message_id IS NOT NULL AND e.source_value IS NOT NULL
               AND e.source_model = ANY(%(names)s)
             GROUP BY e.system_id, e.company_id, e.source_model, e.source_key, e.source_value,
                      system.partner_id, system.name
             UNION ALL
            SELECT 'mapping-' || m.id, 'integration.mapping', m.id,
                   COALESCE(m.company_id, %(company)s), NULL, system.partner_id, m.write_date, 0,
                   '', jsonb_build_object('value', m.external_value, 'kind', %(mapped_kind)s,
                                      'system', system.name, 'messages', 0, 'waiting', 0)
              FROM integration_mapping m
              JOIN integration_system system ON system.id = m.system_id
             WHERE m.active AND m.res_model = ANY(%(names)s) AND NOT (%(exist)s)
            """,
            names=names,
            kind=self._model_name(SQL("e.source_model")),
            mapped_kind=self._model_name(SQL("m.res_model")),
            company=(self.company_ids[:1] or self.env.company).id,
            exist=SQL(" OR ").join(self._mapped_exists(name) for name in names),
        )

    def _model_name(self, model):
        """Return the words for a model whose technical name is in a column."""
        return SQL(
            """(SELECT COALESCE(known.name ->> %s, known.name ->> 'en_US')
                  FROM ir_model known WHERE known.model = %s)""",
            self.env.lang or "en_US",
            model,
        )

    def _mapped_exists(self, model):
        """Return the condition that mapping ``m`` stands for a usable record of a model."""
        records = self.env[model]
        field = records._fields.get("active")
        active = SQL("t.active") if field and field.store else SQL("TRUE")
        return SQL(
            "(m.res_model = %s AND EXISTS (SELECT 1 FROM %s t WHERE t.id = m.res_id AND %s))",
            model,
            SQL.identifier(records._table),
            active,
        )
