"""Seed a database; runs inside Odoo's shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .catalogue import (
    DROPSHIPPED,
    OUT_OF_STOCK,
    PRODUCTS,
    seed_dropshipped,
    seed_products,
    seed_service,
    seed_stock,
)
from .companies import seed_companies
from .finance import seed_finance
from .integrations import seed_integrations
from .others import seed_api_key, seed_pick_up_action
from .subscribers import seed_gate, seed_subscribers
from .users import seed_users

SEEDED = "integration_monitor.demonstration_seeded"


def seed(env: Any, output: Path) -> None:
    """Fill a database that has the suite installed; commits once at the end.

    :param output: file that receives ``{"secrets": {flow code: secret}, "skus": [...],
        "api_key": key of the planning tool}``
    """
    if env["ir.config_parameter"].sudo().get_param(SEEDED):
        return
    us, eu = seed_companies(env)
    env = env(context={**env.context, "allowed_company_ids": [us.id, eu.id], "lang": "en_US"})
    people = seed_users(env, us | eu)
    products = seed_products(env)
    seed_products(env, OUT_OF_STOCK)
    seed_dropshipped(env)
    seed_service(env)
    seed_stock(env, products, env["stock.warehouse"].search([("company_id", "in", (us | eu).ids)]))
    seed_pick_up_action(env)
    api_key = seed_api_key(env, people["planner"])
    secrets = seed_integrations(env, {"us": us, "eu": eu}, people["oscar"])
    secrets |= seed_finance(env, us, people["oscar"])
    seed_subscribers(env)
    seed_gate(env, us)
    env["ir.config_parameter"].sudo().set_param(SEEDED, "1")
    env.cr.commit()
    skus = sorted({**PRODUCTS, **OUT_OF_STOCK, **DROPSHIPPED})
    told = {"secrets": secrets, "skus": skus, "api_key": api_key}
    output.write_text(json.dumps(told))
