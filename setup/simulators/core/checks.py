"""Checks of request bodies, each with a message that says what to do."""

from typing import Any

from .wire import Problem


def text(data: dict[str, Any], name: str, default: str | None = None) -> str:
    """Return the text member `name`. Raises Problem 422 when missing, empty or no text."""
    value = data.get(name, default)
    if not isinstance(value, str) or not value:
        raise Problem(422, "Invalid request", f"{name} must be a text that is not empty.")
    return value


def number(data: dict[str, Any], name: str, default: float | None = None) -> float:
    """Return the number `name`, 0 or more. Raises Problem 422."""
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Problem(422, "Invalid request", f"{name} must be a number, 0 or more.")
    return value


def rows(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the list of objects `name`, at least one. Raises Problem 422."""
    value = data.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise Problem(422, "Invalid request", f"{name} must be a list of objects, not empty.")
    return value
