"""Log records that are failures: errors at any time, and warnings while addons are installed.

The expected ones are listed here, and nowhere else. A test that provokes an error mutes it
(``mute_logger``, ``assertLogs``); such records never get here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from .results import FAILED, PASSED, Result

#: Logger and message (both searched) of records that are no failure, each with its reason.
ALLOWED = (
    # The embedded PostgreSQL has no trigram extension; Odoo works without.
    (r"^odoo\.(sql_db|service\.db)$", r"pg_trgm"),
    # Odoo's own summaries of tests: the runner counts them itself.
    (r"^odoo\.tests\.result$", r"\d+ tests when loading"),
    (r"^odoo\.modules\.loading$", r"^Module \w+: \d+ failures|^At least one test failed"),
)
_ALLOWED = [(re.compile(logger), re.compile(message)) for logger, message in ALLOWED]


class LogWatch(logging.Handler):
    """Collects the records that count as failures."""

    def __init__(self, test_running: Callable[[], object]) -> None:
        """Take what tells whether a test runs right now: then only errors count."""
        super().__init__(logging.WARNING)
        self.test_running = test_running
        #: Set while a failed test is logged: that record is the test's own.
        self.muted = False
        self.found: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record that nobody expects, once per place and text."""
        if self.muted or (record.levelno < logging.ERROR and self.test_running()):
            return
        try:
            message = record.getMessage()
        except Exception as error:  # a broken log call is a finding too
            message = f"{record.msg!r}: {error}"
        for logger, text in _ALLOWED:
            if logger.search(record.name) and text.search(message):
                return
        if record.exc_info and record.exc_info[0]:
            message += "\n" + logging.Formatter().formatException(record.exc_info)
        when = "while tests ran" if self.test_running() else "at installation"
        key = f"{record.levelname} of {record.name} {when} ({record.filename}:{record.lineno})"
        self.found.setdefault(key, message)

    def results(self) -> list[Result]:
        """Return one failure per finding, or one passed test when there is none."""
        failures = [Result(f"log: {key}", FAILED, detail=text) for key, text in self.found.items()]
        return failures or [Result("log: no unexpected warnings or errors", PASSED)]
