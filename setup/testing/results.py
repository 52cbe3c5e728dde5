"""What the stages of a test run report, and the summary of it all."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SLOWEST = 10
EXCERPT_LINES = 25


@dataclass
class Result:
    """One test: ``name`` is unique within its stage, ``seconds`` its duration."""

    name: str
    status: str
    seconds: float = 0.0
    detail: str = ""
    log: str = ""


@dataclass
class Report:
    """The results of every stage."""

    results: list[Result] = field(default_factory=list)

    def add(self, results: list[Result]) -> None:
        """Add what a stage found."""
        self.results += results

    def count(self, status: str) -> int:
        """Return how many tests have this status."""
        return Counter(result.status for result in self.results)[status]

    @property
    def ok(self) -> bool:
        """Tell whether something ran and nothing failed."""
        return bool(self.results) and not self.count(FAILED)

    def print(self) -> None:
        """Print skips, slowest tests, failures, and the one line that counts them all."""
        for result in self.results:
            if result.status == SKIPPED:
                print(f"skipped: {result.name}: {result.detail}")
        timed = sorted(self.results, key=lambda result: result.seconds, reverse=True)[:SLOWEST]
        print("slowest:")
        for result in timed:
            print(f"  {result.seconds:7.2f} s  {result.name[:160]}")
        for result in self.results:
            if result.status == FAILED:
                lines = result.detail.strip().splitlines()
                dropped = len(lines) - EXCERPT_LINES
                excerpt = lines if dropped <= 0 else [f"… {dropped} lines"] + lines[dropped:]
                print(f"\nFAILED {result.name}")
                print("\n".join(f"  {line}" for line in excerpt))
                if result.log:
                    print(f"  log: {result.log}")
        if not self.results:
            print("FAILED: nothing ran")
        print(
            f"{self.count(PASSED)} passed, {self.count(FAILED)} failed, "
            f"{self.count(SKIPPED)} skipped"
        )
        sys.stdout.flush()


def save(results: list[Result], file: Path) -> None:
    """Write results to a file, for the process that started this one."""
    file.write_text(json.dumps([asdict(result) for result in results]), encoding="utf-8")


def load(file: Path) -> list[Result]:
    """Read results that another process wrote; none when it did not get that far."""
    if not file.exists():
        return []
    return [Result(**item) for item in json.loads(file.read_text(encoding="utf-8"))]
