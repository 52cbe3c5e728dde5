"""Error classes of what plain libraries raise on real sockets, and of statuses."""

import socket
import ssl
import time
import urllib.request

import pytest
import requests
import urllib3
from http_helpers import SILENCE
from wire import answer, certificate, full_queue, reset, serving

from integration_monitor.tools import classify, errors


def raised(work):
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def get(port, scheme="http", timeout=10.0):
    return requests.get(f"{scheme}://127.0.0.1:{port}/", timeout=timeout)


def test_dns():
    """An unknown name is reported as a broken line."""
    for work in (
        lambda: requests.get("http://no-such-host.invalid/", timeout=5),
        lambda: urllib3.PoolManager(retries=False).request("GET", "http://no-such-host.invalid/"),
        lambda: socket.create_connection(("no-such-host.invalid", 80), 5),
        lambda: urllib.request.urlopen("http://no-such-host.invalid/", timeout=5),
    ):
        error = raised(work)
        assert classify.error_class_of(error) == "dns", error
        assert classify.from_exception(error).maybe_delivered is False


def test_refused():
    """Nobody knows whether a refused connection had carried the order."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        for work in (
            lambda: get(port),
            lambda: urllib3.PoolManager(retries=False).request("GET", f"http://127.0.0.1:{port}/"),
            lambda: socket.create_connection(("127.0.0.1", port), 10),
        ):
            translated = classify.from_exception(raised(work))
            assert translated.error_class == "connect"
            assert translated.maybe_delivered is False
            assert translated.retryable


def test_connect_timeout():
    """A full accept queue is reported as refused."""
    with full_queue() as port:
        translated = classify.from_exception(raised(lambda: get(port, timeout=0.5)))
    assert translated.error_class == "timeout"
    assert translated.maybe_delivered is False


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"])
def test_read_timeout(start):
    """A time-out in the middle of a body is reported as a broken line."""

    def behave(connection, _request, _number):
        connection.sendall(start)
        time.sleep(SILENCE)

    with serving(behave) as (port, _):
        translated = classify.from_exception(raised(lambda: get(port, timeout=0.5)))
    assert translated.error_class == "timeout"
    assert translated.maybe_delivered is True


def test_closed_and_reset():
    """A line that broke is reported as unknown."""

    def close(connection, _request, _number):
        return None

    def hard(connection, _request, _number):
        reset(connection)

    def half(connection, _request, _number):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")

    for behave in (close, hard, half):
        with serving(behave) as (port, _):
            translated = classify.from_exception(raised(lambda port=port: get(port)))
        assert translated.error_class == "connect", behave
        assert translated.maybe_delivered is True


def test_tls(tmp_path):
    """A bad certificate is retried for hours."""
    context, _authority = certificate(tmp_path)
    with serving(lambda connection, *_: connection.sendall(answer()), context) as (port, _):
        translated = classify.from_exception(raised(lambda: get(port, "https")))
        assert translated.error_class == "tls"
        assert not translated.retryable
        with socket.create_connection(("127.0.0.1", port)) as plain:
            error = raised(
                lambda: ssl.create_default_context().wrap_socket(plain, server_hostname="x")
            )
        assert classify.error_class_of(error) == "tls"


def test_tls_handshake_timeout():
    """A stuck proxy looks like a bad certificate and is not retried."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = raised(lambda: get(silent.getsockname()[1], "https", timeout=0.5))
    assert classify.error_class_of(error) == "timeout"


def test_a_proxy_that_wants_a_password():
    """Somebody looks for a broken line, and it is the proxy's password that expired."""
    refusal = answer(b"", status="407 Who are you")
    with serving(lambda connection, *_: connection.sendall(refusal)) as (port, _):
        proxies = {"https": f"http://127.0.0.1:{port}"}
        error = raised(lambda: requests.get("https://h.invalid/", proxies=proxies, timeout=5))
    assert classify.error_class_of(error) == "auth"


def test_our_own_mistakes():
    """A wrong address in the configuration is blamed on the partner."""
    for url in ("nonsense", "ftp://x/", "http://", "http://[bad/"):
        error = raised(lambda url=url: requests.get(url, timeout=1))
        assert classify.error_class_of(error) == "client", url


def test_the_rest():
    """An error of ours changes on its way, or a foreign one has no class."""
    own = errors.MappingError("product.product", "default_code", "A")
    assert classify.from_exception(own) is own
    try:
        raise RuntimeError("x") from own
    except RuntimeError as wrapped:
        assert classify.error_class_of(wrapped) == "business"
    assert classify.from_exception(ValueError("x")).error_class == "unknown"
    loop = ValueError("a")
    loop.__cause__ = loop
    assert classify.error_class_of(loop) == "unknown"


@pytest.mark.parametrize(
    ("status", "kind", "error_class", "retryable"),
    [
        (301, errors.RemoteError, "client", False),
        (400, errors.RemoteError, "client", False),
        (401, errors.AuthError, "auth", False),
        (403, errors.RateLimited, "rate_limit", True),
        (404, errors.RemoteError, "client", False),
        (408, errors.RemoteError, "timeout", True),
        (409, errors.RemoteError, "client", False),
        (425, errors.RemoteError, "client", True),
        (429, errors.RateLimited, "rate_limit", True),
        (500, errors.RemoteError, "server", True),
        (501, errors.RemoteError, "server", False),
        (502, errors.RemoteError, "server", True),
        (503, errors.RemoteError, "server", True),
        (504, errors.RemoteError, "timeout", True),
    ],
)
def test_statuses(status, kind, error_class, retryable):
    """A wrong request is repeated, or an outage is not."""
    error = classify.from_status(status, {"Retry-After": "30"}, "no such thing")
    assert type(error) is kind
    assert error.error_class == error_class
    assert error.retryable is retryable
    assert error.status == status
    assert "no such thing" in error.message
    if retryable:
        assert error.retry_after == 30


def test_forbidden_without_a_time_is_about_credentials():
    """A revoked key is waited for instead of renewed."""
    assert type(classify.from_status(403, {}, "")) is errors.AuthError


def test_success_is_no_error():
    """A 201 is settled as a failure."""
    assert classify.from_status(200) is None
    assert classify.from_status(204, None) is None


def test_answers_are_quoted_in_words():
    """A warehouse manager reads a sentence on the order, not a JSON object."""
    problem = '{"type":"about:blank","title":"Out of service","status":503,"detail":"Back at 6."}'
    assert str(classify.from_status(503, {}, problem)) == (
        "The partner answered HTTP 503. It said: Out of service: Back at 6."
    )
    nested = '{"error": {"message": "No such service"}}'
    assert str(classify.from_status(400, {}, nested)).endswith("It said: No such service.")
    assert str(classify.from_status(500, {}, "<html>oops")).endswith("It said: <html>oops")
    assert str(classify.from_status(500, {}, '["x"]')).endswith('It said: ["x"]')
