"""Plain SQL: reading customers' returns for the recorder, with everything they are judged by.

One statement for any number of them; what belongs to one return is asked by a database function.
"""

from __future__ import annotations

from collections.abc import Collection

from .move_sql import HALF_DIGIT, pieces_of
from .order_parts_sql import payment_ids, transfer_row
from .order_snapshot_sql import LINKS, MILESTONES
from .return_credits_sql import CREDITS
from .return_parts_sql import AGAIN, RETURNED, SWAPS_OF_LINE

_USAGE = "(SELECT usage FROM stock_location WHERE id = {})"
#: Whether a transfer brings goods back from a customer; the back order of one belongs to it.
IS_RETURN = f"""
    ({{0}}.return_id IS NOT NULL
     OR EXISTS (SELECT FROM stock_move came
                 WHERE came.picking_id = {{0}}.id AND came.origin_returned_move_id IS NOT NULL))
    AND {_USAGE.format("{0}.location_id")} = 'customer'
    AND {_USAGE.format("{0}.location_dest_id")} NOT IN ('customer', 'supplier')
    AND NOT EXISTS (SELECT FROM stock_picking whole
                     WHERE whole.id = {{0}}.backorder_id
                       AND whole.location_id = {{0}}.location_id)"""
#: How the returns of changed documents are found; ``{ids}`` is the place of an array of ids.
ROOTS = {
    # A back order belongs to its return, and so does what sends the goods to the customer again.
    "stock.picking": """
        WITH RECURSIVE whole (id) AS (
            SELECT unnest({ids})
             UNION
            SELECT other.id
              FROM whole
              JOIN stock_picking part ON part.id = whole.id
             CROSS JOIN LATERAL (VALUES (part.backorder_id), (part.return_id)) other (id)
             WHERE other.id IS NOT NULL)
        SELECT id FROM whole
         UNION
        SELECT res_id FROM integration_transaction
         WHERE res_model = 'stock.picking' AND id = ANY(ARRAY(
               SELECT transaction_id FROM integration_transaction_document
                WHERE res_model = 'stock.picking' AND res_id = ANY({ids})))""",
}

_RETURN = """jsonb_build_object(
    'root_model', 'stock.picking', 'id', picking.id, 'name', picking.name,
    'state', picking.state, 'partner_id', picking.partner_id,
    'partner_name', (SELECT complete_name FROM res_partner WHERE id = picking.partner_id),
    'company_id', picking.company_id,
    'warehouse_id', house.id, 'warehouse_name', house.name,
    'reception_steps', house.reception_steps, 'user_id', picking.user_id,
    'create_date', picking.create_date, 'commitment_date', NULL,
    'correlation_id', owner.correlation_id)"""

# What the goods cost, in the company's currency if the orders have several, and whether all that
# came, to be refunded, went to the customer again. What was repaired did what it came for.
_VALUE = f"""
    SELECT jsonb_build_object(
               'amount_total', sum(moved.quantity * moved.price
                                   / CASE WHEN several.currencies THEN moved.rate ELSE 1 END),
               'amount_company', sum(moved.quantity * moved.price / moved.rate),
               'currency_id', min(CASE WHEN several.currencies THEN several.company_currency_id
                                       ELSE moved.currency_id END),
               'sent_again', bool_and(moved.state = 'done' AND moved.kept < moved.least
                                      AND moved.to_refund))
      FROM (SELECT move.state, sale.currency_id, COALESCE(move.to_refund, false) AS to_refund,
                   COALESCE(NULLIF(sale.currency_rate, 0), 1) AS rate,
                   CASE move.state WHEN 'done' THEN move.quantity ELSE move.product_uom_qty END
                   * unit.factor AS quantity,
                   COALESCE(line.price_total / NULLIF(line.product_uom_qty, 0),
                            line.price_unit * (1 - COALESCE(line.discount, 0) / 100))
                   / own.factor / {pieces_of("line")} AS price,
                   move.quantity * unit.factor - {AGAIN} AS kept,
                   unit.factor * {HALF_DIGIT} AS least
              FROM stock_move move
              JOIN uom_uom unit ON unit.id = move.product_uom
              LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
              LEFT JOIN uom_uom own ON own.id = line.product_uom_id
              LEFT JOIN sale_order sale ON sale.id = line.order_id
             WHERE move.id = ANY(moves) AND move.state <> 'cancel') moved
     CROSS JOIN (
           SELECT count(DISTINCT sale.currency_id) > 1 AS currencies,
                  min(company.currency_id) AS company_currency_id
             FROM sale_order_line line
             JOIN sale_order sale ON sale.id = line.order_id
             JOIN res_company company ON company.id = sale.company_id
            WHERE line.id = ANY(lines)) several"""
# In the order of the fields of ``return_counts.Line``. What invoices and refunds call a kit is as
# many pieces as its components.
_LINES = f"""
    SELECT jsonb_agg(jsonb_build_array(
               line.id,
               COALESCE((SELECT sum(move.quantity * unit.factor)
                           FROM stock_move move
                           JOIN uom_uom unit ON unit.id = move.product_uom
                           JOIN stock_location target ON target.id = move.location_dest_id
                          WHERE move.sale_line_id = line.id AND move.state = 'done'
                            AND move.origin_returned_move_id IS NULL
                            AND target.usage = 'customer'), 0),
               (credits -> line.id::text ->> 'billed')::numeric * own.factor
               * {pieces_of("line")},
               own.factor * {HALF_DIGIT}))
      FROM sale_order_line line
      JOIN uom_uom own ON own.id = line.product_uom_id
     WHERE line.id = ANY(lines)"""
# As ``order_counts.Invoice``, then how much is for returns by order line, and payments. Posted ones
# first: a draft answers what they leave.
_REFUNDS = f"""
    SELECT jsonb_agg(jsonb_build_array(
               bill.id, bill.name, bill.move_type, bill.state, bill.payment_state,
               bill.invoice_date_due,
               (SELECT jsonb_object_agg(line.id, (credits -> line.id::text -> 'refunds'
                                                  ->> bill.id::text)::numeric
                                                 * own.factor * {pieces_of("line")})
                  FROM sale_order_line line
                  JOIN uom_uom own ON own.id = line.product_uom_id
                 WHERE line.id = ANY(lines)
                   AND credits -> line.id::text -> 'refunds' ? bill.id::text),
               CASE WHEN bill.payment_state <> 'not_paid' THEN (
                    SELECT jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                                     ORDER BY payment.id)
                      FROM account_payment payment
                     WHERE payment.id IN ({payment_ids("ARRAY[bill.id]")})) END)
           ORDER BY bill.state <> 'posted', bill.id)
      FROM account_move bill
     WHERE bill.move_type = 'out_refund' AND bill.state <> 'cancel'
       AND bill.id = ANY(ARRAY(
           SELECT move_id FROM account_move_line WHERE id = ANY(ARRAY(
               SELECT invoice_line_id FROM sale_order_line_invoice_rel
                WHERE order_line_id = ANY(lines)))))"""
_STAYS = """type.code = 'internal'
           AND NOT EXISTS (SELECT FROM stock_warehouse other
                            WHERE type.id IN (other.pick_type_id, other.pack_type_id))"""
_ROLE = """
    CASE WHEN picking.id = ANY(parts) THEN 'back'
         WHEN EXISTS (SELECT FROM stored JOIN stock_move move USING (id)
                       WHERE move.picking_id = picking.id) THEN 'put_away'
         WHEN EXISTS (SELECT FROM stock_move again
                       WHERE again.picking_id = picking.id
                         AND again.origin_returned_move_id = ANY(moves)) THEN 'resent'
         ELSE (SELECT CASE WHEN kind.code = 'outgoing' THEN 'out' ELSE COALESCE((
                    SELECT CASE kind.id WHEN house.pick_type_id THEN 'pick'
                                        WHEN house.pack_type_id THEN 'pack' END
                      FROM stock_warehouse house
                     WHERE house.id = kind.warehouse_id), 'internal') END
                 FROM stock_picking_type kind WHERE kind.id = picking.picking_type_id) END"""
_FEEDS = """EXISTS (SELECT FROM stock_move move
                      JOIN stock_move_move_rel link ON link.move_orig_id = move.id
                      JOIN stock_move onward ON onward.id = link.move_dest_id
                     WHERE move.picking_id = picking.id AND onward.state <> 'cancel')"""
# Where the goods went in the house, what replaces them, and what sends them back once more.
_TRANSFERS = f"""
    WITH RECURSIVE stored (id) AS (
        SELECT link.move_dest_id
          FROM stock_move_move_rel link
          JOIN stock_move onward ON onward.id = link.move_dest_id
          JOIN stock_picking_type type ON type.id = onward.picking_type_id
         WHERE link.move_orig_id = ANY(moves) AND {_STAYS}
         UNION
        SELECT onward.id
          FROM stored
          JOIN stock_move_move_rel link ON link.move_orig_id = stored.id
          JOIN stock_move onward ON onward.id = link.move_dest_id
          JOIN stock_picking_type type ON type.id = onward.picking_type_id
         WHERE {_STAYS}
    ), sent (id) AS (
        SELECT unnest(swaps)
         UNION
        SELECT link.move_dest_id
          FROM sent
          JOIN stock_move_move_rel link ON link.move_orig_id = sent.id
          JOIN stock_move later
            ON later.id = link.move_dest_id AND later.origin_returned_move_id IS NULL)
    SELECT jsonb_agg({transfer_row(role=_ROLE, feeds=_FEEDS)} ORDER BY picking.id)
      FROM stock_picking picking
     WHERE picking.id = ANY(parts) OR picking.id IN (
           SELECT picking_id FROM stock_move
            WHERE id IN (SELECT id FROM stored UNION SELECT id FROM sent)
               OR (origin_returned_move_id = ANY(moves) AND NOT id = ANY(moves)))"""
PARTS = f"""
    DECLARE
        parts int[]; moves int[]; lines int[]; back jsonb; swaps int[]; credits jsonb;
    BEGIN
        parts := ARRAY(
            WITH RECURSIVE part (id) AS (
                SELECT of_return
                 UNION
                SELECT later.id FROM part JOIN stock_picking later ON later.backorder_id = part.id)
            SELECT id FROM part);
        moves := ARRAY(SELECT id FROM stock_move WHERE picking_id = ANY(parts));
        lines := ARRAY(SELECT DISTINCT sale_line_id FROM stock_move
                        WHERE id = ANY(moves) AND sale_line_id IS NOT NULL);
        back := ({RETURNED});
        swaps := ARRAY(SELECT jsonb_array_elements_text(back -> 'swaps')::int);
        credits := (SELECT jsonb_object_agg(id, integration_order_credits(id, back -> 'replacing'))
                      FROM unnest(lines) id);
        RETURN ({_VALUE}) || jsonb_build_object(
            'orders', (SELECT jsonb_agg(jsonb_build_array(
                                            sale.id, sale.name, sale.partner_id,
                                            (SELECT complete_name FROM res_partner
                                              WHERE id = sale.partner_id))
                                        ORDER BY sale.id)
                         FROM sale_order sale
                        WHERE sale.id IN (SELECT order_id FROM sale_order_line
                                           WHERE id = ANY(lines))),
            'lines', ({_LINES}), 'parts', back -> 'parts', 'refunds', ({_REFUNDS}),
            'pickings', ({_TRANSFERS}));
    END"""
#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_order_return": ("of_return int", "jsonb STABLE", PARTS),
    "integration_order_credits": (
        "of_line int, replacing jsonb",
        "jsonb STABLE",
        CREDITS,
    ),
    "integration_order_swaps": ("of_line int", "jsonb STABLE", SWAPS_OF_LINE),
}


def of_returns(models: Collection[str]) -> str:
    """Returns by what belongs to them now, and with the ids that new transactions get.

    Takes ids by model; one column with all of each, see ``reading``.

    :param models: keys of ``ROOTS``
    """
    roots = " UNION ".join(
        f"({ROOTS[model].format(ids=f'%({model})s::int[]')})" for model in sorted(models)
    )
    return f"""
        SELECT 'stock.picking', jsonb_build_array(
                   {_RETURN},
                   COALESCE(owner.id, nextval('integration_transaction_id_seq')), to_jsonb(owner),
                   ({MILESTONES}), ({LINKS}),
                   CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id) END,
                   integration_order_return(picking.id))
          FROM stock_picking picking
          JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
          LEFT JOIN stock_warehouse house ON house.id = kind.warehouse_id
          LEFT JOIN integration_transaction owner
            ON owner.res_model = 'stock.picking' AND owner.res_id = picking.id
         WHERE picking.id = ANY(ARRAY({roots})) AND {IS_RETURN.format("picking")}
         ORDER BY picking.id"""
