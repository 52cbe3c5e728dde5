"""What happens in the demonstration: good days, bad days, and what a person should look at."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from testing.rpc import RpcClient
from testing.waiting import NotInTime, wait_until

from . import neighbours, office, purchases, returns, shelves
from .seed.catalogue import DROPSHIPPED, article
from .stack import Stack

US_PRODUCTS = ("IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK")
EU_PRODUCTS = ("Bar3",)
SHOPS = {"shop-us": ("shopify", US_PRODUCTS), "shop-eu": ("woocommerce", EU_PRODUCTS)}
SETTLE_SECONDS = 120
LOOK_SECONDS = 1.0
# Who asks Odoo more often keeps it from what is waited for: each question is a request in the log.
ASK_SECONDS = 0.5


class Scenario:
    """Plays on a running stack; each step is a method that says what it did."""

    def __init__(self, stack: Stack) -> None:
        """Take a started stack."""
        self.stack = stack
        self.rpc: RpcClient = stack.odoo.rpc()
        #: The exception that a person can retry with success, once it has been played.
        self.retry: str | None = None
        #: What is sent back and what a vendor ships, by the names of their documents.
        self.back = "the return"
        self.dropship = "a purchase"
        #: Orders under way that nothing goes wrong with, by the shop's number.
        self._good: list[str] = []
        #: The sales order that is late, once it has been entered.
        self._late = 0

    def order(
        self,
        shop: str = "shop-us",
        *,
        count: int = 1,
        mix: tuple[str, ...] = ("plain",),
        target: str | None = None,
        skus: tuple[str, ...] | None = None,
        seed: int = 1,
    ) -> list[dict[str, Any]]:
        """Let customers order; return the shop's orders (``key``, ``webhook_id``, ``payload``).

        :param mix: variants of the order generator, taken in turn
        :param target: the shop's webhook target, when not the usual one
        :param skus: what is ordered, when not from the shop's usual articles
        """
        style, usual = SHOPS[shop]
        body: dict[str, Any] = {
            "count": count,
            "format": style,
            "mix": list(mix),
            "seed": seed,
            "products": [article(sku) for sku in skus or usual],
        }
        if target:
            body["target"] = target
        return self.stack.partners[shop].control("POST", "orders/generate", body)["orders"]

    def sale_orders(self, keys: list[str]) -> list[dict[str, Any]]:
        """Return the sales orders of shop orders, by the shop's number."""
        return self.rpc.search_read(
            "sale.order",
            [("integration_external_key", "in", keys)],
            ["name", "state", "amount_total", "invoice_status", "integration_external_key"],
        )

    def transactions(self, domain: list[Any]) -> list[dict[str, Any]]:
        """Return business transactions with what they wait for."""
        return self.rpc.search_read(
            "integration.transaction",
            domain,
            ["name", "state", "res_id", "waits_for_step_id", "waits_on", "cause", "cause_text"],
        )

    def wait_completed(self, keys: list[str], timeout: float = SETTLE_SECONDS) -> None:
        """Wait until the orders with these shop numbers are delivered, invoiced and paid."""

        def completed() -> bool:
            orders = self.sale_orders(keys)
            if len(orders) < len(keys):
                return False
            open_ones = self.transactions(
                [
                    ("res_model", "=", "sale.order"),
                    ("res_id", "in", [order["id"] for order in orders]),
                    ("state", "!=", "completed"),
                ]
            )
            return not open_ones

        wait_until(completed, timeout, f"orders {keys} completed", interval=ASK_SECONDS)

    def newest_exception(self) -> int:
        """Return the id of the newest exception, 0 when there is none."""
        newest = self.rpc.search_read("integration.exception", [], ["id"], order="id desc", limit=1)
        return newest[0]["id"] if newest else 0

    def wait_exception(
        self, domain: list[Any], timeout: float = SETTLE_SECONDS, *, after: int = 0
    ) -> dict[str, Any]:
        """Wait for an open exception that matches, and return it.

        :param after: only one that is newer than this id; see ``newest_exception``
        """
        return wait_until(
            lambda: self.rpc.search_read(
                "integration.exception",
                [("is_open", "=", True), ("id", ">", after), *domain],
                ["name", "state", "error_class", "amount_at_stake", "message_id", "user_id"],
                order="id desc",
                limit=1,
            ),
            timeout,
            f"an open exception {domain}",
            interval=ASK_SECONDS,
        )[0]

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield (what happens, action) in order."""
        yield (
            "Two partners subscribe to business events; finance takes part; a gate is set up",
            self._switch_on,
        )
        yield "Four customers order in the web shop", self._good_day
        yield "Two orders for the warehouse that a third party runs", self._third_party
        yield "Two orders in the European shop; its warehouse picks by hand", self._europe
        yield "An order with a product that Odoo does not know", self._unknown_product
        yield (
            "Two orders entered by hand, without stock: one is late, one is at risk",
            self._by_hand,
        )
        yield "Three purchases: one is late, one has no bill, one a bill too dear", self._purchases
        yield "An order whose goods the vendor ships; he has not done so yet", self._dropship
        yield "Somebody invoices a deposit: the gate keeps it back", self._deposit
        yield (
            "Programs that no flow knows: a call to an unknown host, a question by API",
            self._others,
        )
        yield "The first six orders arrive: delivered, invoiced and paid", self._completed
        yield "A customer sends his goods back: nobody has returned his money yet", self._return
        yield (
            "The warehouse finds only half of an order: a back order follows",
            lambda: shelves.ship_half(self),
        )
        yield "The shop delivers one order twice, and one with a wrong signature", self._noise
        yield "The carrier is down: booking is retried, then an exception opens", self._carrier_down

    def _switch_on(self) -> None:
        # Once: afterwards they are as somebody left them.
        if self.rpc.call("sale.order", "search_count", []):
            return
        for model in ("integration.subscription", "integration.flow", "integration.gate"):
            archived = self.rpc.call(model, "search", [("active", "=", False)])
            self.rpc.call(model, "write", archived, {"active": True})

    def _good_day(self) -> None:
        orders = self.order(count=4, mix=("plain", "discount", "shipping", "repeat_customer"))
        self._good += [order["key"] for order in orders]

    def _third_party(self) -> None:
        orders = self.order(count=2, target="east", mix=("guest", "plain"), seed=2)
        self._good += [order["key"] for order in orders]

    def _completed(self) -> None:
        self.wait_completed(self._good)

    def _europe(self) -> None:
        self.order("shop-eu", count=2, mix=("tax_included+foreign_currency", "plain"), seed=3)

    def _noise(self) -> None:
        shop = self.stack.partners["shop-us"]
        shop.faults({"kind": "duplicate", "direction": "out", "count": 1})
        self.order(seed=5)
        shop.faults({"kind": "wrong_signature", "direction": "out", "count": 2})
        self.order(seed=6)

    def _unknown_product(self) -> None:
        before = self.newest_exception()
        self.order(skus=("NEW-SPEAKER",), seed=7)
        self.wait_exception([("source_value", "=", "NEW-SPEAKER")], after=before)

    def _by_hand(self) -> None:
        self._late = office.enter_late_order(self)
        self._wait_timeliness(self._late, "missed")
        self._wait_timeliness(office.enter_order_at_risk(self), "warning")

    def _purchases(self) -> None:
        late = purchases.enter_purchases(self)
        self._wait_timeliness(late, "missed", root="purchase.order")

    def _dropship(self) -> None:
        keys = [order["key"] for order in self.order(skus=tuple(DROPSHIPPED), seed=9)]
        [order] = self._ask(lambda: self.sale_orders(keys), f"orders {keys}")
        # Nobody buys for an order before its customer's credit was checked.
        self._wait_step(order["id"], "sale.order", "shipped")
        purchase = purchases.confirm_dropship(self, order["id"])
        self.dropship = self._wait_step(purchase, "purchase.order", "shipped")

    def _return(self) -> None:
        first = self._good[:1]
        self.wait_completed(first)
        [order] = self.sale_orders(first)
        back = returns.send_back(self, order["id"])
        self.back = self._wait_step(back, "stock.picking", "refunded")

    def _wait_step(self, document: int, model: str, step: str) -> str:
        """Wait until the transaction of a document waits for a step; return its name."""
        domain = [("res_model", "=", model), ("res_id", "=", document)]
        domain.append(("waits_for_step_id.code", "=", step))
        what = f"{model} {document} that waits for {step}"
        return str(self._ask(lambda: self.transactions(domain), what)[0]["name"])

    def _deposit(self) -> None:
        office.enter_deposit(self, self._late)

    def _wait_timeliness(self, order: int, timeliness: str, root: str = "sale.order") -> None:
        """Wait until the transaction of an order is late or at risk."""
        domain = [("res_model", "=", root), ("res_id", "=", order)]
        domain.append(("timeliness", "=", timeliness))
        self._ask(lambda: self.transactions(domain), f"order {order} {timeliness}")

    def _ask(self, question: Callable[[], list[dict[str, Any]]], what: str) -> list[dict[str, Any]]:
        """Ask Odoo until there is an answer, and return it."""
        return wait_until(question, SETTLE_SECONDS, what, interval=ASK_SECONDS)

    def _others(self) -> None:
        neighbours.announce_pick_up(self)
        neighbours.ask_for_stock(self)

    def _carrier_down(self) -> None:
        carrier = self.stack.partners["carrier"]
        carrier.faults({"kind": "status", "direction": "in", "path": "/shipments", "status": 503})
        try:
            before = self.newest_exception()
            self.order(count=2, seed=8)
            self.retry = self.wait_exception(
                [("flow_id.code", "=", "carrier.booking"), ("error_class", "=", "server")],
                after=before,
            )["name"]
        finally:
            carrier.clear_faults()

    def play(self, say: Callable[[str], None]) -> list[str]:
        """Play every step; return what did not happen in time (nothing, on a good machine).

        :raises StackEnded: a process that the scenario needs has ended
        """
        missed = []
        for text, action in self.steps():
            say(text)
            try:
                with self._needing_everybody():
                    action()
            except NotInTime as error:
                missed.append(str(error))
                say(f"  not in time: {error}")
        return missed

    def trickle(self, stop: threading.Event, every: float = 20.0) -> None:
        """Let one customer order every few seconds until *stop* is set.

        :raises StackEnded: a process has ended; found out within ``LOOK_SECONDS``
        """
        number = 100
        due = time.monotonic() + every
        while not stop.wait(min(every, LOOK_SECONDS)):
            self.stack.check()
            if time.monotonic() < due:
                continue
            due = time.monotonic() + every
            number += 1
            with self._needing_everybody():
                self.order(
                    seed=number, mix=("plain", "shipping", "discount", "guest")[number % 4 :][:1]
                )

    @contextlib.contextmanager
    def _needing_everybody(self) -> Iterator[None]:
        """Say which process has ended in place of what its absence leads to."""
        self.stack.check()
        try:
            yield
        except (OSError, RuntimeError, NotInTime):
            # Connections break a moment before the process has ended.
            with contextlib.suppress(NotInTime):
                wait_until(self.stack.check, LOOK_SECONDS, "the end of a process")
            raise
