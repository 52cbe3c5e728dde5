"""Command line of the benchmarks: chooses one and runs it."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

BENCHMARKS = {
    "document": "bench.document",
    "log": "bench.log",
    "log-list": "bench.log_list",
    "message": "bench.message",
    "process": "bench.process",
    "rollup": "bench.rollup",
}


def main() -> int:
    """Run the benchmarks named on the command line; return 1 when a verdict does not hold."""
    parser = argparse.ArgumentParser(prog="setup/bench.sh", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"], nargs="?", default="all")
    parser.add_argument("--pairs", type=int, default=40, help="interleaved pairs (at least 30)")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    parser.add_argument("--modules", default="", help="addons of the suite, by default all")
    parser.add_argument(
        "--rows", type=int, default=5_000_000, help="log-list: lines in the log (5 million)"
    )
    parser.add_argument(
        "--seconds", type=int, default=300, help="log: how long 300 observations a second last"
    )
    parser.add_argument("--parts", default="", help="message, process: parts, by default all")
    parser.add_argument(
        "--orders", type=int, default=2000, help="process: orders that are adopted (2,000)"
    )
    parser.add_argument("--verbose", action="store_true", help="log-list: PostgreSQL's plans, too")
    arguments = parser.parse_args()
    names = list(BENCHMARKS) if arguments.name == "all" else [arguments.name]
    held = [importlib.import_module(BENCHMARKS[name]).run(arguments) for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
