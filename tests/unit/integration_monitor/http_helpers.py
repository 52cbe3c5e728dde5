"""What the tests of the HTTP client share."""

import time

import pytest

from integration_monitor.tools.errors import RemoteError, TransportError
from integration_monitor.tools.http_client import HttpClient

LOCAL = "127.0.0.0/8, ::1"
SILENCE = 30.0  # seconds


def client(port, host="127.0.0.1", scheme="http", **options):
    """A client that may call this machine, and waits longer than a busy one needs.

    Tests whose subject is a wait shorten it.
    """
    waits = {"connect_timeout": 10, "read_timeout": 10, "deadline": 20}
    settings = {"allowed_networks": LOCAL, **waits, **options}
    return HttpClient(f"{scheme}://{host}:{port}", **settings)


def fails(work, error_class, maybe_delivered=None, within=10.0):
    """Run ``work``, which must fail with this class in time; returns the error.

    A partner who shall hold the caller up lasts for ``SILENCE``, much longer than ``within``.
    """
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
