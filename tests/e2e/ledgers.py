"""Compares the partners' ledgers with Odoo, document by document, in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from world import World

from testing.waiting import wait_until

CENT = Decimal("0.01")


def money(value: Any) -> Decimal:
    """Return an amount in cents' precision."""
    return Decimal(str(value)).quantize(CENT)


def order_total(order: dict[str, Any]) -> tuple[Decimal, str]:
    """Return (total, currency) that a shop's order asks of its customer."""
    payload = order["payload"]
    total = payload["total"] if order["format"] == "woocommerce" else payload["total_price"]
    return money(total), payload["currency"]


def compare(world: World, keys: Iterable[str], *, complete: bool = True) -> None:
    """Assert that shop, warehouse, carrier and Odoo tell the same story of the orders *keys*.

    :param complete: whether the orders are expected to be delivered, invoiced and paid
    """
    keys = list(keys)
    compare_orders(world, keys)
    orders = [
        row[0]
        for row in world.query(
            "SELECT id FROM sale_order WHERE integration_external_key = ANY(%s)", keys
        )
    ]
    for partner, warehouse in (("wms-main", "MAIN"), ("wms-3pl", "PTL")):
        compare_warehouse(world, partner, warehouse, orders, complete)
    compare_carrier(world, orders, complete)
    if complete:
        compare_invoices(world, orders)


def compare_orders(world: World, keys: list[str]) -> None:
    """Each shop order is exactly one sales order, to the cent."""
    known = {
        order["key"]: (shop, order)
        for shop in ("shop-us", "shop-eu")
        for order in world.partners[shop].ledger("orders")
    }
    made: dict[str, list[tuple[Decimal, str, str]]] = {}
    for key, shop, total, currency, state in world.query(
        """SELECT o.integration_external_key, s.code, o.amount_total, c.name, o.state
             FROM sale_order o
             JOIN integration_system s ON s.id = o.integration_system_id
             JOIN res_currency c ON c.id = o.currency_id
            WHERE o.integration_external_key = ANY(%s)""",
        keys,
    ):
        assert known[key][0] == shop, f"order {key} of {known[key][0]} became one of {shop}"
        made.setdefault(key, []).append((money(total), currency, state))
    for key in keys:
        assert made.get(key) == [(*order_total(known[key][1]), "sale")], f"shop order {key}"


def compare_warehouse(
    world: World, partner: str, warehouse: str, orders: list[int], complete: bool
) -> None:
    """Each release is one transfer, each transfer one release; shipped is what Odoo shipped."""
    simulator = world.partners[partner]
    releases = {
        release["reference"]: release
        for release in simulator.ledger("releases")
        if release["status"] != "cancelled"
    }
    effects = Counter(effect["key"] for effect in simulator.ledger("effects", kind="release"))
    assert all(count == 1 for count in effects.values()), f"released twice: {effects}"
    shipped: Counter[tuple[str, int]] = Counter()
    for shipment in simulator.ledger("shipments"):
        for line in shipment["lines"]:
            shipped[shipment["reference"], int(line["line_id"])] += int(line["quantity"])
    pickings = world.query(
        """SELECT p.name, p.state, p.integration_release_ref, p.integration_shipment_ref,
                  jsonb_object_agg(m.id, CASE WHEN m.state = 'done' THEN m.quantity ELSE 0 END)
             FROM stock_picking p
             JOIN stock_move m ON m.picking_id = p.id
             JOIN stock_picking_type t ON t.id = p.picking_type_id
             JOIN stock_warehouse w ON w.id = t.warehouse_id
            WHERE w.code = %s AND p.sale_id = ANY(%s) AND p.state != 'cancel'
              AND m.location_id = w.lot_stock_id
            GROUP BY p.id""",
        warehouse,
        orders,
    )
    names = [picking[0] for picking in pickings]
    assert len(set(names)) == len(names)
    for name, state, number, shipment, moves in pickings:
        assert name in releases, f"{name} is reserved and was not released to {partner}"
        assert number == releases[name]["id"], f"{name} does not know its release"
        if not complete and state != "done":
            continue
        assert (state, bool(shipment)) == ("done", True), f"{name} is {state}"
        for move, quantity in moves.items():
            assert shipped[name, int(move)] == quantity, f"{name}, line {move}"


def compare_carrier(world: World, orders: list[int], complete: bool) -> None:
    """Each parcel is one done delivery, each delivery one parcel."""
    parcels = world.partners["carrier"].ledger("shipments")
    references = Counter(parcel["reference"] for parcel in parcels)
    twice = [name for name, count in references.items() if count > 1]
    assert not twice, f"booked twice: {twice}"
    tracked = {parcel["tracking_number"]: parcel["reference"] for parcel in parcels}
    assert len(tracked) == len(parcels), "one tracking number for two parcels"
    deliveries = world.query(
        """SELECT p.name, p.carrier_tracking_ref, p.integration_tracking_status
             FROM stock_picking p
             JOIN stock_picking_type t ON t.id = p.picking_type_id
             JOIN delivery_carrier c ON c.id = p.carrier_id
            WHERE t.code = 'outgoing' AND p.state = 'done' AND p.sale_id = ANY(%s)
              AND c.integration_flow_id IS NOT NULL""",
        orders,
    )
    for name, tracking, status in deliveries:
        if complete or tracking:
            assert tracked.get(tracking) == name, f"{name} has tracking number {tracking}"
        if complete:
            assert status == "delivered", f"{name} is {status}"
    done = {row[0] for row in world.query("SELECT name FROM stock_picking WHERE state = 'done'")}
    assert set(tracked.values()) <= done, "a parcel of a delivery that did not happen"


def compare_invoices(world: World, orders: list[int]) -> None:
    """What was ordered is delivered, invoiced once to the cent, and paid."""
    for name, total, due, invoiced, open_amount, drafts, paid in world.query(
        """SELECT o.name, o.amount_total, q.due, i.amount, i.residual, i.drafts, i.paid
             FROM sale_order o
             JOIN LATERAL (
                  SELECT SUM(ABS(l.product_uom_qty - l.qty_invoiced)) AS due
                    FROM sale_order_line l
                   WHERE l.order_id = o.id AND l.display_type IS NULL) q ON TRUE
             JOIN LATERAL (
                  SELECT SUM(m.amount_total) AS amount, SUM(m.amount_residual) AS residual,
                         COUNT(*) FILTER (WHERE m.state != 'posted') AS drafts,
                         BOOL_AND(m.payment_state IN ('paid', 'in_payment')) AS paid
                    FROM account_move m
                   WHERE m.id IN (
                         SELECT a.move_id FROM account_move_line a
                           JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = a.id
                           JOIN sale_order_line l ON l.id = r.order_line_id
                          WHERE l.order_id = o.id)) i ON TRUE
            WHERE o.id = ANY(%s)""",
        orders,
    ):
        assert not drafts, f"{name} has a draft invoice"
        assert not due, f"{name}: quantities differ from what is invoiced"
        assert money(invoiced or 0) == money(total), f"{name}: invoiced {invoiced}"
        assert (money(open_amount), paid) == (money(0), True), f"{name} is not paid"
    unpaid = world.query(
        """SELECT m.name FROM account_move m
            WHERE m.move_type = 'out_invoice' AND m.state = 'posted'
              AND m.amount_total != (
                  SELECT COALESCE(SUM(p.amount), 0) FROM account_payment p
                    JOIN account_move__account_payment r ON r.payment_id = p.id
                   WHERE r.invoice_id = m.id AND p.state IN ('in_process', 'paid'))"""
    )
    assert not unpaid, f"invoices without their payment: {unpaid}"


def compare_stock(world: World) -> None:
    """The American shop offers exactly what is free in its warehouse, a moment later at most."""
    admin = world.person()
    [main] = admin.call("stock.warehouse", "search", [("code", "=", "MAIN")])

    def differences() -> dict[str, tuple[Any, Any]] | None:
        offered = {
            level["sku"]: Decimal(str(level["quantity"]))
            for level in world.partners["shop-us"].ledger("stock")
        }
        free = {
            product["default_code"]: Decimal(str(product["free_qty"]))
            for product in admin.search_read(
                "product.product",
                [("default_code", "in", list(offered))],
                ["default_code", "free_qty"],
                context={"warehouse_id": main},
            )
        }
        assert offered, "no stock level reached the shop"
        return {sku: (offered[sku], free.get(sku)) for sku in offered if offered[sku] != free[sku]}

    # Odoo's scheduler corrects reservations at any time; the shop hears of it by a message.
    wait_until(lambda: not differences(), 30, "the shop to offer what is free", interval=0.5)


def compare_correlation(world: World, keys: Iterable[str]) -> None:
    """One correlation id goes through messages, documents, log and the partners' requests."""
    sent = {
        request["correlation_id"]
        for name in ("wms-main", "wms-3pl", "carrier")
        for request in world.partners[name].ledger("requests", method="POST")
        if request["path"] in ("/releases", "/shipments")
    }
    for key in keys:
        [(order, correlation, transaction)] = world.query(
            """SELECT o.id, o.integration_correlation_id, t.id FROM sale_order o
                 JOIN integration_transaction t
                   ON t.res_model = 'sale.order' AND t.res_id = o.id
                  AND t.correlation_id = o.integration_correlation_id
                WHERE o.integration_external_key = %s""",
            key,
        )
        assert correlation in sent, f"the partners do not know {correlation}"
        others = world.query(
            """SELECT DISTINCT f.code, m.correlation_id FROM integration_message m
                 JOIN integration_flow f ON f.id = m.flow_id
                WHERE m.transaction_id = %s AND m.correlation_id != %s""",
            transaction,
            correlation,
        )
        assert not others, f"messages of order {key} with another correlation id"
        types = {
            row[0]
            for row in world.query(
                "SELECT message_type FROM integration_message WHERE correlation_id = %s",
                correlation,
            )
        }
        expected = {
            "shop.order", "wms.release", "wms.shipment", "carrier.booking", "carrier.tracking",
        }  # fmt: skip
        assert types == expected, f"order {key} is told by {types}"
        kinds = {
            row[0]
            for row in world.query(
                "SELECT DISTINCT kind FROM integration_log WHERE correlation_id = %s", correlation
            )
        }
        assert {"message", "http_out", "webhook_in"} <= kinds, f"the log of order {key}: {kinds}"
        references = world.query(
            """SELECT DISTINCT r.integration_correlation_id FROM stock_reference r
                 JOIN stock_reference_sale_rel s ON s.reference_id = r.id
                WHERE s.sale_id = %s""",
            order,
        )
        assert references == [(correlation,)], f"transfers of order {key}"
