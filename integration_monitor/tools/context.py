"""What the current execution works on: one ``ContextVar`` that logs and outbound calls read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """Identity of the work at hand; every field may be empty."""

    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    flow_id: int | None = None
    message_id: int | None = None
    endpoint_id: int | None = None
    company_id: int | None = None
    attempt: int | None = None


EMPTY = ExecutionContext()
_current: ContextVar[ExecutionContext] = ContextVar("integration_execution", default=EMPTY)


def current() -> ExecutionContext:
    """The context of this thread or task; never None."""
    return _current.get()


def start(**values: Any) -> Token[ExecutionContext]:
    """Begin a new execution: nothing is inherited (worker threads are reused).

    Give the returned token to :func:`finish` when it ends.
    """
    return _current.set(ExecutionContext(**values))


def finish(token: Token[ExecutionContext]) -> None:
    """Restore what was current before :func:`start`."""
    _current.reset(token)


def update(**values: Any) -> None:
    """Change fields for the rest of the execution (a value learnt half-way)."""
    _current.set(replace(_current.get(), **values))


@contextlib.contextmanager
def bound(**values: Any) -> Iterator[ExecutionContext]:
    """Set fields for a block, on top of the surrounding context, and restore it afterwards."""
    token = _current.set(replace(_current.get(), **values))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
