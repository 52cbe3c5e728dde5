"""Addresses, paths and secrets that cannot be part of a request."""

import pytest

from integration_monitor.tools import http_address


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (None, "incomplete"),
        ("", "incomplete"),
        ("shop.example", "incomplete"),
        ("ftp://shop.example", "incomplete"),
        ("http://", "incomplete"),
        ("http:///path", "incomplete"),
        ("http://[::1/", "host"),
        ("http://[zz]/", "host"),
        ("http://a..b/", "host"),
        ("http://*.example/", "host"),
        (f"http://{'a' * 64}.example/", "host"),
        ("http://127.0.0.1:abc/", "port"),
        ("http://127.0.0.1:999999/", "port"),
        ("http://127.0.0.1:0/", "port"),
        ("http://exa mple/x", "space"),
        ("http://exam\tple/x", "space"),
        ("http://example/a\r\nb", "space"),
        ("http://user:pw@shop.example", "login"),
        ("http://user@shop.example", "login"),
    ],
)
def test_addresses_that_no_call_can_use(address, fault):
    """An address is saved, and each call fails with words about something else."""
    assert fault in http_address.ADDRESS_FAULTS
    assert http_address.address_fault(address) == fault


@pytest.mark.parametrize(
    "address",
    [
        "https://api.partner.example/v1",
        " HTTPS://API.partner.example ",
        "http://127.0.0.1:9",
        "http://[::1]:8069/x",
        "http://wms_main:8080",
        "http://a",
        "https://bücher.example/",
        "https://partner.example./",
    ],
)
def test_usual_addresses_are_taken(address):
    """A partner cannot be connected."""
    assert http_address.address_fault(address) is None


def test_paths_stay_below_the_address():
    """A path of another host is saved, and refused by each call."""
    assert http_address.path_fault("http://evil.example/") == "address"
    assert http_address.path_fault("/a b") == "space"
    for path in (None, "", "/", "health", "/x?next=http://y.example/", "?a=1", "/a:b//c"):
        assert http_address.path_fault(path) is None


def test_secrets_that_cannot_be_sent():
    """A token with a line break is saved, and no call leaves."""
    for kind in ("bearer", "api_key", "basic", "hmac", "oauth2"):
        assert not http_address.is_sendable_secret(kind, "abc\r\n")
        assert not http_address.is_sendable_secret(kind, "a\x00b")
        assert http_address.is_sendable_secret(kind, "sk_live_0123/+=ä")
    assert not http_address.is_sendable_secret("bearer", " abc")
    assert not http_address.is_sendable_secret("api_key", "5€")
    assert http_address.is_sendable_secret("hmac", "5€ ")
