"""Plain SQL: what the snapshot of an order asks rarely, each a database function of its own.

The bodies are PL/pgSQL; ``order_snapshot_sql`` calls them by name.
"""

from .move_sql import kept_of
from .order_credits import TO_INVOICE
from .order_services import SERVICES

_ROLE = """(
    SELECT CASE WHEN picking.return_id IS NOT NULL
                  OR (kind.code = 'outgoing' AND picking.backorder_id IS NOT NULL)
                THEN integration_order_role(
                         kind.code, picking.id, picking.location_id, picking.location_dest_id)
                WHEN kind.code = 'outgoing' THEN 'out'
                WHEN kind.code = 'dropship' THEN 'dropship'
                WHEN kind.code = 'incoming' THEN 'in'
                ELSE COALESCE((SELECT CASE kind.id WHEN house.pick_type_id THEN 'pick'
                                                   WHEN house.pack_type_id THEN 'pack'
                                                   WHEN house.qc_type_id THEN 'quality'
                                                   WHEN house.store_type_id THEN 'put_away' END
                                 FROM stock_warehouse house WHERE house.id = kind.warehouse_id),
                              'internal') END
      FROM stock_picking_type kind WHERE kind.id = picking.picking_type_id)"""

# A transfer brings nothing but goods that came back without any change of the order: repaired, they
# were delivered all the while.
_AGAIN = """(
    SELECT bool_and(came.id IS NOT NULL AND came.to_refund IS NOT TRUE)
      FROM stock_move move
      LEFT JOIN stock_move came ON came.id = move.origin_returned_move_id
     WHERE move.picking_id = transfer_id)"""
#: Of a transfer that takes back another one, or goes on with a delivery: without a type for
#: returns Odoo takes that of the delivery. What was bought for an order may go back to its vendor,
#: who sends something else instead.
ROLE = f"""
    DECLARE
        comes_from text := (SELECT usage FROM stock_location WHERE id = source_id);
        goes_to text := (SELECT usage FROM stock_location WHERE id = destination_id);
    BEGIN
        IF goes_to = 'supplier' AND comes_from = 'internal' THEN
            RETURN 'sent_back';
        ELSIF kind NOT IN ('outgoing', 'dropship') THEN
            RETURN CASE comes_from WHEN 'supplier' THEN 'in' ELSE 'return' END;
        ELSIF (kind = 'outgoing' AND comes_from <> 'internal')
           OR (kind = 'dropship' AND goes_to <> 'customer') THEN
            RETURN 'return';
        END IF;
        RETURN (SELECT CASE WHEN {_AGAIN} THEN 'again'
                            WHEN kind = 'dropship' THEN 'dropship' ELSE 'out' END);
    END"""

# The moves of the goods of ``move`` to the customer, also those after a repair.
_OF_THE_SAME = """(
    WITH RECURSIVE same (id) AS (
        SELECT move.id
         UNION
        SELECT again.id
          FROM same
          JOIN stock_move repair
            ON repair.origin_returned_move_id = same.id AND repair.to_refund IS NOT TRUE
          JOIN stock_move again
            ON again.origin_returned_move_id = repair.id AND again.state = 'done')
    SELECT id FROM same)"""
_BACK_FOR_GOOD = f"back.to_refund AND back.origin_returned_move_id IN {_OF_THE_SAME}"
# Everything a delivery brought came back, for good: Odoo asks whether the order changes with it.
_RETURNED = f"""
    picking.state = 'done'
    AND EXISTS (SELECT FROM stock_picking back
                 WHERE back.return_id = picking.id AND back.state = 'done')
    AND EXISTS (SELECT FROM stock_picking_type kind
                 WHERE kind.id = picking.picking_type_id AND kind.code IN ('outgoing', 'dropship'))
    AND NOT EXISTS (
        SELECT FROM stock_move move
         WHERE move.picking_id = picking.id AND move.state = 'done'
           AND {kept_of("move", _BACK_FOR_GOOD)})"""
# Later transfers of the goods of an internal transfer exist.
_FEEDS = """
    picking.state NOT IN ('done', 'cancel')
    AND EXISTS (SELECT FROM stock_picking_type kind
                 WHERE kind.id = picking.picking_type_id AND kind.code = 'internal')
    AND EXISTS (SELECT FROM stock_move move
                  JOIN stock_move_move_rel chain ON chain.move_orig_id = move.id
                 WHERE move.picking_id = picking.id)"""


def transfer_row(role: str = _ROLE, returned: str = "false", feeds: str = "false") -> str:
    """A transfer as ``order_counts.Picking``."""
    return f"""jsonb_build_array(picking.id, picking.name, picking.state, {role}, picking.date_done,
                                 picking.scheduled_date, {returned}, {feeds}, picking.user_id)"""


# Several transfers of an order.
TRANSFERS = f"""
    BEGIN
        RETURN (SELECT jsonb_agg({transfer_row(returned=_RETURNED, feeds=_FEEDS)}
                                 ORDER BY picking.id)
                  FROM stock_picking picking WHERE picking.id = ANY(transfer_ids));
    END"""

#: What decides rarely whether an order is over: see ``order_services`` and ``order_credits``.
REST = f"""
    BEGIN
        RETURN jsonb_build_object(
            'services', ({SERVICES}),
            'to_invoice', CASE WHEN credits THEN ({TO_INVOICE}) END);
    END"""
#: It, where it may decide: something is invoiced and Odoo finds no more to invoice, a delivery came
#: back as a whole, or something did and Odoo finds more to invoice. A fact of
#: ``order_snapshot_sql``.
REST_OF_ORDER = """
    CASE WHEN told.sale ->> 'state' = 'sale'
          AND ((told.sale ->> 'invoice_status' = 'no' AND documents -> 2 <> 'null')
               OR documents @? 'strict $[1][*] ? (@[6] == true)'
               OR (told.sale ->> 'invoice_status' = 'to invoice'
                   AND strpos(documents::text, '"return"') > 0))
         THEN integration_order_rest((told.sale ->> 'id')::int,
                                     told.sale ->> 'invoice_status' = 'to invoice') END"""


def payment_ids(invoices: str) -> str:
    """The ids of the payments of an array of invoices or bills."""
    return f"""
        SELECT paid.payment_id
          FROM account_move__account_payment paid WHERE paid.invoice_id = ANY({invoices})
         UNION
        SELECT paying.origin_payment_id
          FROM account_move_line item
          JOIN account_partial_reconcile part
            ON item.id IN (part.debit_move_id, part.credit_move_id)
          JOIN account_move_line counterpart
            ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
           AND counterpart.id <> item.id
          JOIN account_move paying ON paying.id = counterpart.move_id
         WHERE item.move_id = ANY({invoices}) AND paying.origin_payment_id IS NOT NULL"""


def next_due(move: str) -> str:
    """When the first instalment of an invoice or bill that is not paid is due."""
    return f"""COALESCE((
        SELECT min(item.date_maturity) FROM account_move_line item
         WHERE item.move_id = {move}.id AND item.display_type = 'payment_term'
           AND NOT item.reconciled), {move}.invoice_date_due)"""


# The customer invoices among the given ones, as rows of ``order_counts.Invoice``; and, if wanted,
# their payments, each as id, name and state. Without payment terms there are no instalments: those
# are asked for apart, as to plan that question takes as long as all others here.
INVOICES = f"""
    DECLARE
        rows jsonb; some_paid bool; in_parts bool; payments jsonb;
    BEGIN
        SELECT jsonb_agg(jsonb_build_array(move.id, move.name, move.move_type, move.state,
                                           move.payment_state, move.invoice_date_due)
                         ORDER BY move.id),
               bool_or(move.payment_state <> 'not_paid'),
               bool_or(move.state = 'posted' AND move.invoice_payment_term_id IS NOT NULL
                       AND move.payment_state IN ('not_paid', 'partial'))
          INTO rows, some_paid, in_parts
          FROM account_move move
         WHERE move.id = ANY(invoice_ids) AND move.move_type IN ('out_invoice', 'out_refund');
        IF in_parts THEN
            rows := (
                SELECT jsonb_agg(
                           jsonb_set(entry, '{{5}}',
                                     COALESCE(to_jsonb({next_due("move")}), 'null'))
                           ORDER BY place)
                  FROM jsonb_array_elements(rows) WITH ORDINALITY listed (entry, place)
                  JOIN account_move move ON move.id = (entry ->> 0)::int);
        END IF;
        IF payments_of_all OR (payments_of_paid AND some_paid) THEN
            SELECT jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                             ORDER BY payment.id)
              INTO payments
              FROM account_payment payment
             WHERE payment.id IN ({payment_ids("invoice_ids")});
        END IF;
        RETURN jsonb_build_object('invoices', rows, 'payments', payments);
    END"""


def _settled(own: str, other: str) -> str:
    """The payments whose item on the *other* side settles one of a bill on its *own* side."""
    return f"""
        SELECT bill.order_id, paying.origin_payment_id
          FROM bill
          JOIN account_move_line item ON item.move_id = bill.move_id
          JOIN account_partial_reconcile part ON part.{own}_move_id = item.id
          JOIN account_move_line counterpart ON counterpart.id = part.{other}_move_id
          JOIN account_move paying ON paying.id = counterpart.move_id"""


#: The same for many orders at once: ``billing`` of each of which something was billed.
BILLING_OF_MANY = f"""
    bill AS MATERIALIZED (
        SELECT DISTINCT line.order_id, item.move_id
          FROM sale_order_line line
          JOIN sale_order_line_invoice_rel billed ON billed.order_line_id = line.id
          JOIN account_move_line item ON item.id = billed.invoice_line_id
         WHERE line.order_id = ANY({{orders}})
    ), paid AS (
        SELECT bill.order_id, link.payment_id
          FROM bill JOIN account_move__account_payment link ON link.invoice_id = bill.move_id
         UNION {_settled("debit", "credit")}
         UNION {_settled("credit", "debit")}
    ), invoices AS (
        SELECT bill.order_id,
               jsonb_agg(jsonb_build_array(
                   move.id, move.name, move.move_type, move.state, move.payment_state,
                   CASE WHEN move.state = 'posted' AND move.invoice_payment_term_id IS NOT NULL
                         AND move.payment_state IN ('not_paid', 'partial')
                        THEN {next_due("move")} ELSE move.invoice_date_due END)
                   ORDER BY move.id) AS rows
          FROM bill JOIN account_move move ON move.id = bill.move_id
         WHERE move.move_type IN ('out_invoice', 'out_refund')
         GROUP BY bill.order_id
    ), payments AS (
        SELECT paid.order_id,
               jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                         ORDER BY payment.id) AS rows
          FROM paid JOIN account_payment payment ON payment.id = paid.payment_id
         GROUP BY paid.order_id
    ), billing AS (
        SELECT each.order_id,
               jsonb_build_object('invoices', invoices.rows, 'payments', payments.rows) AS billing
          FROM (SELECT DISTINCT order_id FROM bill) each
          LEFT JOIN invoices ON invoices.order_id = each.order_id
          LEFT JOIN payments ON payments.order_id = each.order_id)"""
