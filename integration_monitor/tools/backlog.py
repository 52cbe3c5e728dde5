"""When what waits will be gone, at the pace at which it is worked off at present."""

from __future__ import annotations

import math


def minutes_left(waiting: int, *, finished: int, arrived: int, minutes: float) -> int | None:
    """Return the minutes until nothing waits any more.

    :param waiting: messages that wait now
    :param finished: messages that ended in the last minutes
    :param arrived: messages that came in the same time
    :param minutes: over which both were counted
    :return: whole minutes, rounded up; None when it does not become less
    """
    if waiting <= 0:
        return 0
    net = finished - arrived
    if net <= 0 or minutes <= 0:
        return None
    return math.ceil(waiting * minutes / net)
