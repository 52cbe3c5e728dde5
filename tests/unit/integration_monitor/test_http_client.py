"""The HTTP client with partners that behave."""

import gzip
import socket
import threading
import zlib

import pytest
from http_helpers import SILENCE, always, client
from wire import answer, serving

from integration_monitor.tools import http_transport


def test_a_call_goes_through_and_keeps_the_connection():
    """Each call costs a new connection, or shows another call's answer."""
    requests = []

    def behave(connection, request, number):
        requests.append(request)
        connection.sendall(answer(b"n%d" % number, X_A="1"))
        return True

    with serving(behave) as (port, accepted):
        one = client(port).request("post", "/a?b=1", headers={"X-Id": "7"}, body=b"hi")
        two = client(port).request("GET", "c")
    assert (one.status, one.body, one.ok, one.address) == (200, b"n0", True, "127.0.0.1")
    assert one.headers["x-a"] == "1"
    assert one.elapsed_ms > 0
    assert two.text == "n1"
    assert len(accepted) == 1
    assert requests[0].startswith(b"POST /a?b=1 HTTP/1.1\r\n")
    assert b"X-Id: 7" in requests[0]
    assert requests[0].endswith(b"hi")
    assert requests[1].startswith(b"GET /c HTTP/1.1")


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "429 Slow", "204 No Content"])
def test_every_status_is_a_response(status):
    """A partner's refusal cannot be told from a broken line."""
    data = answer(b"" if status.startswith("204") else b"x", status, Retry_After="9")
    with serving(always(data)) as (port, _):
        response = client(port).request("GET")
    assert response.status == int(status[:3])
    assert response.headers["Retry-After"] == "9"


def test_basic_auth_is_sent():
    """Credentials of an endpoint are not used."""
    requests = []

    def behave(connection, request, _number):
        requests.append(request)
        connection.sendall(answer())

    with serving(behave) as (port, _):
        client(port, auth=("joe", "pw")).request("GET")
    assert b"Authorization: Basic am9lOnB3" in requests[0]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"hello"), "gzip"),
        (zlib.compress(b"hello"), "deflate"),
        (zlib.compress(b"hello")[2:-4], "deflate"),
        (b"hello", "identity"),
    ],
)
def test_compressed_answers_are_read(body, encoding):
    """A partner that compresses cannot be understood."""
    with serving(always(answer(body, Content_Encoding=encoding))) as (port, _):
        assert client(port).request("GET").body == b"hello"


def test_head_has_no_body():
    """A HEAD request waits for a body that never comes."""
    with serving(always(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")) as (port, _):
        assert client(port).request("HEAD").body == b""


def test_a_connection_that_idled_is_opened_anew(monkeypatch):
    """The first order after a quiet hour fails because the partner had hung up."""
    with serving(always(answer())) as (port, accepted):
        client(port).request("GET")
        monkeypatch.setattr(http_transport, "_IDLE_LIMIT", -1)
        client(port).request("GET")
        assert len(accepted) == 2


def test_a_connection_that_the_partner_closed_is_opened_anew():
    """Every second call fails with partners that close after each answer."""

    closed = threading.Event()

    def behave(connection, _request, _number):
        connection.sendall(answer())
        # Python calls a socket closed a little before it tells the other side.
        connection.shutdown(socket.SHUT_WR)
        closed.set()

    with serving(behave) as (port, accepted):
        client(port).request("GET")
        assert closed.wait(SILENCE)
        assert client(port).request("GET").ok
        assert len(accepted) == 2
