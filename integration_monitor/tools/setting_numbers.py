"""The whole numbers of the settings page: what each may be, wherever it was written.

The form refuses what is out of range. Behind it, in the system parameters, anybody may write
anything; then the number is read as one that can be worked with, and never as an error.
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "integration_monitor."
# A hundred years: of a thousand no date can be reckoned.
MAX_DAYS = 36500
_MAX_MESSAGES = 1_000_000


@dataclass(frozen=True, slots=True)
class Range:
    """What a setting may be, both ends included, and what it is when nothing is set."""

    default: int
    least: int
    most: int

    def __contains__(self, number: int) -> bool:
        return self.least <= number <= self.most

    def number_of(self, text: str | bool | None) -> int:
        """Return the number that a system parameter holds.

        :param text: as it is stored; False and None when it is not
        :return: the default for what cannot be read or is too little, else the most for too much:
            a slip of the pen must not empty the log
        """
        text = str(text or "")
        if not (text.isascii() and text.isdigit()):
            return self.default
        # Python refuses to read endless digits; nothing needs more of them.
        number = int(text) if len(text) < 16 else self.most
        return self.default if number < self.least else min(number, self.most)


#: By system parameter, without the prefix.
RANGES = {
    "log_retention_standard_days": Range(30, 1, MAX_DAYS),
    "log_retention_refused_days": Range(14, 1, MAX_DAYS),
    "log_retention_audit_days": Range(365, 1, MAX_DAYS),
    "message_retention_days": Range(365, 1, MAX_DAYS),
    "stock_run_retention_days": Range(7, 1, MAX_DAYS),
    "issue_auto_resolve_days": Range(14, 0, MAX_DAYS),
    "event_retention_days": Range(30, 2, MAX_DAYS),
    "event_backlog_days": Range(7, 1, MAX_DAYS),
    "replay_max_count": Range(1000, 1, _MAX_MESSAGES),
    "replay_approval_count": Range(50, 0, _MAX_MESSAGES),
    "replay_rate": Range(60, 1, 6000),
    "digest_hour": Range(6, 0, 23),
}
