"""Redirects stay within one host, are bounded, and lose no payload."""

import time

import pytest
from http_helpers import always, client, fails
from hypothesis import given
from hypothesis import strategies as st
from wire import answer, serving

from integration_monitor.tools import classify
from integration_monitor.tools.http_auth import HmacAuth
from integration_monitor.tools.http_redirect import MAX_REDIRECTS, next_address, target_host

HERE = "https://api.example/v1/orders?page=2"


@pytest.mark.parametrize(
    ("method", "status", "location", "expected"),
    [
        ("GET", 301, "/v2/orders", "https://api.example/v2/orders"),
        ("GET", 302, "next?page=3#x", "https://api.example/v1/next?page=3"),
        ("HEAD", 303, "https://API.example:443/a", "https://API.example:443/a"),
        ("POST", 307, "/v2/orders", "https://api.example/v2/orders"),
        ("POST", 308, "/v2/orders", "https://api.example/v2/orders"),
        ("POST", 301, "/v2/orders", None),
        ("PUT", 302, "/v2/orders", None),
        ("POST", 303, "/done", None),
        ("GET", 300, "/a", None),
        ("GET", 304, "/a", None),
        ("GET", 302, None, None),
        ("GET", 302, "https://evil.example/", None),
        ("GET", 302, "//evil.example/", None),
        ("GET", 302, "https://api.example.evil.example/", None),
        ("GET", 302, "https://api.example@evil.example/", None),
        ("GET", 302, "https://user:pw@api.example/", None),
        ("GET", 302, "https://api.example:8443/", None),
        ("GET", 302, "http://api.example/", None),
        ("GET", 302, "ftp://api.example/", None),
        ("GET", 302, "javascript:alert(1)", None),
        ("GET", 302, "https://api.example:no/", None),
        ("GET", 302, "https://[::1/", None),
    ],
)
def test_where_a_redirect_leads(method, status, location, expected):
    """Credentials follow a redirect to somebody else, or an order becomes a GET."""
    assert next_address(method, status, location, HERE) == expected


def test_a_host_may_move_to_tls():
    """A partner that switched http off cannot be called; or the way back is open."""
    assert next_address("GET", 301, "https://h.example/a", "http://h.example/a")
    assert next_address("GET", 301, "https://h.example:8443/", "http://h.example/") is None
    assert next_address("GET", 301, "https://h.example/", "http://h.example:81/") is None


@given(st.text(max_size=60))
def test_any_location_stays_on_the_host(location):
    """Some odd writing of an address leads elsewhere."""
    target = next_address("GET", 302, location, "https://api.example/a")
    assert target is None or target_host(target) == "api.example"


def test_a_redirect_on_the_same_host_is_followed():
    """A partner that adds a slash cannot be called; the credentials get lost on the way."""
    seen = []

    def behave(connection, request, _number):
        seen.append(request)
        moved = request.startswith(b"POST /a ")
        connection.sendall(
            answer(b"", "308 Moved", Location="/a/") if moved else answer(b"done", X_A="1")
        )
        return True

    with serving(behave) as (port, _):
        call = client(port, auth=HmacAuth("s"))
        response = call.request("POST", "/a", headers={"Idempotency-Key": "k"}, body=b"order")
    assert (response.status, response.body) == (200, b"done")
    assert seen[1].startswith(b"POST /a/ ")
    assert seen[1].endswith(b"\r\n\r\norder")
    for request in seen:
        assert b"Idempotency-Key: k" in request
        assert b"X-Signature: " in request


def test_another_host_never_sees_the_credentials():
    """A partner, or who broke into it, collects our token at another address."""
    with serving(always(answer(b"thanks"))) as (elsewhere, there):
        location = f"http://localhost:{elsewhere}/"
        for status in ("301 Moved", "302 Found", "307 Moved", "308 Moved"):
            data = answer(b"", status, Location=location)
            with serving(always(data)) as (port, _):
                response = client(port, auth=("u", "p")).request(
                    "GET", "/", headers={"Authorization": "Bearer secret"}
                )
            assert response.status == int(status[:3])
        # The same name, another port: another program of that host.
        data = answer(b"", "302 Found", Location=f"http://127.0.0.1:{elsewhere}/")
        with serving(always(data)) as (port, _):
            assert client(port).request("GET").status == 302
        assert not there
    error = classify.from_status(302, {"Location": location})
    assert "localhost" in error.message
    assert error.error_class == "client"


def test_redirects_end():
    """A loop of redirects holds a worker until the deadline."""
    seen = []

    def behave(connection, request, _number):
        seen.append(request)
        connection.sendall(answer(b"", "302 Found", Location="/again"))
        return True

    with serving(behave) as (port, _):
        fails(lambda: client(port).request("GET"), "client")
    assert len(seen) == MAX_REDIRECTS + 1


def test_redirects_share_one_deadline():
    """Each hop begins with a new deadline."""

    def behave(connection, _request, _number):
        time.sleep(0.6)
        connection.sendall(answer(b"", "302 Found", Location="/again"))
        return True

    with serving(behave) as (port, _):
        fails(lambda: client(port, deadline=1).request("GET"), "timeout", True)
