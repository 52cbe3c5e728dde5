"""The demonstration that newcomers start."""

from __future__ import annotations

import re
from typing import Any


def test_demonstration_plays_to_its_end(demonstration: Any) -> None:
    """The first thing that a newcomer runs ends with an error, or shows nothing to look at."""
    code, output = demonstration.result()
    assert code == 0, output[-3000:]
    assert "not in time" not in output, output[-3000:]
    assert f"http://127.0.0.1:{demonstration.port}" in output
    assert re.search(r"press Retry on “(?!the carrier)[^”]+”", output), "no exception to look at"
    steps = re.findall(r"^· (.+)$", output, re.MULTILINE)
    assert len(steps) >= 7, steps
