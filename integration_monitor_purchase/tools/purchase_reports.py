"""Which steps of a purchase vendors and messages are expected to report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from odoo.addons.integration_monitor.tools.milestone_reports import Source, Sources
from odoo.addons.integration_monitor.tools.milestones import Count, Milestone, Step
from odoo.addons.integration_monitor.tools.order_counts import moment

from .purchase_counts import BRINGING, DELIVERED, NOTICED, Transfer

ACKNOWLEDGED = "message.purchase.acknowledgement.done"


def source_of(step: Step, sources: Sources, order: dict[str, Any]) -> Source | None:
    """Return the connected system's flow that would report the step for this purchase, or None.

    Systems of other vendors do not. Who is told of purchases reports on those it was told of.
    """
    told = {tuple(row) for row in order["told"] or ()}
    tellers = {source.system_id for group in sources.values() for source in group if source.tells}
    for source in sources.get(step.message_type, ()):
        if source.warehouse_ids and order["warehouse_id"] not in source.warehouse_ids:
            continue
        if source.partner_id not in (None, order["vendor_id"]):
            continue
        if order["state"] != "purchase":
            return source  # it is told when the order is confirmed
        if source.tells:
            reports = (step.message_type, source.system_id) in told
        elif source.system_id in tellers:
            reports = any(system_id == source.system_id for _type, system_id in told)
        else:
            reports = True
        if reports:
            return source
    return None


def expected_reports(
    order: dict[str, Any],
    steps: tuple[Step, ...],
    sources: Sources,
    counts: dict[str, Count],
    old: dict[int, Milestone],
) -> dict[str, Count]:
    """Return the counts of the steps that messages and vendors report.

    The acknowledgement is also a tick on the order, and awaited where the order asks for it by a
    reminder, and anew once the vendor was told of a change. A notice is expected for each receipt,
    unless they speak of the whole order. Where the notice, or the delivery, is a step that is not
    optional, as of a dropship, transfers that are done reach it as well. What carriers report is
    expected once they reported something.
    """
    goods = counts["receipt.done"]
    result = {}
    for step in steps:
        if step.record_kind == "document" or not step.event_code:
            continue
        told = old[step.id].evidence if step.id in old else {}
        reported = told or (step.record_kind != "external" and source_of(step, sources, order))
        count = Count(expected=int(bool(reported)))
        if step.event_code == ACKNOWLEDGED:
            asked_at = moment(order.get("asked_anew_at"))
            before = asked_at and step.id in old and old[step.id].expected
            if order["acknowledged"] or order["asks"] or before:
                count = Count(
                    1, int(order["acknowledged"]), res_model="purchase.order", res_id=order["id"]
                )
                if "moments" in order:
                    count.at = _ticked_at(order)
            count.since = asked_at
        elif step.event_code in (NOTICED, DELIVERED) and not step.optional:
            count = replace(goods, expected=max(goods.expected, 1))
        elif step.event_code == NOTICED and all(key.startswith("stock.picking") for key in told):
            count.expected *= max(goods.expected, 1)
        result[step.event_code] = count
    return result


def _ticked_at(order: dict[str, Any]) -> datetime | None:
    """Return when a tick was set that nobody recorded: Odoo sets it with the first receipt.

    Of one from before only the confirmation is known.
    """
    transfers = [Transfer(*row) for row in order["pickings"] or ()]
    came = [t.date_done for t in transfers if t.role in BRINGING and t.state == "done"]
    return moment(min(filter(None, came), default=order["confirmed_at"]))
