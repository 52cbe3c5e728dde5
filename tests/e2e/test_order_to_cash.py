"""Orders of web shops, all the way to the money, over real processes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ledgers
import pytest
import requests
from world import World

from testing.waiting import wait_until

MIX = (
    "plain", "discount", "shipping", "tax_included", "guest", "repeat_customer",
    "tax_included+discount+shipping",
)  # fmt: skip
STEPS = {
    "received", "validated", "confirmed", "released", "allocated", "picked", "packed", "shipped",
    "carrier_booked", "in_transit", "delivered", "invoiced", "paid",
}  # fmt: skip


@pytest.fixture(scope="module")
def played(world: World) -> dict[str, Any]:
    """Play everything that this module looks at; return the orders' keys by what they are."""
    sample = world.post_sample("shop-us", "shopify/order_created.json", "shopify")["key"]
    woo = world.post_sample("shop-eu", "woocommerce/order_created.json", "woocommerce")["key"]
    mixed = world.order(count=len(MIX), mix=MIX, seed=21)
    third_party = world.order(count=2, mix=("guest", "discount"), target="east", seed=22)
    foreign = world.order(mix=("foreign_currency+discount",), seed=23)
    europe = world.order(
        "shop-eu", count=3, mix=("tax_included", "discount+shipping", "foreign_currency"), seed=24
    )
    chain = [sample, *mixed, *third_party]
    world.wait_completed(chain)
    # The warehouse ships half of each line; the rest follows as a back order.
    for name, options in (("wms-main", {}), ("wms-3pl", {"target": "east"})):
        world.partners[name].behaviour(short_rate=1.0)
        before = len(world.partners[name].ledger("shipments"))
        short = world.order(seed=25, **options)
        world.partners[name].wait_for("shipments", before + 1, timeout=60)
        world.partners[name].behaviour(short_rate=0.0)
        chain += short
    world.wait_completed(chain)
    return {
        "sample": sample,
        "woo": woo,
        "chain": chain,
        "short": chain[-2:],
        "foreign": foreign,
        "europe": europe,
    }


def test_published_samples_become_orders(world: World, played: dict[str, Any]) -> None:
    """A shop's published order, byte for byte, is refused or gets other amounts."""
    ledgers.compare_orders(world, [played["sample"], played["woo"]])
    totals = dict(
        world.query(
            """SELECT integration_external_key, amount_total::text FROM sale_order
                WHERE integration_external_key IN (%s, %s)""",
            played["sample"],
            played["woo"],
        )
    )
    assert {key: Decimal(total) for key, total in totals.items()} == {
        played["sample"]: Decimal("409.94"),
        played["woo"]: Decimal("29.35"),
    }


def test_every_order_is_one_order(world: World, played: dict[str, Any]) -> None:
    """A discounted, taxed, foreign or guest's order is lost, doubled or differs by a cent."""
    keys = [*played["chain"], *played["foreign"], *played["europe"]]
    wait_until(
        lambda: world.value(
            "SELECT count(*) FROM sale_order WHERE integration_external_key = ANY(%s)", keys
        )
        == len(keys),
        60,
        "all orders made",
    )
    ledgers.compare_orders(world, keys)


def test_ledgers_agree(world: World, played: dict[str, Any]) -> None:
    """Warehouse, carrier or accounting tell another story than Odoo."""
    ledgers.compare(world, played["chain"])


def test_short_pick_becomes_back_order(world: World, played: dict[str, Any]) -> None:
    """What the warehouse did not find is forgotten, or sent and invoiced twice."""
    for key in played["short"]:
        [(ordered, delivered, outgoing, back_orders)] = world.query(
            """SELECT (SELECT SUM(product_uom_qty) FROM sale_order_line l
                         JOIN product_product p ON p.id = l.product_id
                         JOIN product_template t ON t.id = p.product_tmpl_id
                        WHERE l.order_id = o.id AND t.type = 'consu'),
                      (SELECT SUM(qty_delivered) FROM sale_order_line l
                         JOIN product_product p ON p.id = l.product_id
                         JOIN product_template t ON t.id = p.product_tmpl_id
                        WHERE l.order_id = o.id AND t.type = 'consu'),
                      (SELECT COUNT(*) FROM stock_picking k
                         JOIN stock_picking_type y ON y.id = k.picking_type_id
                        WHERE k.sale_id = o.id AND y.code = 'outgoing' AND k.state = 'done'),
                      (SELECT COUNT(*) FROM stock_picking k
                        WHERE k.sale_id = o.id AND k.backorder_id IS NOT NULL)
                 FROM sale_order o WHERE o.integration_external_key = %s""",
            key,
        )
        assert ordered == delivered
        assert outgoing >= 2 and back_orders >= 1


def test_all_milestones_reached(world: World, played: dict[str, Any]) -> None:
    """A finished order still looks unfinished in the control tower."""
    rows = world.query(
        """SELECT o.integration_external_key, t.state, w.code, s.code, m.state
             FROM sale_order o
             JOIN stock_warehouse w ON w.id = o.warehouse_id
             JOIN integration_transaction t ON t.res_model = 'sale.order' AND t.res_id = o.id
             JOIN integration_milestone m ON m.transaction_id = t.id
             JOIN integration_process_step s ON s.id = m.step_id
            WHERE o.integration_external_key = ANY(%s)""",
        played["chain"],
    )
    assert {row[1] for row in rows} == {"completed"}
    assert {row[0] for row in rows} == set(played["chain"])
    assert {row[3] for row in rows} == STEPS
    for key, _state, warehouse, step, state in rows:
        assert state == "reached", f"order {key} from {warehouse}: {step} is {state}"
    assert {row[2] for row in rows if row[3] == "packed"} == {"MAIN"}


def test_one_correlation_id(world: World, played: dict[str, Any]) -> None:
    """A partner's log line cannot be found again in Odoo."""
    ledgers.compare_correlation(world, played["chain"])


def test_shop_offers_what_is_free(world: World, played: dict[str, Any]) -> None:
    """The shop sells what the warehouse has promised to somebody else."""
    world.wait_quiet()
    ledgers.compare_stock(world)


def test_nothing_failed(world: World, played: dict[str, Any]) -> None:
    """A good day leaves exceptions, failed messages or errors in the server's log."""
    assert world.query("SELECT name, error_message FROM integration_exception") == []
    states = dict(world.query("SELECT state, count(*) FROM integration_message GROUP BY state"))
    assert set(states) <= {"done", "cancelled"}, states
    assert world.query("SELECT exc_info FROM queue_job WHERE state = 'failed'") == []


def test_metrics_tell_of_the_traffic(world: World, played: dict[str, Any]) -> None:
    """Prometheus is refused, or reads figures that know nothing of a day's orders."""
    admin = world.person()
    settings = admin.call("res.config.settings", "create", {})
    shown = admin.call("res.config.settings", "action_rotate_integration_metrics_token", [settings])
    url = f"{world.odoo.url}/integration/metrics"
    assert requests.get(url, timeout=30).status_code == 401
    token = {"Authorization": f"Bearer {shown['context']['default_token']}"}
    answer = requests.get(url, headers=token, timeout=30)
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if 'flow="shop-us.orders"' in line]
    assert any(float(line.rpartition(" ")[2]) > 0 for line in lines), answer.text[:2000]
