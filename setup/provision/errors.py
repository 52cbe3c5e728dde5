"""The one error of this package: a single line that says what is missing and how to get it."""

from __future__ import annotations


class ProvisionError(Exception):
    """Something the machine lacks, or a step that failed; the message is one line for a person."""
