"""Plain SQL: reading purchase orders for the recorder, with everything they are judged by.

One statement for any number of them. Which purchases documents belong to is found by the lines of
the purchases, and by what was linked before. What most purchases have little of is asked by
database functions, which end early: understanding a statement costs more than reading.
"""

from __future__ import annotations

from collections.abc import Collection

from odoo.addons.integration_monitor.tools.milestones import OF_MONEY
from odoo.addons.integration_monitor.tools.order_parts_sql import next_due, payment_ids
from odoo.addons.integration_monitor.tools.order_snapshot_sql import (
    LINKS,
    MILESTONES,
    PAID_INVOICES,
    as_facts,
)

from .purchase_supply_sql import FUNCTIONS as SUPPLY_FUNCTIONS
from .purchase_transfers_sql import TRANSFERS
from .sent_back_sql import BILLABLE, LEAST
from .sent_back_sql import FUNCTIONS as SENT_BACK_FUNCTIONS

_LINKED = """
    SELECT owner.res_id FROM integration_transaction owner
     WHERE owner.res_model = 'purchase.order' AND owner.id = ANY(ARRAY(
           SELECT transaction_id FROM integration_transaction_document
            WHERE res_model = '{model}' AND res_id = ANY({ids})))"""
#: What goes back within the house belongs to whom it came for.
_TRANSFERS_AND_ORIGINS = """ARRAY(
    SELECT unnest({ids}) UNION SELECT return_id FROM stock_picking WHERE id = ANY({ids}))"""
_LINES_OF_BILLS = """
    SELECT order_id FROM purchase_order_line WHERE id = ANY(ARRAY(
        SELECT purchase_line_id FROM account_move_line WHERE move_id = ANY({bills})))"""
#: How the purchases of changed documents are found; ``{ids}`` is the place of an array of ids.
ROOTS = {
    "purchase.order": "SELECT unnest({ids})",
    "stock.picking": f"""
        SELECT order_id FROM purchase_order_line WHERE id = ANY(ARRAY(
            SELECT purchase_line_id FROM stock_move WHERE picking_id = ANY({{ids}})))
         UNION {_LINKED.format(model="stock.picking", ids=_TRANSFERS_AND_ORIGINS)}""",
    "account.move": f"""{_LINES_OF_BILLS.format(bills="{ids}")}
         UNION {_LINKED.format(model="account.move", ids="{ids}")}""",
    "account.payment": _LINES_OF_BILLS.format(bills=PAID_INVOICES),
}

#: Beside the flows in ``purchase.order.integration_told``: when a vendor was told of a change.
ASKED_ANEW = "asked_anew_at"
#: The revision that it was told of then, if none from before is the same.
ASKED_REVISION = "asked_anew_revision"
# Odoo expects goods at the moment of the order where no lead time is known: that is no date
# which anybody was told.
_EXPECTED = "NULLIF(purchase.date_planned, purchase.date_order)"
# Amounts are those of the order: who may read it sees them there, and nobody here.
_PURCHASE = f"""jsonb_build_object(
    'root_model', 'purchase.order', 'id', purchase.id, 'name', purchase.name,
    'state', purchase.state, 'partner_id', purchase.partner_id,
    'revision', COALESCE(purchase.integration_revision, 0),
    'partner_name', vendor.complete_name, 'vendor_id', vendor.commercial_partner_id,
    'company_id', purchase.company_id,
    'warehouse_id', house.id, 'warehouse_name', house.name,
    'reception_steps', house.reception_steps, 'user_id', purchase.user_id,
    'kind', CASE kind.code WHEN 'dropship' THEN 'dropship' END,
    'currency_id', purchase.currency_id, 'amount_total', NULL, 'amount_company', NULL,
    'invoice_status', CASE purchase.invoice_status WHEN 'no' THEN 'no'
        ELSE integration_purchase_invoice_status(purchase.invoice_status, lines.ids) END,
    'acknowledged', COALESCE(purchase.acknowledged, false),
    'asked_anew_at', purchase.integration_told ->> '{ASKED_ANEW}',
    'asks', COALESCE(purchase.receipt_reminder_email, false),
    'unbilled', EXISTS (SELECT FROM purchase_order_line line
                         WHERE line.id = ANY(lines.ids)
                           AND COALESCE(line.qty_invoiced, 0) < line.product_qty),
    'open_services', EXISTS (SELECT FROM purchase_order_line line
                              WHERE line.id = ANY(lines.ids)
                                AND line.qty_received_method = 'manual'
                                AND COALESCE(line.qty_received, 0) < line.product_qty),
    'unbilled_services', EXISTS (SELECT FROM purchase_order_line line
                                  WHERE line.id = ANY(lines.ids)
                                    AND line.qty_received_method = 'manual'
                                    AND COALESCE(line.qty_invoiced, 0) < line.product_qty),
    'kept_services', EXISTS (SELECT FROM purchase_order_line line
                              WHERE line.id = ANY(lines.ids)
                                AND line.qty_received_method = 'manual'
                                AND NOT COALESCE(line.is_downpayment, false)
                                AND (line.qty_received > 0 OR line.qty_invoiced > 0)),
    'create_date', COALESCE(purchase.date_approve, purchase.create_date),
    'confirmed_at', purchase.date_approve,
    'commitment_date', CASE kind.code
        WHEN 'dropship' THEN LEAST({_EXPECTED}, integration_purchase_promise(lines.ids))
        ELSE {_EXPECTED} END,
    'sales', integration_purchase_sales(purchase.id, lines.ids),
    'correlation_id', purchase.integration_correlation_id,
    'told', (SELECT jsonb_agg(DISTINCT jsonb_build_array(told.message_type, told.system_id))
               FROM integration_message told
              WHERE told.transaction_id = owner.id AND told.direction = 'outbound'
                AND told.state <> 'cancelled'))"""

#: How many pieces ``item`` of ``bill`` bills or gives back; ``own`` is the unit of the line.
BILLED_PIECES = """
    CASE bill.move_type WHEN 'in_refund' THEN -item.quantity ELSE item.quantity END
    * COALESCE(unit.factor, own.factor) / own.factor"""
#: What the goods of a line cost and how many of them are billed and posted, in the unit and the
#: currency of the line, which is ``line`` of ``purchase``.
BILLED = f"""
    SELECT sum({BILLED_PIECES}) AS quantity,
           max(bill.invoice_date) AS billed_at
      FROM account_move_line item
      JOIN account_move bill ON bill.id = item.move_id AND bill.state = 'posted'
       AND bill.move_type IN ('in_invoice', 'in_refund')
      JOIN uom_uom own ON own.id = line.product_uom_id
      LEFT JOIN uom_uom unit ON unit.id = item.product_uom_id
     WHERE item.purchase_line_id = line.id"""
#: The difference of a billed price, of ``item`` of ``bill``, from that of ``line``.
PRICE_GAP = """(
    SELECT abs(item.price_unit * (1 - COALESCE(item.discount, 0) / 100)
               * own.factor / COALESCE(unit.factor, own.factor)
               * CASE WHEN bill.currency_id = purchase.currency_id THEN 1
                      ELSE purchase.currency_rate
                           / COALESCE(NULLIF(bill.invoice_currency_rate, 0), 1) END
               - line.price_unit * (1 - COALESCE(line.discount, 0) / 100))
      FROM uom_uom own LEFT JOIN uom_uom unit ON unit.id = item.product_uom_id
     WHERE own.id = line.product_uom_id)"""
# The rule says what difference is none.
_TOLERANCE = f"""({LEAST} + COALESCE((
    SELECT min(rule.tolerance) FROM integration_business_rule rule
     WHERE rule.active AND rule.check_code = 'three_way_mismatch'), 0))"""
_MATCHED = f"""bill.payment_state = 'reversed' OR NOT EXISTS (
    SELECT FROM account_move_line item
      JOIN purchase_order_line line
        ON line.id = item.purchase_line_id AND line.id = ANY(of_lines)
     WHERE item.move_id = bill.id
       -- Of a down payment nothing comes: its line has the quantity 0.
       AND NOT COALESCE(line.is_downpayment, false)
       AND ({PRICE_GAP} > {_TOLERANCE}
            OR (SELECT billed.quantity FROM ({BILLED}) billed) - {BILLABLE} > {_TOLERANCE}))"""
# In the order of the fields of ``purchase_counts.Bill``; payments as id, name and state.
BILLS = f"""
    DECLARE
        bill_ids int[];
    BEGIN
        bill_ids := ARRAY(SELECT DISTINCT move_id FROM account_move_line
                           WHERE purchase_line_id = ANY(of_lines));
        IF bill_ids = '{{}}' THEN
            RETURN NULL;
        END IF;
        RETURN jsonb_build_object(
            'invoices', (
                SELECT jsonb_agg(jsonb_build_array(
                           bill.id, bill.name, bill.move_type, bill.state, bill.payment_state,
                           {next_due("bill")}, {_MATCHED}) ORDER BY bill.id)
                  FROM account_move bill
                  JOIN purchase_order purchase ON purchase.id = of_purchase
                 WHERE bill.id = ANY(bill_ids) AND bill.move_type IN ('in_invoice', 'in_refund')),
            'payments', (
                SELECT jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                                 ORDER BY payment.id)
                  FROM account_payment payment
                 WHERE payment.id IN ({payment_ids("bill_ids")})));
    END"""
#: Arguments, result and body by name.
FUNCTIONS = {
    **SUPPLY_FUNCTIONS,
    **SENT_BACK_FUNCTIONS,
    "integration_purchase_transfers": (
        "of_purchase int, of_lines int[], several_steps bool",
        "jsonb STABLE",
        TRANSFERS,
    ),
    "integration_purchase_bills": ("of_purchase int, of_lines int[]", "jsonb STABLE", BILLS),
}

_OF_MONEY = f"ARRAY[{', '.join(repr(word) for word in OF_MONEY)}]"
#: Whether a purchase of ``bought`` changes what the transaction ``owner`` of a sales order waits
#: for, or is not known by its name there; ``sold`` are the fields of ``purchase_supply.Sold``.
CONCERNED = f"""owner.id = ANY(ARRAY(
    SELECT (sold ->> 2)::int
      FROM bought
     CROSS JOIN jsonb_array_elements(NULLIF(facts -> 0 -> 'sales', 'null')) sold
     WHERE NOT (sold ->> 0)::int = ANY(%(known)s)
       AND (sold ->> 6 IS DISTINCT FROM facts -> 0 ->> 'name'
            OR ((sold ->> 3)::bool AND EXISTS (
                SELECT FROM integration_process_step step
                 WHERE step.id = (sold ->> 5)::int AND step.branch IS DISTINCT FROM 'money'
                   AND split_part(COALESCE(step.event_code, ''), '.', 1) <> ALL({_OF_MONEY}))))))"""


def of_purchases(models: Collection[str], sales: str | None) -> str:
    """Purchases by what belongs to them now, and with the ids that new transactions get.

    With them come the sales orders whose goods they are to bring, or that do not know it yet; not
    those that were read before. Takes ids by model, and those as ``known``; one column with all of
    each, see ``reading``.

    :param models: keys of ``ROOTS``
    :param sales: a statement for sales orders by ``CONCERNED``; without it none come with them
    """
    roots = " UNION ".join(ROOTS[model].format(ids=f"%({model})s") for model in sorted(models))
    return f"""
        WITH bought (facts) AS MATERIALIZED (
        SELECT jsonb_build_array(
                   {_PURCHASE},
                   COALESCE(owner.id, nextval('integration_transaction_id_seq')), to_jsonb(owner),
                   ({MILESTONES}), ({LINKS}),
                   CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id) END,
                   integration_purchase_transfers(
                       purchase.id, lines.ids,
                       COALESCE(house.reception_steps, 'one_step') <> 'one_step'),
                   integration_purchase_bills(purchase.id, lines.ids))
          FROM purchase_order purchase
          JOIN res_partner vendor ON vendor.id = purchase.partner_id
          JOIN stock_picking_type kind ON kind.id = purchase.picking_type_id
          LEFT JOIN stock_warehouse house ON house.id = kind.warehouse_id
          LEFT JOIN integration_transaction owner
            ON owner.res_model = 'purchase.order' AND owner.res_id = purchase.id
         CROSS JOIN LATERAL (SELECT ARRAY(
                   SELECT id FROM purchase_order_line
                    WHERE order_id = purchase.id AND display_type IS NULL)) lines (ids)
         WHERE purchase.id = ANY(ARRAY({roots})))
        SELECT 'purchase.order', facts FROM bought
        {f"UNION ALL {as_facts(sales)}" if sales else ""}"""
