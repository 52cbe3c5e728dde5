"""Programs that Odoo talks with and that no flow knows: they are seen all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from .seed.others import PICK_UP_ACTION

if TYPE_CHECKING:
    from .scenario import Scenario


def announce_pick_up(scenario: Scenario) -> None:
    """Let Odoo's own webhook action call a host that no endpoint describes.

    It is the carrier by another name: endpoints are found by the host of their address.
    """
    rpc = scenario.rpc
    action = rpc.call("ir.actions.server", "search", [("name", "=", PICK_UP_ACTION)], limit=1)
    url = f"http://localhost:{scenario.stack.partners['carrier'].port}/pickups"
    rpc.call("ir.actions.server", "write", action, {"webhook_url": url})
    transfer = rpc.call(
        "stock.picking", "search", [("picking_type_code", "=", "outgoing")], limit=1
    )
    context = {
        "active_model": "stock.picking",
        "active_id": transfer[0],
        "active_ids": transfer,
    }
    rpc.call("ir.actions.server", "run", action, context=context)


def ask_for_stock(scenario: Scenario) -> None:
    """Ask for stock levels as a planning tool does, by JSON-2 with its API key.

    :raise requests.RequestException: when Odoo refuses
    """
    stack = scenario.stack
    with requests.Session() as session:
        # Proxies of the environment have no business with a local server.
        session.trust_env = False
        answer = session.post(
            f"{stack.odoo.url}/json/2/product.product/search_read",
            json={
                "domain": [["is_storable", "=", True]],
                "fields": ["default_code", "qty_available"],
            },
            headers={
                "Authorization": f"Bearer {stack.seed['api_key']}",
                "X-Odoo-Database": stack.database,
            },
            timeout=60,
        )
        answer.raise_for_status()
