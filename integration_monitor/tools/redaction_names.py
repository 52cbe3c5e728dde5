"""Which names are masked right now: the vocabulary, and what the flow at hand adds or leaves."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from .redaction_patterns import is_credential_name, is_sensitive_name, squeeze

MAX_NAMES = 100
MAX_NAME = 64
_LAST_PART = re.compile(r"[^.\[\]/:]+")
_SEPARATORS = re.compile(r"[,;\s]+")
_NAME = re.compile(r"[A-Za-z_][\w.\[\]-]{0,63}")


@dataclass(frozen=True, slots=True)
class NameRules:
    """What one flow adds to the vocabulary and what it leaves readable; squeezed names."""

    masked: frozenset[str] = field(default_factory=frozenset)
    readable: frozenset[str] = field(default_factory=frozenset)


NO_RULES = NameRules()


@dataclass(frozen=True, slots=True)
class ContentRules:
    """What the log writer must know of a flow: its names, and whether answers may be kept."""

    names: NameRules = NO_RULES
    drop: bool = False


_rules: ContextVar[NameRules] = ContextVar("integration_redaction_names", default=NO_RULES)


def parse(text: str | None) -> list[str]:
    """The names of a setting, in their order: separated by commas, blanks or lines."""
    return [name for name in _SEPARATORS.split(text or "") if name]


def unusable(names: Iterable[str]) -> list[str]:
    """Those that are no name of a field, header or parameter."""
    return [name for name in names if not _NAME.fullmatch(name) or not squeeze(name)]


def rules(masked: Iterable[str], readable: Iterable[str]) -> NameRules:
    """The rules for names as people write them; credentials cannot be made readable."""
    return NameRules(
        frozenset(squeeze(name) for name in masked),
        frozenset(squeeze(name) for name in readable if not is_credential_name(name)),
    )


@contextlib.contextmanager
def using(current: NameRules) -> Iterator[None]:
    """Let the redactor follow these rules in a block."""
    token = _rules.set(current)
    try:
        yield
    finally:
        _rules.reset(token)


def is_masked(name: str) -> bool:
    """Whether the value under this name must be masked, by the rules in force."""
    current = _rules.get()
    if current is NO_RULES or not (current.masked or current.readable):
        return is_sensitive_name(name)
    if not _variants(name).isdisjoint(current.masked):
        return True
    return is_sensitive_name(name) and not is_readable(name)


def is_readable(name: str) -> bool:
    """Whether the rules in force leave the value under this name as it is."""
    current = _rules.get()
    if not current.readable or is_credential_name(name):
        return False
    variants = _variants(name)
    return variants.isdisjoint(current.masked) and not variants.isdisjoint(current.readable)


def _variants(name: str) -> set[str]:
    """The whole name, and its last part: ``order[customer][note]`` is a ``note``, too.

    So is ``X-Note``, as headers of one's own are written.
    """
    parts = _LAST_PART.findall(name)
    found = {name, *parts[-1:]}
    if name[:2].lower() == "x-":
        found.add(name[2:])
    return {squeeze(part) for part in found}
