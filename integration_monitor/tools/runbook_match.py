"""Which runbook fits an exception best: all its criteria hold, and the precise ones weigh more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# A named cause outweighs any number of general traits.
WEIGHTS = {
    "fingerprints": 64,
    "matters": 16,
    "source_models": 16,
    "words": 8,
    "message_types": 8,
    "system_kinds": 4,
    "error_classes": 2,
    "categories": 1,
}


@dataclass(frozen=True)
class Criteria:
    """What a runbook is for; an empty set asks for nothing.

    ``matters`` are the first parts of ``dedupe_key`` (queue, silence, credential); one of
    ``words`` must be in the text, in any case of letters.
    """

    fingerprints: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()
    source_models: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    message_types: frozenset[str] = frozenset()
    system_kinds: frozenset[str] = frozenset()
    error_classes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What is known of an exception; empty texts where nothing is."""

    fingerprint: str = ""
    matter: str = ""
    source_model: str = ""
    text: str = ""
    message_type: str = ""
    system_kind: str = ""
    error_class: str = ""
    category: str = ""


def parts(text: str | None) -> frozenset[str]:
    """The entries of a comma-separated list, without empty ones."""
    return frozenset(part.strip() for part in (text or "").split(",") if part.strip())


def score(criteria: Criteria, facts: Facts) -> int:
    """How well a runbook fits; 0 when it does not, or when it names no criterion."""
    text = facts.text.casefold()
    held = {
        "fingerprints": facts.fingerprint in criteria.fingerprints,
        "matters": facts.matter in criteria.matters,
        "source_models": facts.source_model in criteria.source_models,
        "words": any(word.casefold() in text for word in criteria.words),
        "message_types": facts.message_type in criteria.message_types,
        "system_kinds": facts.system_kind in criteria.system_kinds,
        "error_classes": facts.error_class in criteria.error_classes,
        "categories": facts.category in criteria.categories,
    }
    asked = [name for name in WEIGHTS if getattr(criteria, name)]
    if not all(held[name] for name in asked):
        return 0
    return sum(WEIGHTS[name] for name in asked)


def best(candidates: Iterable[tuple[int, Criteria]], facts: Facts) -> int | None:
    """The key of the best fitting candidate; of equal ones the first."""
    found, reached = None, 0
    for key, criteria in candidates:
        points = score(criteria, facts)
        if points > reached:
            found, reached = key, points
    return found
