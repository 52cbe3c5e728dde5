"""What replaying one message would do, and how fast messages may be replayed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Action = Literal["replay", "skip", "refuse"]

#: Longest and shortest pause between two slices of a replay, in seconds.
SLICE_SECONDS = 10
#: What a document is, by which a handler refuses unless somebody entitled overrides it.
GUARDED = ("cancelled", "invoiced", "shipped", "locked", "deleted")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one message.

    :ivar action: ``replay``, ``skip`` (it would change nothing) or ``refuse``
    :ivar state: state of the document, or of the message, that decided; a code
    :ivar reason: why, or what the replay does, in words for a person
    :ivar overridable: whether somebody entitled may have a refused message replayed all the same
    """

    action: Action
    state: str
    reason: str = ""
    overridable: bool = False


def slice_of(per_minute: int) -> tuple[int, int]:
    """Divide a rate into slices.

    :param per_minute: messages a minute, at least 1
    :return: (messages in a slice, whole seconds until the next one); never faster than the rate
    :raises ValueError: a rate below one
    """
    if per_minute < 1:
        raise ValueError("A rate is at least one message a minute.")
    size = max(1, per_minute * SLICE_SECONDS // 60)
    return size, math.ceil(size * 60 / per_minute)


def share(done: int, total: int) -> float:
    """Return the progress in percent; with nothing to do everything is done."""
    return 100.0 * done / total if total else 100.0
