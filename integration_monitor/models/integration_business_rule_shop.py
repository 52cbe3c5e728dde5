"""Ready-made checks on orders of shops: other prices, the same order twice, unknown values."""

from odoo import models
from odoo.tools import SQL

#: Orders of one customer with the same reference, so far apart, are one order.
REFERENCE_DAYS = 30
#: Orders of one customer for the same goods and money, so far apart, are one order.
GOODS_MINUTES = 60


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

        The earlier one is named in the text.
        """
        return SQL(
            """
            SELECT DISTINCT ON (later.id)
                   later.id::text AS key, 'sale.order' AS res_model, later.id AS res_id,
                   later.company_id, later.warehouse_id, later.partner_id,
                   later.date_order AS since,
                   later.amount_total / COALESCE(NULLIF(later.currency_rate, 0), 1) AS amount,
                   later.other_id::text AS facts,
                   jsonb_build_object('other', earlier.name,
                                      'reference', later.client_order_ref) AS detail
              FROM (SELECT so.*, lag(so.id) OVER same AS other_id, 'reference' AS reason
                      FROM (%(orders)s) so
                     WHERE btrim(COALESCE(so.client_order_ref, '')) <> ''
                    WINDOW same AS (PARTITION BY so.company_id, so.customer_id,
                                                 lower(btrim(so.client_order_ref))
                                        ORDER BY so.date_order, so.id)
                     UNION ALL
                    SELECT so.*, lag(so.id) OVER same AS other_id, 'goods' AS reason
                      FROM (%(orders)s) so
                     WHERE so.amount_total > 0
                    WINDOW same AS (PARTITION BY so.company_id, so.customer_id, so.currency_id,
                                                 so.amount_total
                                        ORDER BY so.date_order, so.id)) later
              JOIN sale_order earlier ON earlier.id = later.other_id
             WHERE CASE later.reason
                   WHEN 'reference'
                   THEN later.date_order - earlier.date_order < make_interval(days => %(days)s)
                   ELSE later.date_order - earlier.date_order < make_interval(mins => %(minutes)s)
                        AND %(later_goods)s = %(earlier_goods)s
                   END
             ORDER BY later.id, later.reason DESC
            """,
            orders=SQL(
                """SELECT so.id, so.company_id, so.warehouse_id, so.partner_id, so.date_order,
                          so.amount_total, so.currency_id, so.currency_rate, so.client_order_ref,
                          COALESCE(partner.commercial_partner_id, partner.id) AS customer_id
                     FROM sale_order so
                     JOIN res_partner partner ON partner.id = so.partner_id
                    WHERE so.state = 'sale' AND %s""",
                self._watched("sale.order", SQL("so.id"), SQL("so.date_order"), now),
            ),
            days=REFERENCE_DAYS,
            minutes=GOODS_MINUTES,
            later_goods=_goods(SQL("later.id")),
            earlier_goods=_goods(SQL("earlier.id")),
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


def _goods(order):
    """Return the products and quantities of an order as one text."""
    return SQL(
        """(SELECT string_agg(concat_ws('x', g.product_id, g.quantity), ',' ORDER BY g.product_id)
              FROM (SELECT sol.product_id, sum(sol.product_uom_qty) AS quantity
                      FROM sale_order_line sol
                     WHERE sol.order_id = %s AND sol.product_id IS NOT NULL
                     GROUP BY sol.product_id) g)""",
        order,
    )
