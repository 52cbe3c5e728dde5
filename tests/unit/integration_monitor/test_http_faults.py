"""The HTTP client with partners that misbehave, over real sockets: each fault has its class."""

import gzip
import socket
import time

import pytest
from http_helpers import SILENCE, client, fails
from wire import answer, certificate, full_queue, reset, serving


def test_unresolvable_names_are_dns_faults():
    """A typing slip in the address looks like a partner's outage."""
    waits = {"connect_timeout": 10, "deadline": 11}  # the resolver of this machine may be slow
    call = client(80, "no-such-host.invalid", **waits)
    error = fails(lambda: call.request("GET"), "dns", False, 12)
    assert "no-such-host.invalid" in error.message
    call = client(80, "a" * 70 + ".example", **waits)
    fails(lambda: call.request("GET"), "dns", False, 12)


def test_a_closed_port_is_a_connect_fault():
    """It is unclear whether the order was sent."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = fails(lambda: client(port).request("POST", body=b"x"), "connect", False)
    assert "cannot be reached" in error.message


def test_a_port_that_never_accepts_is_a_timeout():
    """A firewall that drops packets holds a worker for minutes."""
    with full_queue() as port:
        call = client(port, connect_timeout=0.5)
        fails(lambda: call.request("GET"), "timeout", False)


def test_a_slow_resolver_is_a_timeout(monkeypatch):
    """A dead name server holds a worker for half a minute."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(SILENCE))
    call = client(80, "slow.example", connect_timeout=0.3)
    fails(lambda: call.request("GET"), "timeout", False)


def test_a_silent_partner_is_a_timeout():
    """A partner that accepts and never answers holds a worker."""
    with serving(lambda *args: time.sleep(SILENCE)) as (port, _):
        call = client(port, read_timeout=0.5)
        fails(lambda: call.request("POST", body=b"x"), "timeout", True)


@pytest.mark.parametrize("part", ["status", "headers", "body", "chunks"])
def test_trickling_answers_end_at_the_deadline(part):
    """A byte each half second keeps a worker busy for ever: the read timeout is per gap."""
    start = {
        "status": b"",
        "headers": b"HTTP/1.1 200 OK\r\nX-A: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    }[part]
    drop = b"1\r\nx\r\n" if part == "chunks" else b"H"

    def behave(connection, _request, _number):
        connection.sendall(start)
        for _ in range(int(SILENCE / 0.1)):
            connection.sendall(drop)
            time.sleep(0.1)

    with serving(behave) as (port, _):
        error = fails(lambda: client(port, deadline=1.5).request("GET"), "timeout", True)
    assert "no complete answer" in error.message


def test_a_partner_that_does_not_read_ends_at_the_deadline():
    """A large order to a stuck partner holds a worker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        call = client(listener.getsockname()[1], read_timeout=0.5, deadline=1)
        fails(lambda: call.request("POST", body=b"x" * 50_000_000), "timeout", True)


@pytest.mark.parametrize(
    ("data", "error_class"),
    [
        (b"", "connect"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "connect"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connect"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", "connect"),
        (b"nonsense\r\n\r\n", "connect"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200, "connect"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"1" * 70000, "connect"),
        (answer(b"no gzip", Content_Encoding="gzip"), "connect"),
        (answer(gzip.compress(b"x" * 999)[:-9], Content_Encoding="gzip"), "connect"),
        (answer(b"x", Content_Encoding="br"), "contract"),
    ],
)
def test_broken_answers_are_faults(data, error_class):
    """Half an answer is booked as a whole one, or crashes."""

    def behave(connection, _request, _number):
        connection.sendall(data)

    with serving(behave) as (port, _):
        fails(lambda: client(port).request("GET"), error_class, True)


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"])
def test_a_reset_is_a_connect_fault(after):
    """A reset line looks like success."""

    def behave(connection, _request, _number):
        connection.sendall(after)
        time.sleep(0.05)
        reset(connection)

    with serving(behave) as (port, _):
        fails(lambda: client(port).request("GET"), "connect", True)


def test_a_silent_tls_handshake_is_a_timeout():
    """A stuck TLS proxy holds a worker, or looks like a bad certificate."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        call = client(port, scheme="https", connect_timeout=1, read_timeout=0.5)
        fails(lambda: call.request("GET"), "timeout", False)


def test_a_trickling_tls_answer_ends_at_the_deadline(tmp_path):
    """The deadline holds for plain connections only."""
    context, authority = certificate(tmp_path)

    def behave(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(int(SILENCE / 0.1)):
            connection.sendall(b"x")
            time.sleep(0.1)

    with serving(behave, context) as (port, _):
        call = client(port, scheme="https", verify=authority, deadline=1.5)
        fails(lambda: call.request("GET"), "timeout", True)
