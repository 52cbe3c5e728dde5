"""Labels that a carrier sold and a database transaction lost: real conflicts and rollbacks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from foreign import PRELUDE
from outside import Answer, Outside, Received, outside
from shell import OdooShell

from provision import databases, templates

# A provider as its module brings it, in the process that runs the script; and an order to ship.
PROVIDER = """
import requests
from odoo import fields as odoo_fields
from odoo.exceptions import UserError
carriers = type(env["delivery.carrier"])
kind = carriers._fields["delivery_type"]
kind.selection = [*kind.selection, ("tstparcel", "Test Parcel")]
kind._selection = dict(kind.selection)
def send_shipping(self, pickings):
    answer = requests.post("{url}/labels", json={{"reference": pickings.name}}, timeout=20)
    answer.raise_for_status()
    sold = answer.json()
    return [{{"exact_price": sold["price"], "tracking_number": sold["number"]}}]
def cancel_shipment(self, pickings):
    answer = requests.post(f"{url}/cancel/{{pickings.carrier_tracking_ref}}", timeout=20)
    answer.raise_for_status()
carriers.tstparcel_send_shipping = send_shipping
carriers.tstparcel_cancel_shipment = cancel_shipment
carrier = env["delivery.carrier"].search([("delivery_type", "=", "tstparcel")])
if not carrier:
    service = env["product.product"].create({{"name": "Parcel", "type": "service"}})
    carrier = env["delivery.carrier"].create({{
        "name": "Parcel Inc.", "delivery_type": "tstparcel", "product_id": service.id}})
    env.cr.commit()
def ready(name):
    goods = env["product.product"].create({{"name": name, "type": "consu"}})
    order = env["sale.order"].create({{
        "partner_id": env.ref("base.partner_admin").id, "carrier_id": carrier.id,
        "order_line": [odoo_fields.Command.create({{"product_id": goods.id}})]}})
    order.action_confirm()
    picking = order.picking_ids
    picking.carrier_id = carrier
    picking.move_ids.picked = True
    env.cr.commit()
    return order, picking
def watch():
    env["integration.health"]._watch(0)
    env.cr.rollback()
    env.invalidate_all()
def lost():
    found = env["integration.exception"].search([("dedupe_key", "=like", "carrier.label:%")])
    return [(e.is_open, e.error_message, e.transaction_id.name) for e in found.sorted("id")]
"""
ROLLED_BACK = """
order, picking = ready("rolled back")
def ship():
    picking.button_validate()
    raise ValueError("no paper in the printer")
case("rolled-back", ship)
watch()
result = dict(order=order.name, picking=picking.name, ref=picking.carrier_tracking_ref, lost=lost())
"""
# Another transaction writes the transfer after the label was bought, and commits first.
CONFLICT = """
from odoo.service.model import retrying
order, picking = ready("conflict")
attempts = []
def ship():
    attempts.append(1)
    env.cr.execute("SELECT id FROM stock_picking WHERE id = %s", [picking.id])
    if len(attempts) == 1:
        with env.registry.cursor() as other:
            other.execute("UPDATE stock_picking SET note = 'seen' WHERE id = %s", [picking.id])
    picking.button_validate()
    return True
case("conflict", lambda: retrying(ship, env))
watch()
result = dict(attempts=len(attempts), ref=picking.carrier_tracking_ref, state=picking.state,
              lost=lost(), order=order.name)
"""
UNDER_WAY = """
import threading
order, picking = ready("under way")
with log_writer.execution(correlation_id="under-way"):
    picking.button_validate()
    env.flush_all()
    log_writer.flush()  # a long run writes pages before it is over
    env["integration.health"]._watch(0)
    with env.registry.cursor() as other:
        other.execute("SELECT count(*) FROM integration_exception WHERE is_open"
                      " AND dedupe_key LIKE 'carrier.label:%%'")
        during = other.fetchone()[0]
        other.execute("SELECT count(*) FROM integration_carrier_label")
        open_labels = other.fetchone()[0]
    env.cr.commit()
watch()
left = env["integration.carrier.label"].search_count([])
result = dict(during=during, open=open_labels, after=left, lost=lost())
"""
SETTLE = """
found = env["integration.carrier.label"].search([], order="id")
order, picking = ready("settle")
picking.carrier_tracking_ref = found[0].tracking_number
env.cr.commit()
watch()
first = lost()
picking.carrier_tracking_ref = found[1].tracking_number
env.cr.commit()
case("cancelled", lambda: picking.cancel_shipment())
watch()
result = dict(first=first, last=lost())
"""


@pytest.fixture(scope="module")
def carrier() -> Iterator[Outside]:
    """Yield the carrier: it sells labels with numbers of its own."""
    numbers = itertools.count(1)

    def sell(_request: Received) -> Answer:
        return Answer({"number": f"JD01460000628123{next(numbers):04}", "price": 7.5}, 201)

    with outside() as found:
        found.says("", "/labels", sell)
        found.says("", "/cancel/", Answer({}))
        yield found


@pytest.fixture(scope="module")
def run(
    new_database: Callable[[str], str], log_folder: Path, carrier: Outside
) -> Callable[[str], dict[str, Any]]:
    """Return a function that runs a script with the provider, in a process of its own."""
    shell = OdooShell(new_database(templates.suite_template()), log_folder / "odoo.log")
    with databases.cursor(shell.database) as cr:
        # Nobody else watches: the moments are the test's.
        cr.execute("UPDATE ir_cron SET active = false")

    def script(text: str) -> dict[str, Any]:
        return dict(shell.run(PRELUDE + PROVIDER.format(url=carrier.url) + text))

    return script


def test_labels(run: Callable[[str], dict[str, Any]], carrier: Outside) -> None:
    """A label is paid for and nobody knows, or one that travels is reported as lost."""
    told = run(ROLLED_BACK)
    assert not told["ref"]
    ((is_open, words, order),) = told["lost"]
    assert is_open
    assert order == told["order"]
    for part in ("JD014600006281230001", "7.50", told["order"], told["picking"], "Parcel Inc."):
        assert part in words

    told = run(CONFLICT)
    assert (told["attempts"], told["state"]) == (2, "done")
    assert told["ref"] == "JD014600006281230003"
    assert len(told["lost"]) == 2
    assert "JD014600006281230002" in told["lost"][1][1]
    assert told["lost"][1][2] == told["order"]

    told = run(UNDER_WAY)
    assert (told["during"], told["open"], told["after"]) == (2, 3, 2)
    assert len(told["lost"]) == 2

    told = run(SETTLE)
    assert [found[0] for found in told["first"]] == [False, True]
    assert [found[0] for found in told["last"]] == [False, False]
    assert [request.path for request in carrier.of("", "/cancel/")] == [
        "/cancel/JD014600006281230002"
    ]
