"""What sales orders wait for of the purchases that bring their goods.

Plain data: rows of the snapshot of purchases, or of ``purchase_supply_sql.SUPPLIES``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

#: Before these a purchase is only a request.
UNCONFIRMED = frozenset({"draft", "sent", "to approve"})
#: Verdicts on a sales order that the purchase of its goods may explain.
EXPLAINED = frozenset({"unknown.waiting", "unknown.no_transfer", "partner.dropship", "stock"})


class Sold(NamedTuple):
    """A sales order that a purchase brings goods for.

    ``owner_id`` to ``waits_for_step_id`` are those of its transaction, ``known_as`` the name by
    which that knows the purchase; ``owed``: a dropship that no other purchase or transfer
    stands for; ``lacks``: goods from the shelf are missing as well.
    """

    id: int
    name: str
    owner_id: int | None
    going: bool | None
    process_id: int | None
    waits_for_step_id: int | None
    known_as: str | None
    owed: bool
    lacks: bool


class Supply(NamedTuple):
    """A purchase, as one of its sales orders needs it; ``judged`` of its transaction, or None."""

    purchase: dict[str, Any]
    sold: Sold
    judged: dict[str, Any] | None

    @property
    def dropship(self) -> bool:
        """Whether the goods go straight to the customer."""
        return self.purchase["kind"] == "dropship"

    @property
    def coming(self) -> bool:
        """Whether it owes the customer a delivery that no transfer stands for yet."""
        if not self.dropship:
            return False
        if self.purchase["state"] == "cancel":
            return self.sold.owed
        return self.purchase["state"] in UNCONFIRMED


def sales_of(purchase: dict[str, Any]) -> list[Sold]:
    """Return the sales orders of a purchase."""
    return [Sold(*row) for row in purchase["sales"] or ()]


def supplies_of(purchase: dict[str, Any]) -> list[Supply]:
    """Return what a purchase brings, for each of its sales orders."""
    return [Supply(purchase, sold, purchase.get("judged")) for sold in sales_of(purchase)]


def by_sale(orders: Iterable[dict[str, Any]]) -> dict[int, list[Supply]]:
    """Return what purchases bring, by sales order.

    :param orders: rows of sales orders, with the purchases they know as ``supplies``, and of
        purchases, which were judged since
    """
    purchases = {}
    for order in orders:
        for purchase in order.get("supplies") or ():
            purchases.setdefault(purchase["id"], purchase)
    for order in orders:
        if order["root_model"] == "purchase.order":
            purchases[order["id"]] = order
    found = defaultdict(list)
    for _id, purchase in sorted(purchases.items()):
        for item in supplies_of(purchase):
            found[item.sold.id].append(item)
    return found


def linked(order: dict[str, Any]) -> list[int]:
    """Return the ids of the purchases that the transaction of a sales order knows."""
    return [
        int(document.partition(",")[2])
        for document in order["links"]
        if document.startswith("purchase.order,")
    ]


def blamed(
    text: str, found: Iterable[Supply], brings: Callable[[dict[str, Any]], bool]
) -> Supply | None:
    """Return the purchase that an order waits for, or None.

    One that was cancelled first, then one that nobody confirmed, then what is worst of the others.

    :param text: the verdict on the order without purchases
    :param brings: tells of what was judged of a purchase whether its goods are still to come
    """
    dropship = text in ("unknown.no_transfer", "partner.dropship")
    candidates = []
    for supply in found:
        if supply.dropship != dropship or (text == "stock" and supply.sold.lacks):
            continue
        if supply.purchase["state"] == "cancel":
            if supply.coming:
                candidates.append((0, supply.purchase["id"], supply))
        elif supply.purchase["state"] in UNCONFIRMED:
            candidates.append((1, supply.purchase["id"], supply))
        elif supply.judged and supply.judged["state"] == "in_progress" and brings(supply.judged):
            healthy = supply.judged["cause"] in ("partner", "team")
            candidates.append((3 if healthy else 2, supply.purchase["id"], supply))
    return min(candidates, default=(0, 0, None), key=lambda row: row[:2])[2]
