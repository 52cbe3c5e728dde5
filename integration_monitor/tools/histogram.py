"""Durations as a base-2 exponential histogram, as OpenTelemetry defines it; merges exactly.

Scale 4: bucket ``i`` holds ``(2**(i/16), 2**((i+1)/16)]``, so a quantile is off by 2.2 % at most.
The SQL roll-up computes the same indexes: change both together (``SQL_INDEX``).
Source: OpenTelemetry metrics data model, "Exponential Histogram".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SCALE = 4
PER_OCTAVE = 2**SCALE
# Milliseconds below which a duration counts as zero, and above which it counts as this.
ZERO_BELOW = 0.001
CEILING = 1e9
# Exact powers of the base land a rounding error left or right of the border; pull them back.
EPSILON = 1e-9
_PER_LN = PER_OCTAVE / math.log(2)

# The same formula for a double precision column in SQL (value >= 0.001); a constant, no input.
SQL_INDEX = (
    "(ceil(ln(least({column}, 1e9::float8)) * "
    f"{_PER_LN!r}::float8 - {EPSILON!r}::float8)::int - 1)"
)


def bucket_index(value: float) -> int:
    """Index of the bucket for a value of at least ``ZERO_BELOW``."""
    return math.ceil(math.log(min(value, CEILING)) * _PER_LN - EPSILON) - 1


def bucket_bounds(index: int, scale: int = SCALE) -> tuple[float, float]:
    """Lower (exclusive) and upper (inclusive) border."""
    return 2 ** (index / 2**scale), 2 ** ((index + 1) / 2**scale)


@dataclass
class Histogram:
    """Counts per bucket, sparse; ``zero`` counts values below a microsecond."""

    buckets: dict[int, int] = field(default_factory=dict)
    zero: int = 0
    scale: int = SCALE

    @classmethod
    def of(cls, values: Iterable[float]) -> Histogram:
        """A histogram of values in milliseconds; NaN is refused with ValueError."""
        histogram = cls()
        for value in values:
            histogram.add(value)
        return histogram

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Histogram:
        """Read what :meth:`to_dict` wrote; None and {} are empty."""
        data = data or {}
        buckets = {int(index): int(count) for index, count in (data.get("buckets") or {}).items()}
        return cls(buckets, int(data.get("zero") or 0), int(data.get("scale", SCALE)))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: ``{"scale": 4, "zero": 0, "buckets": {"93": 2}}``."""
        buckets = {str(index): self.buckets[index] for index in sorted(self.buckets)}
        return {"scale": self.scale, "zero": self.zero, "buckets": buckets}

    @classmethod
    def from_flat(cls, data: Mapping[str, Any] | None) -> Histogram:
        """Read the database's form, which sums key by key: ``{"93": 2, "zero": 1}``."""
        buckets = dict(data or {})
        zero = int(buckets.pop("zero", 0) or 0)
        return cls({int(index): int(count) for index, count in buckets.items()}, zero)

    def to_flat(self) -> dict[str, int]:
        """The database's form. :raises ValueError: not at the standard scale."""
        if self.scale != SCALE:
            raise ValueError("only the standard scale is stored")
        flat = {str(index): self.buckets[index] for index in sorted(self.buckets)}
        return {**flat, "zero": self.zero} if self.zero else flat

    @property
    def count(self) -> int:
        """Number of values seen."""
        return self.zero + sum(self.buckets.values())

    def add(self, value: float, count: int = 1) -> None:
        """Count a duration in milliseconds ``count`` times. :raises ValueError: NaN."""
        if math.isnan(value):
            raise ValueError("not a number")
        if self.scale != SCALE:
            raise ValueError("values are added at the standard scale only")
        if value < ZERO_BELOW:
            self.zero += count
            return
        index = bucket_index(value)
        self.buckets[index] = self.buckets.get(index, 0) + count

    def merge(self, other: Histogram) -> Histogram:
        """A new histogram of both; the coarser scale wins."""
        scale = min(self.scale, other.scale)
        left, right = self.downscaled(scale), other.downscaled(scale)
        buckets = dict(left.buckets)
        for index, count in right.buckets.items():
            buckets[index] = buckets.get(index, 0) + count
        return Histogram(buckets, left.zero + right.zero, scale)

    def downscaled(self, scale: int) -> Histogram:
        """The same counts in wider buckets. :raises ValueError: a finer scale was asked for."""
        shift = self.scale - scale
        if shift < 0:
            raise ValueError("a histogram cannot be refined")
        buckets: dict[int, int] = {}
        for index, count in self.buckets.items():
            buckets[index >> shift] = buckets.get(index >> shift, 0) + count
        return Histogram(buckets, self.zero, scale)

    def quantile(self, q: float) -> float | None:
        """The value at rank ``q`` (0..1) in milliseconds; None when nothing was counted.

        The answer lies in the bucket that holds the true value (nearest rank), at the point that
        halves the largest possible relative error.
        """
        if not 0 <= q <= 1:
            raise ValueError("a quantile lies between 0 and 1")
        total = self.count
        if not total:
            return None
        rank = max(math.ceil(q * total), 1)
        seen = self.zero
        if rank <= seen:
            return 0.0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if rank <= seen:
                low, high = bucket_bounds(index, self.scale)
                return 2 * low * high / (low + high)
        return 0.0  # unreachable: the ranks end with the count

    def cumulative(self, bounds: Iterable[float]) -> list[int]:
        """How many values are at most each bound (ms); exact for bounds on bucket borders.

        Elsewhere a bucket counts once it lies below the bound entirely: never too many.
        """
        items = sorted(self.buckets.items())
        result = []
        for bound in bounds:
            limit = bound * (1 + 1e-9)
            below = sum(
                count for index, count in items if bucket_bounds(index, self.scale)[1] <= limit
            )
            result.append(self.zero + below)
        return result


def merge_flat(items: Iterable[Mapping[str, Any] | None]) -> Histogram:
    """One histogram of many in the database's form."""
    total: dict[str, int] = {}
    for item in items:
        for key, count in (item or {}).items():
            total[key] = total.get(key, 0) + int(count)
    return Histogram.from_flat(total)
