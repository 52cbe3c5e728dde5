"""Addresses that must not be called."""

import pytest

from integration_monitor.tools import ssrf


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254",
        "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1",
        "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "nonsense", "",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused(address):
    """A partner's address leads into our own network or to the cloud's metadata."""
    assert ssrf.refusal_reason(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_allowed(address):
    """A real partner cannot be called."""
    assert ssrf.is_allowed(address)


def test_the_allow_list_opens_exactly_what_it_names():
    """A warehouse system in our own network cannot be reached, or everything can."""
    allowed = ssrf.parse_networks("10.1.0.0/16, 127.0.0.1\nfd00::/8")
    assert ssrf.is_allowed("10.1.2.3", allowed)
    assert ssrf.is_allowed("::ffff:10.1.2.3", allowed)
    assert ssrf.is_allowed("127.0.0.1", allowed)
    assert ssrf.is_allowed("fd00::5", allowed)
    assert not ssrf.is_allowed("10.2.0.1", allowed)
    assert not ssrf.is_allowed("127.0.0.2", allowed)
    assert not ssrf.is_allowed("64:ff9b::a01:203", allowed)


def test_a_wrong_range_is_named():
    """A typing slip in the allow-list is silently ignored."""
    with pytest.raises(ValueError, match="10.1.0.0/99"):
        ssrf.parse_networks("10.1.0.0/99")
    assert ssrf.parse_networks(None) == ()
    assert ssrf.parse_networks(False) == ()
