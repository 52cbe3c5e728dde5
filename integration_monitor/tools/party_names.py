"""Plain SQL: what the partners and warehouses of orders are called, in verdicts on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: The field with the name, by model.
FIELDS = {"res.partner": "complete_name", "stock.warehouse": "name"}
#: Rows of a model and an array of id and name; takes what :func:`asked` returns.
NAMES = """
    SELECT 'res.partner', jsonb_build_array(id, complete_name)
      FROM res_partner WHERE id = ANY(%(partners)s)
     UNION ALL
    SELECT 'stock.warehouse', jsonb_build_array(id, name)
      FROM stock_warehouse WHERE id = ANY(%(warehouses)s)"""


def asked(orders: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    """Return whose names rows of the snapshot do not have, by kind.

    :param orders: rows with ``partner_id`` and ``warehouse_id``
    """
    missing = [order for order in orders if "partner_name" not in order]
    return {
        "partners": sorted({order["partner_id"] for order in missing if order["partner_id"]}),
        "warehouses": sorted({order["warehouse_id"] for order in missing if order["warehouse_id"]}),
    }
