"""The configuration file of a simulator (JSON), checked."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """The configuration cannot be used; the message says what to change."""


@dataclass
class Config:
    """Settings of one process.

    `token`: bearer token expected of callers (None: no authentication). `body_limit`: bytes.
    `retry_schedule`: seconds before the second, third, … attempt to deliver a webhook; the last
    one repeats. `retry_after_cap`: the longest Retry-After that is honoured, seconds. `timeout`:
    seconds for one delivery. `workers`: webhooks delivered at a time (1 keeps their order).
    `targets`, `catalogue`, `behaviour`: first values, used while the ledger holds none.
    `faults`: switched on at each start.
    """

    token: str | None = None
    body_limit: int = 1024 * 1024
    retry_schedule: list[float] = field(default_factory=lambda: [0.5, 1, 2, 5])
    retry_after_cap: float = 60.0
    timeout: float = 15.0
    workers: int = 4
    targets: dict[str, Any] = field(default_factory=dict)
    catalogue: list[Any] | None = None
    behaviour: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)


def load_config(source: str | None) -> Config:
    """Read the configuration file named `source` (None: the defaults). Raises ConfigError."""
    if not source:
        return Config()
    try:
        values = json.loads(Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Cannot read the configuration {source}: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"The configuration {source} must hold a JSON object.")
    known = {item.name for item in dataclasses.fields(Config)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ConfigError(f"Unknown settings {unknown} in {source}; known are {sorted(known)}.")
    config = Config(**values)
    if not config.retry_schedule or config.workers < 1 or config.body_limit < 1:
        raise ConfigError("retry_schedule, workers and body_limit must not be empty or zero.")
    return config
