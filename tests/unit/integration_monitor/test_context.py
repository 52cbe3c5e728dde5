"""The execution context."""

import threading

from integration_monitor.tools import context


def test_a_block_adds_and_restores():
    """A flow's identity leaks into the next message of the same worker."""
    with context.bound(correlation_id="a", flow_id=1):
        with context.bound(flow_id=2):
            assert context.current().correlation_id == "a"
            assert context.current().flow_id == 2
        assert context.current().flow_id == 1
    assert context.current() == context.EMPTY


def test_a_new_execution_inherits_nothing():
    """A reused worker thread shows the id of the request before."""
    with context.bound(correlation_id="old"):
        token = context.start(message_id=5)
        assert context.current().correlation_id is None
        context.update(trace_id="t")
        assert context.current().message_id == 5
        context.finish(token)
        assert context.current().correlation_id == "old"


def test_threads_do_not_share():
    """Two requests at once mix their correlation ids."""
    seen = []
    with context.bound(correlation_id="mine"):
        thread = threading.Thread(target=lambda: seen.append(context.current().correlation_id))
        thread.start()
        thread.join()
    assert seen == [None]
