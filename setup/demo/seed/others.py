"""What others set up in Odoo without the suite: an API key, and an action that calls a webhook."""

from __future__ import annotations

from typing import Any

PICK_UP_ACTION = "Announce the pick-up"


def seed_api_key(env: Any, user: Any) -> str:
    """Make an API key of *user* that does not end; return it."""
    # As superuser: the user's own keys end after some days, the demonstration's database does not.
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "Planning tool", False)


def seed_pick_up_action(env: Any) -> None:
    """Make the action; its address is written at each start, the port differs."""
    env["ir.actions.server"].create(
        {
            "name": PICK_UP_ACTION,
            "model_id": env.ref("stock.model_stock_picking").id,
            "state": "webhook",
            "webhook_url": "http://localhost:9/pickups",
            "webhook_field_ids": [(4, env.ref("stock.field_stock_picking__name").id)],
        }
    )
