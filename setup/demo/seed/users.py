"""The people of the demonstration; each password is the login."""

from __future__ import annotations

from typing import Any

SALES = "sales_team.group_sale_salesman_all_leads"
PEOPLE = (
    # login, name, groups
    ("wendy", "Wendy Warehouse", ("stock.group_stock_manager", SALES)),
    (
        "oscar",
        "Oscar Operator",
        ("integration_monitor.group_operator", "stock.group_stock_user", SALES),
    ),
    (
        "sam",
        "Sam Support",
        ("integration_monitor.group_support", "stock.group_stock_user", SALES),
    ),
    # A program that asks by API.
    ("planner", "Planning Tool", ("stock.group_stock_user", SALES)),
    ("vera", "Vera Viewer", ("integration_monitor.group_viewer",)),
)


def seed_users(env: Any, companies: Any) -> dict[str, Any]:
    """Create the people in both companies; return them by login."""
    # Without an address no digest and no notification reaches a person.
    env.ref("base.user_admin").email = "admin@harborhill.example"
    people = {}
    for login, name, groups in PEOPLE:
        people[login] = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": login,
                    "password": login,
                    "name": name,
                    "email": f"{login}@harborhill.example",
                    "company_id": companies[0].id,
                    "company_ids": [(6, 0, companies.ids)],
                    "group_ids": [(4, env.ref(xmlid).id) for xmlid in groups],
                }
            )
        )
    return people
