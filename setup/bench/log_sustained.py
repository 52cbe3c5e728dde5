"""Many observations a second for minutes: is any lost, does memory grow, does business suffer?"""

from __future__ import annotations

import statistics
from typing import Any

from provision import progress

from .statistics_of import ratio_of

BLOCK_SECONDS = 10.0
#: The first blocks fill caches and pools.
SETTLE = 1
MEMORY_MB, RATIO = 10.0, 1.10
#: Places in a sample: when it was due, seconds of the business, seconds until its log is written.
BUSINESS, LOGGED = 1, 2


def run(odoos: tuple[Any, Any], seconds: int, rate: int) -> dict[str, Any]:
    """Let both do the same business at the same time, one of them observed; return the figures."""
    with progress.step(f"{rate} observations a second for {seconds} s", repeat=60.0):
        for odoo in odoos:
            odoo.send("sustain", seconds, rate)
        without, observed = (odoo.receive() for odoo in odoos)
    pairs = list(zip(_blocks(without), _blocks(observed), strict=False))[SETTLE:]
    ratio = ratio_of([old for old, _new in pairs], [new for _old, new in pairs]) if pairs else None
    memory = observed["rss"][SETTLE:]
    stats = observed["stats"]
    growth = memory[-1] - memory[0] if len(memory) > 1 else 0.0
    lost = stats.get("dropped", 0) + stats.get("failed", 0) + stats.get("waiting", 0)
    series_of = [
        [sample[BUSINESS] for sample in without["samples"]],
        *([sample[place] for sample in observed["samples"]] for place in (BUSINESS, LOGGED)),
    ]
    return {
        "seconds": seconds,
        "rate": rate,
        "lines": observed["lines"],
        "a_second": round(observed["lines"] / observed["seconds"], 1),
        "stats": stats,
        "lost": lost,
        "rss_mb": [round(memory[0], 1), round(memory[-1], 1)] if memory else [],
        "growth_mb": round(growth, 1),
        "without_growth_mb": round(without["rss"][-1] - without["rss"][min(SETTLE, 0)], 1),
        "p99_ms": [round(_p99(series) * 1000, 2) for series in series_of],
        "p99_ratio": [round(value, 3) for value in ratio.values] if ratio else None,
        "median_ms": [round(statistics.median(series) * 1000, 2) for series in series_of],
        "holds": not lost
        and abs(growth) <= MEMORY_MB
        and observed["lines"] >= 0.98 * rate * observed["seconds"]
        and (ratio is None or ratio.low <= RATIO),
    }  # fmt: skip


def words(figure: dict[str, Any]) -> list[str]:
    """Return the figures as lines of text."""
    ratio = "{:.3f} ({:.3f} – {:.3f})".format(*figure["p99_ratio"]) if figure["p99_ratio"] else "–"
    memory = " → ".join(f"{value:.1f}" for value in figure["rss_mb"])
    return [
        f"\nsustained: {figure['lines']:,} lines in {figure['seconds']} s"
        f" ({figure['a_second']:g}/s), {figure['lost']} lost",
        f"  memory {memory} MB ({figure['growth_mb']:+.1f} MB, limit ±{MEMORY_MB:g})",
        "  business p99 {:.1f} ms without, {:.1f} ms with, {:.1f} ms until its log is written"
        "".format(*figure["p99_ms"])
        + f"; ratio of 10-second blocks {ratio}, limit {RATIO:g}",
        "  business median {:.2f} ms without, {:.2f} ms with, {:.2f} ms until its log is written"
        "".format(*figure["median_ms"]),
        f"  {'holds' if figure['holds'] else 'FAILS'}",
    ]


def _blocks(answer: dict[str, Any]) -> list[float]:
    """Return the p99 of each block of seconds."""
    blocks: dict[int, list[float]] = {}
    for at, business, _logged in answer["samples"]:
        blocks.setdefault(int(at / BLOCK_SECONDS), []).append(business)
    return [_p99(blocks[number]) for number in sorted(blocks)]


def _p99(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
