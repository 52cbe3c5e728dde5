"""Faults that a tester switches on: what goes wrong with requests received and webhooks sent."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

from .wire import Problem

BEFORE = frozenset({"status", "rate_limit", "reset", "hang"})
AFTER = frozenset({"status_after", "reset_after", "hang_after"})
IN_KINDS = BEFORE | AFTER | {"latency"}
OUT_KINDS = frozenset({"latency", "wrong_signature", "duplicate", "out_of_order", "lost_answer"})


@dataclass
class Fault:
    """One fault. `seconds` is a duration, `count` how often it still strikes (None: always)."""

    id: int
    kind: str
    direction: str
    path: str = ""
    method: str = ""
    event: str = ""
    seconds: float | None = None
    status: int = 503
    retry_after: float | None = None
    count: int | None = None
    probability: float = 1.0
    copies: int = 2
    concurrent: bool = False
    after: int = 1
    applied: int = 0
    cleared: threading.Event = field(default_factory=threading.Event, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as shown by the control API."""
        return {key: value for key, value in vars(self).items() if key != "cleared"}


@dataclass
class InboundPlan:
    """What shall go wrong with one request: a delay, a failure before or after its effect."""

    latency: float = 0.0
    before: Fault | None = None
    after: Fault | None = None

    @property
    def name(self) -> str | None:
        """Return the kind of fault for the ledger."""
        fault = self.before or self.after
        return fault.kind if fault else ("latency" if self.latency else None)


@dataclass
class OutboundPlan:
    """What shall go wrong with one attempt to deliver a webhook."""

    latency: float = 0.0
    wrong_signature: bool = False
    lost_answer: bool = False
    duplicate: Fault | None = None
    hold: Fault | None = None

    @property
    def name(self) -> str | None:
        """Return the kinds of fault for the ledger, joined by `+`."""
        kinds = [
            ("latency", self.latency),
            ("wrong_signature", self.wrong_signature),
            ("duplicate", self.duplicate),
            ("lost_answer", self.lost_answer),
        ]
        return "+".join(kind for kind, active in kinds if active) or None


_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "direction": (str,),
    "path": (str,),
    "method": (str,),
    "event": (str,),
    "seconds": (int, float),
    "status": (int,),
    "retry_after": (int, float),
    "count": (int,),
    "probability": (int, float),
    "copies": (int,),
    "concurrent": (bool,),
    "after": (int,),
}


def parse_fault(number: int, spec: Any) -> Fault:
    """Return the fault that `spec` describes. Raises Problem 422 saying what is wrong."""
    if not isinstance(spec, dict):
        raise Problem(422, "Invalid fault", "A fault is a JSON object with a kind.")
    for key, value in spec.items():
        if key not in _TYPES:
            raise Problem(422, "Invalid fault", f"{key!r} is not one of {sorted(_TYPES)}.")
        if value is not None and not isinstance(value, _TYPES[key]):
            raise Problem(422, "Invalid fault", f"{key!r} has the wrong type.")
    values = {key: value for key, value in spec.items() if value is not None}
    kind = values.get("kind")
    direction = values.setdefault("direction", "in" if kind in IN_KINDS else "out")
    known = {"in": IN_KINDS, "out": OUT_KINDS}.get(direction)
    if known is None:
        raise Problem(422, "Invalid fault", "direction is 'in' or 'out'.")
    if kind not in known:
        raise Problem(422, "Invalid fault", f"kind {kind!r} is not one of {sorted(known)}.")
    if kind == "latency" and "seconds" not in values:
        raise Problem(422, "Invalid fault", "latency needs seconds.")
    return Fault(id=number, **values)


class Faults:
    """The faults now active. They live in memory: a restarted process is healthy again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1
        self._random = random.Random()

    def add(self, specs: Any) -> list[dict[str, Any]]:
        """Add one fault or a list of them; all or nothing. Raises Problem 422."""
        listed = specs if isinstance(specs, list) else [specs]
        with self._lock:
            new = [parse_fault(self._next + i, spec) for i, spec in enumerate(listed)]
            self._next += len(new)
            self._faults += new
            return [fault.as_dict() for fault in new]

    def shown(self) -> list[dict[str, Any]]:
        """Return every fault, spent ones (`count` 0) included."""
        with self._lock:
            return [fault.as_dict() for fault in self._faults]

    def clear(self, number: int | None = None, kind: str | None = None) -> int:
        """Remove all faults, or those of one id or kind; hanging requests go on. Return how many.

        A request that hangs is processed and answered now if its client is still there.
        """
        with self._lock:
            gone = [
                fault
                for fault in self._faults
                if number in (None, fault.id) and kind in (None, fault.kind)
            ]
            self._faults = [fault for fault in self._faults if fault not in gone]
        for fault in gone:
            fault.cleared.set()
        return len(gone)

    def plan_in(self, method: str, path: str) -> InboundPlan:
        """Decide what goes wrong with a request, and count it."""
        plan = InboundPlan()
        with self._lock:
            for fault in self._matching("in", path, method, ""):
                if fault.kind == "latency":
                    if self._strikes(fault):
                        plan.latency += fault.seconds or 0.0
                elif not (plan.before or plan.after) and self._strikes(fault):
                    if fault.kind in BEFORE:
                        plan.before = fault
                    else:
                        plan.after = fault
        return plan

    def plan_out(self, event: str, path: str, first: bool) -> OutboundPlan:
        """Decide what goes wrong with an attempt to deliver `event`, and count it.

        A delivery is held back (`out_of_order`) only before its first attempt; then nothing
        else of the plan applies.
        """
        plan = OutboundPlan()
        with self._lock:
            matching = self._matching("out", path, "", event)
            for fault in matching:
                if first and fault.kind == "out_of_order" and self._strikes(fault):
                    plan.hold = fault
                    return plan
            for fault in matching:
                if fault.kind == "latency" and self._strikes(fault):
                    plan.latency += fault.seconds or 0.0
                elif fault.kind == "wrong_signature" and not plan.wrong_signature:
                    plan.wrong_signature = self._strikes(fault)
                elif fault.kind == "lost_answer" and not plan.lost_answer:
                    plan.lost_answer = self._strikes(fault)
                elif fault.kind == "duplicate" and not plan.duplicate and self._strikes(fault):
                    plan.duplicate = fault
        return plan

    def _matching(self, direction: str, path: str, method: str, event: str) -> list[Fault]:
        return [
            fault
            for fault in self._faults
            if fault.direction == direction
            and fault.count != 0
            and path.startswith(fault.path)
            and (direction == "out" or fault.method.upper() in ("", method))
            and (direction == "in" or event.startswith(fault.event))
        ]

    def _strikes(self, fault: Fault) -> bool:
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        if fault.count is not None:
            fault.count -= 1
        fault.applied += 1
        return True
