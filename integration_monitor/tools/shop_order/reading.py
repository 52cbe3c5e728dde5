"""Reading a partner's JSON with errors that say which field is wrong."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import ContractError
from ..iso_time import parse_iso
from .allocate import ZERO

# Larger than any order; price times quantity stays within Decimal's 28 digits.
LARGEST = Decimal(10) ** 10


class Reader:
    """One JSON object, and how to name it in an error (``order #1001, line 2``)."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, Mapping):
            raise ContractError(f"The {where} is not an object but {_kind(data)}.")
        self.data = data
        self.where = where

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def text(self, *keys: str) -> str:
        """Return the first value that is not empty, as plain text; empty when there is none."""
        for key in keys:
            value = self.data.get(key)
            if value is None or isinstance(value, (dict, list, bool)):
                continue
            # PostgreSQL keeps no NUL; shops send entities such as &ndash;.
            cleaned = html.unescape(str(value)).replace("\x00", "").strip()
            if cleaned:
                return cleaned
        return ""

    def identifier(self, *keys: str) -> str:
        """Like `text`, for a number or text that identifies something; 0 means none."""
        for key in keys:
            value = self.text(key)
            if value and value != "0":
                return value
        return ""

    def flag(self, key: str, default: bool = False) -> bool:
        """Return whether the value is true; `default` when it is neither true nor false."""
        value = self.data.get(key)
        return value if isinstance(value, bool) else default

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """Return an exact number.

        :raise ContractError: missing without a default, not a number, or not finite
        """
        value = self.data.get(key)
        if value is None or value == "":
            if default is None:
                raise ContractError(f"The {self.where} has no “{key}”.")
            return default
        if isinstance(value, (bool, dict, list)):
            raise ContractError(f"The {self.where} has “{key}” that is {_kind(value)}.")
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > LARGEST:
            shown = str(value)[:40]
            raise ContractError(f"The {self.where} has “{key}” = “{shown}”, not a usable number.")
        return number

    def amount(self, key: str) -> Decimal:
        """Return an amount, zero when the shop sends none."""
        return self.number(key, ZERO)

    def child(self, key: str) -> Reader:
        """Return the object below `key`, an empty one when there is none."""
        value = self.data.get(key)
        return Reader({} if value in (None, [], "") else value, f"{self.where}, {key}")

    def children(self, key: str, label: str) -> list[Reader]:
        """Return the objects of the list below `key`; `label` names one in errors."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise ContractError(f"The {self.where} has “{key}” that is {_kind(value)}, not a list.")
        return [
            Reader(item, f"{self.where}, {label} {position}")
            for position, item in enumerate(value, 1)
        ]

    def moment(self, *keys: str) -> datetime | None:
        """Return the first usable time as naive UTC; a time without zone counts as UTC."""
        for key in keys:
            value = self.text(key)
            if not value:
                continue
            try:
                parsed = parse_iso(value)
                if parsed.tzinfo:
                    parsed = parsed.astimezone(timezone.utc).replace(tzinfo=None)
            except (ValueError, OverflowError):
                raise ContractError(
                    f"The {self.where} has “{key}” = “{value[:40]}”, not a date and time."
                ) from None
            return parsed
        return None


def currency_of(reader: Reader, *keys: str) -> str:
    """Return the ISO code of the order's currency.

    :raise ContractError: missing, or not three letters
    """
    code = reader.text(*keys).upper()
    if not code:
        raise ContractError(
            f"The {reader.where} has no currency. Ask the shop to send it, or support adds "
            f"“{keys[0]}” to the payload; then press Retry."
        )
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ContractError(f"The {reader.where} has the currency “{code[:20]}”, not an ISO code.")
    return code


def quantity_of(reader: Reader) -> Decimal:
    """Return how many were ordered.

    :raise ContractError: zero, negative or no number
    """
    quantity = reader.number("quantity")
    if quantity <= 0:
        raise ContractError(
            f"The {reader.where} has the quantity {quantity}: a quantity must be above zero. "
            "A return or refund is no order line. Correct the payload, then press Retry."
        )
    return quantity


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")
