"""How a queue is doing, judged without thresholds that somebody would have to choose.

The rules are those of Burrow, LinkedIn's monitor of Kafka consumers
(https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules): what tells is not how long
a queue is, but whether it moves. One sample a minute, the last ten are the window:

1. nothing waited at any moment of the window: OK;
2. things wait, nobody has worked on the queue for longer than the window spans: STOP;
3. it is worked on, but nothing gets finished and no less waits: STALL;
4. things get finished, but what waits never became less from one sample to the next: WARNING;
5. else OK.

Burrow's consumer commits an offset; a worker that takes something up is our sign of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise

WINDOW = 10
# Nobody looked for so many seconds: what was before tells nothing about what is.
GAP = 180.0

OK, WARNING, STALL, STOP = "ok", "warning", "stall", "stop"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a queue; times in Unix seconds, counters only grow."""

    at: float
    arrived: int  # ever
    finished: int  # ever, however they ended
    waiting: int  # not held, not in work; also what waits to be tried again later
    due: int  # of those, what could be worked on at once
    worked_at: float | None  # when somebody last worked on the queue; None: not known


def dump(samples: Iterable[Sample]) -> list[list[float | int | None]]:
    """Return the samples as short JSON."""
    return [list(astuple(sample)) for sample in samples]


def load(stored: Sequence[Sequence[float | int | None]] | None) -> list[Sample]:
    """Return the samples that :func:`dump` made; None is none."""
    return [Sample(*row) for row in stored or ()]  # type: ignore[arg-type]


def next_sample(
    last: Sample | None,
    *,
    at: float,
    arrived: int,
    unfinished: int,
    unfinished_before: int,
    waiting: int,
    due: int,
    worked_at: float | None,
) -> Sample:
    """Return the sample that follows ``last``.

    What came in and is not there any more was finished: so nobody has to count finished rows.

    :param arrived: how many came since ``last``
    :param unfinished: how many are there now, held ones and those in work included
    :param unfinished_before: the same at ``last``
    :param worked_at: the latest sign of work that the queue itself shows
    """
    finished = unfinished_before + arrived - unfinished
    if finished < 0:
        # Some that had failed were taken up again: they came a second time.
        arrived, finished = arrived - finished, 0
    signs = [worked_at, last.worked_at if last else None, at if finished and last else None]
    return Sample(
        at=at,
        arrived=(last.arrived if last else 0) + arrived,
        finished=(last.finished if last else 0) + finished,
        waiting=waiting,
        due=due,
        worked_at=max((sign for sign in signs if sign is not None), default=None),
    )


def window(samples: Sequence[Sample]) -> list[Sample]:
    """Return the newest samples without a gap, at most ten.

    A moment at which nothing waited ends the past: the verdict is OK until ten more are there.
    """
    kept: list[Sample] = []
    for sample in reversed(samples):
        if kept and kept[-1].at - sample.at > GAP:
            break
        kept.append(sample)
        if len(kept) == WINDOW or not sample.waiting:
            break
    return kept[::-1]


def judge(samples: Sequence[Sample], before: str = OK) -> str:
    """Return ``ok``, ``warning``, ``stall`` or ``stop``; too few samples are ok.

    :param samples: also the last ones before a gap
    :param before: the verdict so far: it stands after a gap until something moves, or until there
        are samples enough; that nobody looked is no sign of work
    """
    seen = window(samples)
    if any(not sample.waiting for sample in seen):
        return OK
    if len(seen) < WINDOW:
        if before not in (STALL, STOP) or not seen:
            return OK
        known = samples[-len(seen) - 1] if len(samples) > len(seen) else seen[0]
        moved = seen[-1].finished > known.finished or seen[-1].waiting < known.waiting
        return OK if moved else before
    first, last = seen[0], seen[-1]
    if last.finished > first.finished:
        growing = all(later.waiting >= earlier.waiting for earlier, later in pairwise(seen))
        return WARNING if growing else OK
    if last.waiting < first.waiting:
        return OK
    if last.worked_at is not None and last.at - last.worked_at <= last.at - first.at:
        return STALL
    # What waits for its next try on purpose needs nobody; what is due does.
    return STOP if all(sample.due for sample in seen) else OK
