"""When something happened that nobody recorded: by the documents' own dates.

For orders from before the installation, and for what a job records later. What was recorded as it
happened has a better moment, the recorder's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from .milestones import Count
from .order_counts import PAID_STATES


class Moments(NamedTuple):
    """Since when a document is what it is (confirmed, posted, reserved), and when it was paid."""

    at: datetime | None
    paid_at: datetime | None


def _of_day(day: str, entered: str) -> str:
    """The moment of a day in the company's time zone that is nearest to when it was entered."""
    begin, end = (
        f"(({day} + {days})::timestamp AT TIME ZONE home.tz) AT TIME ZONE 'UTC'" for days in (0, 1)
    )
    return f"""greatest({begin}, least(date_trunc('second', {entered}),
                                       {end} - interval '1 second'))"""


def _settled(own: str) -> str:
    """When what is on the *own* side of reconciliations of an invoice was settled."""
    return f"""
        SELECT max({_of_day("part.max_date", "part.create_date")})
          FROM account_move_line item
          JOIN account_partial_reconcile part ON part.{own}_move_id = item.id
         WHERE item.move_id = move.id"""


_POSTED = _of_day("COALESCE(move.invoice_date, move.date)", "move.create_date")
#: Model, id, and ``Moments`` of the documents of orders, all of them at once. The rows of a
#: reservation were made when it was.
MOMENTS = f"""
    SELECT 'sale.order', sale.id, date_trunc('second', sale.date_order), NULL::timestamp
      FROM sale_order sale WHERE sale.id = ANY(%(orders)s) AND sale.state = 'sale'
     UNION ALL
    SELECT 'stock.picking', line.picking_id, date_trunc('second', max(line.create_date)), NULL
      FROM stock_move_line line WHERE line.picking_id = ANY(%(pickings)s)
     GROUP BY line.picking_id
     UNION ALL
    SELECT 'account.move', move.id, {_POSTED}, greatest(
           {_POSTED}, ({_settled("debit")}), ({_settled("credit")}), (
           -- Of payments without an entry of their own nothing is reconciled.
           SELECT max({_of_day("payment.date", "payment.create_date")})
             FROM account_move__account_payment link
             JOIN account_payment payment ON payment.id = link.payment_id
                                         AND payment.state IN ('in_process', 'paid')
            WHERE link.invoice_id = move.id))
      FROM account_move move
      JOIN (SELECT company.id, COALESCE(partner.tz, 'UTC') AS tz
              FROM res_company company
              JOIN res_partner partner ON partner.id = company.partner_id) home
        ON home.id = move.company_id
     WHERE move.id = ANY(%(moves)s) AND move.state = 'posted'"""


def asked_of(orders: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    """Return what ``MOMENTS`` takes for rows of the snapshot, of any kind of root."""
    result: dict[str, set[int]] = {"orders": set(), "pickings": set(), "moves": set()}
    for order in orders:
        if order["root_model"] == "sale.order":
            result["orders"].add(order["id"])
        # What is done has a date.
        result["pickings"].update(row[0] for row in order["pickings"] or () if row[2] == "assigned")
        result["moves"].update(row[0] for row in order["invoices"] or () if row[3] == "posted")
    return {name: sorted(ids) for name, ids in result.items()}


def change_now(
    moments: dict[tuple[str, int], Moments], changes: dict[str, dict[int, dict]], now: datetime
) -> None:
    """Give what was posted or paid just now that moment, whatever dates it bears.

    :param moments: by model and id of the document, changed in place
    :param changes: first old values by model and id, as in ``notes.Notes``
    """
    for res_id, old in changes.get("account.move", {}).items():
        if found := moments.get(("account.move", res_id)):
            posted = old.get("state", "posted") != "posted"
            paid = old.get("payment_state", "paid") not in PAID_STATES
            moments["account.move", res_id] = Moments(
                now if posted else found.at, now if paid else found.paid_at
            )


def date_counts(
    counts: dict[str, Count],
    invoices: list[Any],
    moments: dict[tuple[str, int], Moments],
    now: datetime,
) -> None:
    """Give the counts that know no moment that of their last document.

    :param counts: by event code, changed in place
    :param invoices: id, name, type, state first, see ``root.Root``
    :param moments: by model and id of the document
    :param now: nothing happened later
    """
    for code, count in counts.items():
        if count.at or not count.reached:
            continue
        found = moments.get((count.res_model or "", count.res_id or 0))
        if count.res_model == "account.move":
            found = _last(code, count, invoices, moments)
        if found and found.at:
            count.at = min(found.at, now)


def _last(
    code: str, count: Count, invoices: list[Any], moments: dict[tuple[str, int], Moments]
) -> Moments | None:
    """When the last invoice of its type was posted, or paid, as the event asks."""
    kind = next((bill.move_type for bill in invoices if bill.id == count.res_id), None)
    found = [
        moments[key]
        for bill in invoices
        if bill.move_type == kind and (key := ("account.move", bill.id)) in moments
    ]
    paid = code.endswith(("paid", "refunded"))
    dates = [at for one in found if (at := one.paid_at if paid else one.at)]
    return Moments(max(dates), None) if dates else None
