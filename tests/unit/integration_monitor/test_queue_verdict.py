"""Verdicts on queues: each rule, and what must not raise an alarm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import queue_verdict
from integration_monitor.tools.queue_verdict import WINDOW, Sample, judge, next_sample

START = 1_800_000_000.0


def samples(waiting, *, finished=None, due=None, worked=None, step=60.0):
    """One sample a minute; ``worked`` is minutes before each sample, None for never."""
    finished = finished or [0] * len(waiting)
    due = waiting if due is None else due
    return [
        Sample(
            at=START + number * step,
            arrived=finished[number] + count,
            finished=finished[number],
            waiting=count,
            due=due[number],
            worked_at=None if worked is None else START + number * step - worked * 60,
        )
        for number, count in enumerate(waiting)
    ]


def test_an_empty_moment_is_ok():
    """A lane that was empty five minutes ago raises an alarm for what came since."""
    assert judge(samples([9, 9, 9, 9, 0, 1, 5, 9, 20, 80])) == "ok"


def test_what_was_before_the_empty_moment_does_not_count():
    """Ten bad minutes of an hour ago make the next message an alarm."""
    assert judge(samples([5] * 9 + [0] + [5] * 9)) == "ok"
    assert judge(samples([5] * 9 + [0] + [5] * 10)) == "stop"


@pytest.mark.parametrize("number", range(WINDOW))
def test_too_few_samples_are_ok(number):
    """After a restart everything that waits is an alarm for a minute."""
    assert judge(samples([5] * number)) == "ok"


def test_stop():
    """The job runner is dead, messages wait, and nobody is told."""
    assert judge(samples([3] * WINDOW)) == "stop"
    assert judge(samples([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], worked=20)) == "stop"


def test_stall():
    """Workers try again and again, nothing gets through, and it looks busy."""
    assert judge(samples([3] * WINDOW, worked=1)) == "stall"
    assert judge(samples(list(range(1, 11)), worked=0)) == "stall"


def test_warning():
    """Less is finished than comes in, until it is too late."""
    finished = list(range(0, 50, 5))
    assert judge(samples(list(range(10, 20)), finished=finished, worked=0)) == "warning"
    assert judge(samples([10] * 10, finished=finished, worked=0)) == "warning"


def test_a_peak_that_is_worked_off_is_ok():
    """A thousand orders at nine o'clock are an alarm, though they get done."""
    finished = list(range(0, 500, 50))
    falling = [1000 - done for done in finished]
    assert judge(samples(falling, finished=finished, worked=0)) == "ok"
    up_and_down = [10, 40, 30, 50, 45, 60, 50, 70, 65, 80]
    assert judge(samples(up_and_down, finished=finished, worked=0)) == "ok"


def test_waiting_for_the_next_try_is_no_stop():
    """One message that is tried again in an hour makes the lane look dead."""
    assert judge(samples([1] * WINDOW, due=[0] * WINDOW, worked=30)) == "ok"
    assert judge(samples([2] * WINDOW, due=[1] * 5 + [0] + [1] * 4, worked=30)) == "ok"


def test_a_gap_ends_the_window():
    """Odoo was off for the night, and every queue is stopped in the morning."""
    night = samples([3] * 9)
    morning = Sample(START + 9 * 3600, 3, 0, 3, 3, None)
    assert judge([*night, morning]) == "ok"


@pytest.mark.parametrize("before", ["stop", "stall"])
def test_a_gap_is_no_sign_of_work(before):
    """Odoo is restarted, and the queue that nobody works on is healthy for ten minutes."""
    night = samples([3] * 9)
    morning = [Sample(START + 9 * 3600 + 60 * n, 3, 0, 3, 3, None) for n in range(10)]
    for number in range(1, 10):
        assert judge([*night, *morning[:number]], before) == before
        assert judge(morning[:number], before) == before
    assert judge([*night, *morning], before) == "stop"
    done = Sample(START + 9 * 3600, 4, 2, 2, 2, None)
    assert judge([*night, done], before) == "ok"
    assert judge([*night, morning[0], done], before) == "ok"


def test_cancelled_ones_are_no_stall():
    """An operator cancels what waits, and the lane is an alarm for that."""
    assert judge(samples([9, 9, 9, 9, 9, 9, 9, 9, 9, 4], worked=0)) == "ok"


def test_next_sample_keeps_the_books():
    """Finished ones are not counted, or those that are taken up again count as finished."""
    same = {"waiting": 4, "due": 4, "worked_at": None}
    first = next_sample(None, at=0, arrived=0, unfinished=4, unfinished_before=4, **same)
    assert (first.arrived, first.finished, first.worked_at) == (0, 0, None)
    second = next_sample(first, at=60, arrived=10, unfinished=4, unfinished_before=4, **same)
    assert (second.arrived, second.finished, second.worked_at) == (10, 10, 60)
    third = next_sample(second, at=120, arrived=0, unfinished=6, unfinished_before=4, **same)
    assert (third.arrived, third.finished, third.worked_at) == (12, 10, 60)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 20), st.booleans()),
        max_size=25,
    )
)
def test_any_history_has_a_verdict_and_survives_storage(history):
    """A strange history breaks the sweep for all lanes."""
    made = []
    finished = 0
    for number, (waiting, done, ago, known) in enumerate(history):
        finished += done
        at = START + 60.0 * number
        worked = at - 60 * ago if known else None
        made.append(Sample(at, finished + waiting, finished, waiting, waiting, worked))
    verdict = judge(made)
    assert verdict in ("ok", "warning", "stall", "stop")
    stored = json.loads(json.dumps(queue_verdict.dump(made)))
    assert queue_verdict.load(stored) == made
    assert judge(queue_verdict.window(made)) == verdict
    if any(not waiting for waiting, *_rest in history[-WINDOW:]):
        assert verdict == "ok"
