"""The JSON that every benchmark leaves: what was measured, when, and on which machine."""

from __future__ import annotations

import json
import os
import platform
from argparse import Namespace
from datetime import datetime, timezone
from typing import Any

from provision import paths


def write(benchmark: str, arguments: Namespace, holds: bool, **content: Any) -> dict[str, Any]:
    """Write ``.odoo/bench/<benchmark>.json``, or the file of ``--json``, and say where.

    :param content: what the benchmark has to tell, as JSON
    :return: the report, with ``benchmark``, ``at``, ``machine`` and ``holds`` added
    """
    report = {
        "benchmark": benchmark,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}",
        **content,
        "holds": holds,
    }
    target = arguments.json or paths.WORK / "bench" / f"{benchmark}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"Figures: {target}")
    return report
