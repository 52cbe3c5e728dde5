"""Signatures as partners compute them."""

import base64
import hashlib
import hmac

import pytest
from http_helpers import client
from wire import answer, serving

from integration_monitor.tools.http_auth import HmacAuth, is_free_header

BODY = '{"order": "Ü-1"}'.encode()


def test_rfc_4231():
    """A signature that no partner accepts (RFC 4231, test case 2)."""
    key, data = "Jefe", b"what do ya want for nothing?"
    headers = HmacAuth(key).headers(data, 0)
    assert headers == {
        "X-Signature": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    }
    headers = HmacAuth(key, algorithm="sha512").headers(data, 0)
    assert headers["X-Signature"].startswith("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6")


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("signed", ["body", "timestamp_body"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_each_way_over_the_wire(algorithm, signed, encoding):
    """What is signed are not the bytes that arrive."""
    seen = []

    def behave(connection, request, _number):
        seen.append(request)
        connection.sendall(answer())

    auth = HmacAuth("sécret", "X-Sig", algorithm, signed, encoding, "v1=", "X-Time")
    with serving(behave) as (port, _):
        client(port, auth=auth).request("POST", "/a", body=BODY)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    content = body if signed == "body" else headers["X-Time"].encode() + b"." + body
    digest = hmac.new("sécret".encode(), content, getattr(hashlib, algorithm)).digest()
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert headers["X-Sig"] == f"v1={text}"
    assert ("X-Time" in headers) is (signed == "timestamp_body")
    assert body == BODY


def test_without_a_body():
    """A GET cannot be signed."""
    seen = []

    def behave(connection, request, _number):
        seen.append(request)
        connection.sendall(answer())

    with serving(behave) as (port, _):
        client(port, auth=HmacAuth("k")).request("GET")
    assert hmac.new(b"k", b"", hashlib.sha256).hexdigest().encode() in seen[0]


def test_the_secret_is_not_shown():
    """A traceback shows the secret."""
    assert "topsecret" not in repr(HmacAuth("topsecret"))


@pytest.mark.parametrize(
    "name", ["", None, "Host", "content-length", "X Y", "X:Y", "X\r\nY", "Ä", "Idempotency-Key"]
)
def test_headers_that_cannot_be_used(name):
    """A signature in place of another header breaks each call."""
    assert not is_free_header(name)


@pytest.mark.parametrize("name", ["X-Signature", "Authorization", "x_api-key", "X-Hmac-SHA256"])
def test_headers_that_can_be_used(name):
    """A partner's own name for the header is refused."""
    assert is_free_header(name)
