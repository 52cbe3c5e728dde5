"""What seeing everything costs: each figure beside the same work without the suite, in turns.

Two copies of one template database, one with the suite; each with a process that calls, observes
and runs scheduled actions (``log_worker.py``), and a server that answers JSON-2 calls and the job
runner's. Calls go to a server of this program, on the loopback interface. A figure holds when the
lower bound of the 95 % interval of the median is within its limit.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from provision import progress

from . import log_sustained
from .log_pair import WARM_UP, Odoo, in_turns, pair, requests_in_turns
from .report import write
from .statistics_of import difference_of, ratio_of

#: Light operations are done more often than ``--pairs`` says: their noise is large for their size.
REPEAT = 5
RATE = 300


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether every figure holds."""
    if arguments.pairs < 30:
        raise SystemExit("Fewer than 30 pairs prove nothing; use --pairs 30 or more.")
    modules = [name for name in arguments.modules.split(",") if name]
    many = arguments.pairs * REPEAT
    with pair(modules) as odoos:
        with progress.step(f"{many} interleaved calls, API calls and jobs; as many in all"):
            calls = in_turns(odoos, many, lambda odoo: odoo.do("outbound"))
            api, api_cpu = requests_in_turns(odoos, many, Odoo.call)
            waiting = {id(odoo): iter(odoo.do("jobs", WARM_UP + many)) for odoo in odoos}
            jobs, jobs_cpu = requests_in_turns(
                odoos, many, lambda odoo: odoo.job(next(waiting[id(odoo)]))
            )
            crons = in_turns(odoos, many, lambda odoo: odoo.do("cron"))
            batches = [odoos[1].do("batch")["seconds"] for _ in range(WARM_UP + arguments.pairs)]
        figures = [
            _figure("outbound call (requests.get)", _seconds(calls), limit_ms=0.35),
            _figure("… with the flush at the end of its request", _seconds(calls, "all")),
            _figure("inbound JSON-2 call", api, limit_ms=0.4),
            _figure("job that does nothing", jobs, limit_ratio=1.05),
            _figure("run of a scheduled action", _seconds(crons), limit_ms=2.0),
            _figure("buffered batch, a row", [(0.0, item) for item in batches[WARM_UP:]],
                    limit_ms=0.1),
        ]  # fmt: skip
        sustained = log_sustained.run(odoos, arguments.seconds, RATE)
    report = write(
        "log",
        arguments,
        all(item["holds"] for item in [*figures, sustained]),
        pairs=arguments.pairs,
        figures=figures,
        processor_ms={"inbound JSON-2 call": api_cpu, "job that does nothing": jobs_cpu},
        sustained=sustained,
    )
    _show(report)
    return report["holds"]


def _seconds(answers: list[tuple[dict, dict]], name: str = "seconds") -> list[tuple[float, float]]:
    return [(old[name], new[name]) for old, new in answers]


def _figure(
    what: str,
    pairs: list[tuple[float, float]],
    *,
    limit_ms: float | None = None,
    limit_ratio: float | None = None,
) -> dict[str, Any]:
    """Return the difference in ms and the ratio, each with its interval, and the verdict."""
    without = [old * 1000 for old, _new in pairs]
    with_suite = [new * 1000 for _old, new in pairs]
    difference = difference_of(without, with_suite)
    ratio = ratio_of(without, with_suite) if all(without) else None
    holds = limit_ms is None or difference.low <= limit_ms
    if limit_ratio is not None and ratio:
        holds = ratio.low <= limit_ratio
    return {
        "what": what,
        "number": len(pairs),
        "without_ms": round(statistics.median(without), 3),
        "with_ms": round(statistics.median(with_suite), 3),
        "difference_ms": [round(value, 3) for value in difference.values],
        "ratio": [round(value, 4) for value in ratio.values] if ratio else None,
        "limit_ms": limit_ms,
        "limit_ratio": limit_ratio,
        "holds": holds,
    }


def _show(report: dict[str, Any]) -> None:
    print(f"\n{report['machine']}")
    row = "{:<44} {:>5} {:>9} {:>9} {:>24} {:>22} {:>9}  {}"
    head = ("what", "pairs", "without", "with", "difference, 95 % interval", "ratio", "limit", "")
    print(row.format(*head))
    for item in report["figures"]:
        limit = f"{item['limit_ms']:+g} ms" if item["limit_ms"] else ""
        limit = f"{item['limit_ratio']:g}" if item["limit_ratio"] else limit
        middle, low, high = item["difference_ms"]
        ratio = "{:.3f} ({:.3f} – {:.3f})".format(*item["ratio"]) if item["ratio"] else ""
        print(
            row.format(
                item["what"],
                item["number"],
                f"{item['without_ms']:.2f} ms",
                f"{item['with_ms']:.2f} ms",
                f"{middle:+.3f} ({low:+.3f} – {high:+.3f})",
                ratio,
                limit,
                ("holds" if item["holds"] else "FAILS") if limit else "",
            )
        )
    for what, (without, with_suite) in report["processor_ms"].items():
        print(
            f"processor time of Odoo, {what}, its log included:"
            f" {without:.2f} ms without, {with_suite:.2f} ms with"
        )
    for line in log_sustained.words(report["sustained"]):
        print(line)
