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
    """Fail when a text takes far longer, each of two times, than its first part says."""
    part = text[: len(text) // PARTS]
    expected = PARTS * max(min(_seconds(work, part), _seconds(work, part)), GRAIN)
    limit = SLACK * expected
    # The faster one counts: once is enough if it is fast.
    assert _seconds(work, text) < limit or _seconds(work, text) < limit


def _seconds(work: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    work(text)
    return time.thread_time() - begun
