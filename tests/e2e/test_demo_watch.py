"""The demonstration whose processes end; a file of its own, for its folder of logs is made anew."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from world import World

from demo.scenario import Scenario
from demo.stack import StackEnded


def test_an_end_of_a_process_ends_the_demonstration(world: World) -> None:
    """Odoo has ended, and the demonstration goes on for hours without a word."""
    stack = world.stack
    scenario = Scenario(stack)
    carrier = stack.partners["carrier"]
    for name, process, log in (
        ("carrier", carrier, carrier.log_path),
        ("Odoo", stack.odoo, stack.odoo.log_file),
    ):
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(StackEnded, match=name) as told:
            scenario.trickle(threading.Event(), every=0.2)
        assert str(log) in str(told.value)
        assert "signal 9" in str(told.value)
        with pytest.raises(StackEnded, match=name):
            scenario.play(lambda _text: None)
        if process is carrier:
            carrier.restart()
            stack.check()
