"""Ratio and difference of two interleaved series, with their bootstrap intervals."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Median over the pairs, and its 95 % interval."""

    median: float
    low: float
    high: float

    @property
    def values(self) -> tuple[float, float, float]:
        """Median, lower and upper bound."""
        return self.median, self.low, self.high


def ratio_of(without: list[float], with_suite: list[float], seed: int = 1) -> Estimate:
    """Return the median ratio of paired durations with a percentile bootstrap interval.

    :param without: durations of the baseline, in any unit
    :param with_suite: durations measured in the same turns
    """
    return _median_of([new / old for old, new in zip(without, with_suite, strict=True)], seed)


def difference_of(without: list[float], with_suite: list[float], seed: int = 1) -> Estimate:
    """Return the median difference of paired durations, in their unit; as :func:`ratio_of`."""
    return _median_of([new - old for old, new in zip(without, with_suite, strict=True)], seed)


def _median_of(values: list[float], seed: int) -> Estimate:
    dice = random.Random(seed)  # noqa: S311 - the same figures give the same interval
    medians = sorted(
        statistics.median(dice.choices(values, k=len(values))) for _ in range(RESAMPLES)
    )
    return Estimate(
        statistics.median(values),
        medians[int(RESAMPLES * 0.025)],
        medians[int(RESAMPLES * 0.975) - 1],
    )
