"""Business transactions: each part measures one promise about following them."""

from __future__ import annotations

import argparse
import importlib

#: Name of a part -> module with ``run(arguments) -> bool``. Each writes a report of its own.
PARTS = {
    "adoption": "bench.process_adoption",
    "deadlines": "bench.process_deadlines",
    "screens": "bench.process_screens",
}


def run(arguments: argparse.Namespace) -> bool:
    """Run the parts named by ``--parts``, by default all; return whether every one holds."""
    names = [name for name in arguments.parts.split(",") if name] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"process has no part {', '.join(unknown)}; it has {', '.join(PARTS)}.")
    return all([importlib.import_module(PARTS[name]).run(arguments) for name in names])
