"""The published sample payloads that orders and tracking events are built from."""

import copy
import functools
import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).resolve().parents[3] / "tests" / "data" / "payloads"


@functools.cache
def _parsed(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


def load_sample(name: str) -> dict[str, Any]:
    """Return a fresh copy of the sample `name`, e.g. `woocommerce/order_created.json`.

    Raises FileNotFoundError when there is no such sample.
    """
    return copy.deepcopy(_parsed(name))


def shopify_body(payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a Shopify webhook delivers: the object inside the REST wrapper `order`."""
    inner = payload.get("order")
    return inner if set(payload) == {"order"} and isinstance(inner, dict) else payload
