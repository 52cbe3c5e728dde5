"""Which step of its own process a middleware says has failed."""

from __future__ import annotations

import json

#: A name, not a text: it stands in a sentence.
LENGTH = 80


def read(body: str) -> str | None:
    """Return the failed step that an answer names, or None.

    :param body: a JSON object with the text member ``step``, such as problem details (RFC 9457)
        with that extension member: ``{"title": "Transformation failed", "step": "map to IDoc"}``
    """
    try:
        value = json.loads(body)
    except ValueError:
        return None
    step = value.get("step") if isinstance(value, dict) else None
    return name(step) if isinstance(step, str) else None


def name(step: str) -> str | None:
    """Return a step's name in one line, at most so long as a sentence can take."""
    words = " ".join(step.split())
    return words[:LENGTH] or None
