"""What the tests of the HTTP client share."""

import time

import pytest

from integration_monitor.tools.errors import RemoteError, TransportError
from integration_monitor.tools.http_client import HttpClient

LOCAL = "127.0.0.0/8, ::1"


def client(port, host="127.0.0.1", scheme="http", **options):
    """A client with short waits that may call this machine."""
    settings = {"allowed_networks": LOCAL, "connect_timeout": 1, "read_timeout": 0.5, "deadline": 2}
    return HttpClient(f"{scheme}://{host}:{port}", **{**settings, **options})


def fails(work, error_class, maybe_delivered=None, within=3.0):
    """Run ``work``, which must fail with this class in time; returns the error."""
    started = time.monotonic()
    with pytest.raises((TransportError, RemoteError)) as caught:
        work()
    assert time.monotonic() - started < within
    assert caught.value.error_class == error_class, caught.value
    if maybe_delivered is not None:
        assert caught.value.maybe_delivered is maybe_delivered
    return caught.value


def always(data):
    """Behaviour: the same bytes for each request."""

    def behave(connection, _request, _number):
        connection.sendall(data)
        return True

    return behave
