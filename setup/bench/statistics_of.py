"""The ratio of two interleaved series, with its bootstrap interval."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Ratio:
    """Median of the ratios of the pairs, and its 95 % interval."""

    median: float
    low: float
    high: float


def ratio_of(without: list[float], with_suite: list[float], seed: int = 1) -> Ratio:
    """Return the median ratio of paired durations with a percentile bootstrap interval.

    :param without: durations of the baseline, in any unit
    :param with_suite: durations measured in the same turns
    """
    ratios = [new / old for old, new in zip(without, with_suite, strict=True)]
    dice = random.Random(seed)  # noqa: S311 - the same figures give the same interval
    medians = sorted(
        statistics.median(dice.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES)
    )
    return Ratio(
        statistics.median(ratios),
        medians[int(RESAMPLES * 0.025)],
        medians[int(RESAMPLES * 0.975) - 1],
    )
