"""Two companies: a distributor in the United States and its European subsidiary."""

from __future__ import annotations

from typing import Any

US_COMPANY = "Harbor & Hill Distribution"
EU_COMPANY = "Harbor & Hill Europe"
# What one US dollar buys: the shops sell in these currencies.
RATES = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CHF": 0.88, "CAD": 1.36}
# What one US dollar costs; fixed, so that every run shows the same amounts.
PER_DOLLAR = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CHF": 0.88, "CAD": 1.37}


def seed_companies(env: Any) -> tuple[Any, Any]:
    """Return (us, eu): companies with a chart of accounts, currency and warehouses.

    The American company ships from its own warehouse in three steps (pick, pack, ship) and
    from one that a third party runs in one step. The European one ships in one step.
    """
    env["res.currency"].with_context(active_test=False).search(
        [("name", "in", list(PER_DOLLAR))]
    ).active = True
    # Countries would install their accounting packages, which the demonstration does not need.
    env = env(context={**env.context, "install_mode": True})
    us = env.ref("base.main_company")
    us.write(
        {
            "name": US_COMPANY,
            "street": "400 Harbor Drive",
            "city": "San Francisco",
            "zip": "94103",
            "country_id": env.ref("base.us").id,
            "state_id": env.ref("base.state_us_5").id,
            "currency_id": env.ref("base.USD").id,
        }
    )
    us.partner_id.email = "office@harborhill.example"
    eu = env["res.company"].create(
        {
            "name": EU_COMPANY,
            "street": "Kade 12",
            "city": "Rotterdam",
            "zip": "3011",
            "country_id": env.ref("base.nl").id,
            "currency_id": env.ref("base.EUR").id,
            # Nobody looks the company up on the internet.
            "iap_enrich_auto_done": True,
        }
    )
    eu.partner_id.email = "office@eu.harborhill.example"
    users = env.ref("base.user_admin") | env.ref("base.user_root")
    users.write({"company_ids": [(4, us.id), (4, eu.id)]})
    for company in us | eu:
        if not company.chart_template:
            env["account.chart.template"].try_loading(
                "generic_coa", company=company, install_demo=False
            )
    _seed_rates(env, us | eu)
    _seed_warehouses(env, us, eu)
    return us, eu


def _seed_rates(env: Any, companies: Any) -> None:
    """Give each company one rate of every other currency."""
    env["res.currency.rate"].create(
        [
            {
                "currency_id": env.ref(f"base.{code}").id,
                "company_id": company.id,
                "name": "2020-01-01",
                "company_rate": round(rate / RATES[company.currency_id.name], 6),
            }
            for company in companies
            for code, rate in RATES.items()
            if code != company.currency_id.name
        ]
    )


def _seed_warehouses(env: Any, us: Any, eu: Any) -> None:
    warehouses = env["stock.warehouse"]
    main = warehouses.search([("company_id", "=", us.id)], limit=1)
    main.write({"name": "Main Warehouse", "code": "MAIN", "delivery_steps": "pick_pack_ship"})
    logistics = env["res.partner"].create(
        {
            "name": "Peachtree Logistics",
            "is_company": True,
            "street": "12 Depot Road",
            "city": "Atlanta",
            "zip": "30303",
            "state_id": env.ref("base.state_us_11").id,
            "country_id": env.ref("base.us").id,
        }
    )
    warehouses.create(
        {
            "name": "Peachtree (3PL)",
            "code": "PTL",
            "company_id": us.id,
            "partner_id": logistics.id,
            "delivery_steps": "ship_only",
        }
    )
    european = warehouses.search([("company_id", "=", eu.id)], limit=1)
    european = european or warehouses.create(
        {"name": "Rotterdam", "code": "RTM", "company_id": eu.id}
    )
    european.write({"name": "Rotterdam", "code": "RTM"})
