"""Whether work grows with its input and no faster, as a ratio: machines are of any speed."""

import time
from collections.abc import Callable

#: Quadratic work takes so many times as long for each character of the whole as for one of a part.
PARTS = 16
#: Caches and memory may cost so much.
SLACK = 6
#: Less than that is the clock's grain.
GRAIN = 0.002


def assert_grows_evenly(work: Callable[[str], object], text: str) -> None:
    """Fail when a text takes far longer than its first part says."""
    part = text[: len(text) // PARTS]
    expected = PARTS * max(_seconds(work, part), GRAIN)
    assert _seconds(work, text) < SLACK * expected


def _seconds(work: Callable[[str], object], text: str) -> float:
    def once() -> float:
        begun = time.thread_time()
        work(text)
        return time.thread_time() - begun

    return min(once(), once())
