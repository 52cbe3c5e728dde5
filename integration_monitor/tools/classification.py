"""What a flow's classification means: defaults that follow from it, and verdicts on its promises.

A flow declares its criticality, how late a message may be, how soon messages flow again after a
failure and how many may be lost. What was measured is compared with that. No clock, no database.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ERROR_CLASSES

KEPT, AT_RISK, BROKEN, NO_DATA = "kept", "at_risk", "broken", "no_data"
#: From so much of what is tolerated a promise is at risk.
RISK_SHARE = 0.8
#: Failures of the flow itself. Those left out speak of one message and not of its way.
FLOW_FAULTS = tuple(sorted(set(ERROR_CLASSES) - {"business", "contract", "client"}))
_SEVERITY = (NO_DATA, KEPT, AT_RISK, BROKEN)


@dataclass(frozen=True, slots=True)
class Defaults:
    """``retry_policy`` is the code of a ready-made policy; a smaller ``priority`` goes first."""

    retry_policy: str
    priority: int
    fallback: str


_DEFAULTS = {
    "critical": Defaults("critical", 2, "manual"),
    "high": Defaults("high", 5, "hold"),
    "normal": Defaults("normal", 10, "hold"),
    "low": Defaults("low", 20, "hold"),
}


def defaults_of(criticality: str) -> Defaults:
    """Return what a flow of this criticality has unless somebody chooses otherwise."""
    return _DEFAULTS[criticality]


def verdict_on_time(measured: int | None, tolerated: int, *, late_now: bool = False) -> str:
    """Judge a time against the promise.

    :param measured: seconds, or None when nothing was measured
    :param tolerated: seconds
    :param late_now: something waits for longer already, though nothing can be measured yet
    """
    if measured is not None and measured > tolerated:
        return BROKEN
    if late_now or (measured and measured > RISK_SHARE * tolerated):
        return AT_RISK
    return NO_DATA if measured is None else KEPT


def loss_allowed(tolerated: float, unit: str, ended: int) -> float:
    """Return how many messages may be lost.

    :param unit: ``messages``, or ``percent`` of those that ended
    :param ended: messages that ended, well or badly
    """
    return tolerated * ended / 100 if unit == "percent" else tolerated


def verdict_on_loss(lost: int, failing: int, allowed: float, ended: int) -> str:
    """Judge lost messages against the promise.

    :param lost: given up, or failed for longer than the recovery time
    :param failing: failed, but not for so long
    :param allowed: as :func:`loss_allowed` says
    :param ended: messages that ended, well or badly
    """
    if lost > allowed:
        return BROKEN
    if lost + failing > allowed or (lost and lost > RISK_SHARE * allowed):
        return AT_RISK
    return KEPT if ended else NO_DATA


def worst(*verdicts: str) -> str:
    """Return the worst of several verdicts; one without data says nothing beside another."""
    return max(verdicts, key=_SEVERITY.index)
