"""Plain SQL: which events a subscription wants, and which of them are one message."""

from odoo.tools import SQL

from .integration_event_type import PRICE, STOCK

#: Whether the event ``e`` is of the kind that the subscription ``s`` wants, whenever it happened.
#: The condition on documents is judged elsewhere.
OF_INTEREST = SQL(
    """(e.event_code = ANY(string_to_array(s.event_codes, ','))
        AND (e.company_id IS NULL OR e.company_id = s.company_id)
        AND (e.warehouse_id IS NULL
             OR NOT EXISTS (SELECT 1 FROM integration_subscription_stock_warehouse_rel w
                             WHERE w.integration_subscription_id = s.id)
             OR EXISTS (SELECT 1 FROM integration_subscription_stock_warehouse_rel w
                         WHERE w.integration_subscription_id = s.id
                           AND w.stock_warehouse_id = e.warehouse_id))
        AND (e.pricelist_id IS NULL OR s.pricelist_id IS NULL
             OR e.pricelist_id IN (
                 WITH RECURSIVE base (id) AS (
                     SELECT s.pricelist_id
                      UNION
                     SELECT i.base_pricelist_id
                       FROM base
                       JOIN product_pricelist_item i
                         ON i.pricelist_id = base.id AND i.base = 'pricelist'
                      WHERE i.base_pricelist_id IS NOT NULL)
                 SELECT id FROM base)))"""
)
#: Whether ``s`` is told of ``e``.
WANTED = SQL(
    """(e.occurred_at >= s.start_at
        AND (COALESCE(s.repeat_end_id, 0) = 0
             OR e.id <= s.repeat_end_id OR e.id > s.repeat_until_id)
        AND %s)""",
    OF_INTEREST,
)
#: What makes events of ``s`` one message while it waits; NULL for what stands for itself.
COALESCE_KEY = SQL(
    """CASE WHEN s.coalesce IS NOT TRUE THEN NULL
            WHEN e.event_code = %(stock)s
                 THEN concat_ws(':', e.event_code, e.res_id, COALESCE(e.warehouse_id, 0))
            WHEN e.event_code = %(price)s
                 THEN concat_ws(':', e.event_code, e.res_id,
                                COALESCE(s.pricelist_id, e.pricelist_id, 0)) END""",
    stock=STOCK,
    price=PRICE,
)
