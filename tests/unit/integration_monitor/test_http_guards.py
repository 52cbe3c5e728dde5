"""The HTTP client does not let itself be led astray."""

import gzip
import socket
import ssl
import threading
import zlib

import pytest
from http_helpers import always, client, fails
from wire import answer, certificate, serving

from integration_monitor.tools.errors import AddressRefused, IntegrationError, RequestUnusable
from integration_monitor.tools.http_client import HttpClient


def test_redirects_are_not_followed():
    """A partner redirects our credentials to somebody else."""
    with serving(always(answer(b"", "302 Found", Location="http://169.254.169.254/"))) as (port, _):
        assert client(port).request("GET").status == 302


def test_cookies_are_not_kept():
    """One customer's session cookie is sent with another's call."""
    requests = []

    def behave(connection, request, _number):
        requests.append(request)
        connection.sendall(answer(Set_Cookie="sid=secret"))
        return True

    with serving(behave) as (port, _):
        client(port).request("GET")
        client(port).request("GET")
    assert b"cookie" not in requests[1].lower()


def test_the_environment_is_ignored(monkeypatch, tmp_path):
    """A proxy variable or a .netrc of the server's user takes part in partner calls."""
    requests = []
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    def behave(connection, request, _number):
        requests.append(request)
        connection.sendall(answer())

    with serving(behave) as (port, _):
        assert client(port).request("GET").ok
    assert b"authorization" not in requests[0].lower()


@pytest.mark.parametrize(
    "data",
    [
        answer(b"x" * 5000),
        answer(
            b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n",
            Transfer_Encoding="chunked",
            Content_Length="",
        ),
        answer(b"x" * 5000, Content_Length=""),
        answer(gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip"),
        answer(zlib.compress(b"x" * 5000), Content_Encoding="deflate"),
    ],
)
def test_large_answers_are_refused(data):
    """A bomb of a few kilobytes fills the memory."""

    def behave(connection, _request, _number):
        connection.sendall(data)

    with serving(behave) as (port, _):
        error = fails(lambda: client(port, max_bytes=4096).request("GET"), "contract", True)
    assert "4 KiB" in error.message


def test_inner_addresses_are_not_dialled():
    """A partner's address opens our own services."""
    with serving(always(answer())) as (port, accepted):
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"):
            with pytest.raises(AddressRefused, match="allowed networks"):
                client(port, host, allowed_networks=None).request("GET")
        assert not accepted


def test_a_name_that_changes_its_address_gains_nothing(monkeypatch):
    """DNS rebinding: the check sees a public address, the connection goes inside."""
    real = socket.getaddrinfo
    asked = []

    def rebinding(host, *args, **kwargs):
        asked.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving(always(answer())) as (port, accepted):
        with pytest.raises(AddressRefused):
            client(port, "partner.example", allowed_networks="93.184.216.0/24").request("GET")
        assert asked == ["partner.example"]
        assert not accepted


def test_a_kept_connection_obeys_a_narrower_list():
    """An endpoint without the allowance uses a connection that another one opened."""
    with serving(always(answer())) as (port, _):
        assert client(port).request("GET").ok
        with pytest.raises(AddressRefused):
            client(port, allowed_networks=None).request("GET")


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("ftp://h.example", "/"),
        ("file:///etc/passwd", ""),
        ("h.example", "/"),
        ("http://user:pw@h.example", "/"),
        ("http://h.example", "http://other.example/"),
        ("http://h.example", "https://h.example/"),
        ("http://h.example", "http://h.example:81/"),
    ],
)
def test_odd_addresses_are_refused(base, path):
    """A path from a payload sends our credentials to another host."""
    with pytest.raises(AddressRefused):
        HttpClient(base).request("GET", path)


def test_tls_is_verified(tmp_path):
    """A stranger with his own certificate answers for the partner."""
    context, authority = certificate(tmp_path)
    with serving(always(answer()), context) as (port, accepted):
        error = fails(lambda: client(port, scheme="https").request("GET"), "tls", False)
        assert error.retryable is False
        assert client(port, scheme="https", verify=authority).request("GET").ok
        assert client(port, "localhost", "https", verify=authority).request("GET").ok
        assert client(port, scheme="https", verify=False).request("GET").ok


def test_a_certificate_for_another_name_is_refused(tmp_path):
    """A valid certificate of somebody else is accepted."""
    context, authority = certificate(tmp_path, "other.example")
    with serving(always(answer()), context) as (port, _):
        fails(lambda: client(port, scheme="https", verify=authority).request("GET"), "tls", False)


def test_plain_http_on_a_tls_port_is_a_tls_fault():
    """A wrong port looks like an outage."""

    listener = socket.create_server(("127.0.0.1", 0))
    with listener:

        def talk():
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(answer(b"no tls here"))

        threading.Thread(target=talk, daemon=True).start()
        port = listener.getsockname()[1]
        fails(lambda: client(port, scheme="https").request("GET"), "tls", False)


def test_old_tls_versions_are_refused(tmp_path):
    """A downgraded line can be read along."""
    context, authority = certificate(tmp_path)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with serving(always(answer()), context) as (port, _):
        fails(lambda: client(port, scheme="https", verify=authority).request("GET"), "tls", False)


def test_headers_cannot_be_smuggled():
    """A line break in a value adds a header or a second request."""
    with serving(always(answer())) as (port, accepted):
        with pytest.raises(IntegrationError) as caught:
            client(port).request("GET", headers={"X-A": "1\r\nX-B: 2"})
        assert caught.value.error_class == "client"
        assert not accepted


@pytest.mark.parametrize(
    ("start", "flood"),
    [
        (b"1;", b"x" * 65536),  # the frame of a chunk that never ends
        (b"2\r\nok\r\n0\r\n", b"X-A: 1\r\n" * 8192),  # trailers that never end
        (b"", b"1\r\nx\r\n" * 8192),  # a body in tiny chunks, refused for what it is
    ],
)
def test_what_surrounds_an_answer_is_capped_too(start, flood):
    """A partner fills the memory, or the line until the deadline, outside of the body."""

    def behave(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + start)
        while True:
            connection.sendall(flood)

    with serving(behave) as (port, _):
        error = fails(lambda: client(port, max_bytes=4096).request("GET"), "contract", True)
    assert error.retryable is False


@pytest.mark.parametrize(
    ("base", "path", "headers", "auth"),
    [
        ("http://[::1/", "/", {}, None),
        ("http://127.0.0.1:abc/", "/", {}, None),
        ("http://127.0.0.1:999999/", "/", {}, None),
        ("http://127.0.0.1:9", "/", {"Bad Header:\r\nX": "secret-1"}, None),
        ("http://127.0.0.1:9", "/", {"Authorization": "Bearer secret-1\r\n"}, None),
        ("http://127.0.0.1:9", "/", {"X-API-Key": "secret-1€"}, None),
        ("http://127.0.0.1:9", "/", {}, ("user", "secret-1€")),
    ],
)
def test_what_cannot_be_sent_is_our_own_fault(base, path, headers, auth):
    """Nobody was called, and the words blame the partner, or repeat the secret."""
    client_here = HttpClient(base, allowed_networks="127.0.0.0/8", auth=auth)
    with pytest.raises(RequestUnusable) as caught:
        client_here.request("GET", path, headers=headers)
    error = caught.value
    assert (error.error_class, error.retryable, error.maybe_delivered) == ("client", False, False)
    assert "secret-1" not in error.message
