"""Who looks after an exception: the last rule that matches, as in a CODEOWNERS file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: Hours until the deadline of an exception without a better one, by severity.
DEADLINE_HOURS = {"critical": 2, "high": 8, "normal": 24, "low": 72}


@dataclass(frozen=True)
class OwnerRule:
    """One rule.

    :ivar owner_id: the user
    :ivar wanted: facts that must be equal; none: every exception
    :ivar text: part of the error text, any case; empty: any text
    :ivar amount_from: smallest amount at stake, in the company's currency
    :ivar hours: hours until the deadline; 0: the rule says nothing about it
    """

    owner_id: int
    wanted: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    amount_from: float = 0.0
    hours: int = 0

    def matches(self, facts: Mapping[str, Any]) -> bool:
        """Say whether the rule is about an exception with these facts."""
        return (
            all(facts.get(name) == value for name, value in self.wanted.items())
            and self.text.lower() in str(facts.get("error_message") or "").lower()
            and float(facts.get("amount_at_stake") or 0.0) >= self.amount_from
        )


def last_match(rules: Iterable[OwnerRule], facts: Mapping[str, Any]) -> OwnerRule | None:
    """Return the last rule that matches, or None."""
    found = None
    for rule in rules:
        if rule.matches(facts):
            found = rule
    return found


def deadline(opened: datetime, severity: str, hours: int = 0) -> datetime:
    """Return until when somebody should have looked: the rule's hours, else by severity."""
    return opened + timedelta(hours=hours or DEADLINE_HOURS.get(severity, 24))
