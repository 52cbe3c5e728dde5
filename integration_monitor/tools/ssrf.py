"""Which addresses the server may call: public ones, and those an administrator allowed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# (network, what it is). Listed here and not left to `is_private`, whose meaning changed between
# Python releases.
_REFUSED = [
    (ipaddress.ip_network(network), label)
    for network, label in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard-only"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
]


def parse_networks(text: str | Iterable[str] | None) -> tuple[IPNetwork, ...]:
    """Networks of a list such as ``10.1.0.0/16, 127.0.0.1`` (commas, spaces or lines).

    :raises ValueError: with the part that is no address or CIDR range.
    """
    if text is None or text is False:
        return ()
    parts = text.replace(",", " ").split() if isinstance(text, str) else list(text)
    networks = []
    for part in parts:
        try:
            networks.append(ipaddress.ip_network(part.strip(), strict=False))
        except ValueError as error:
            raise ValueError(f"“{part}” is no IP address or CIDR range") from error
    return tuple(networks)


def refusal_reason(address: str | IPAddress, allowed: Iterable[IPNetwork] = ()) -> str | None:
    """Why the address may not be dialled, or None when it may.

    An allow-listed network is compared with the address as dialled and, for addresses that carry
    an IPv4 address inside (mapped, NAT64, 6to4), with the inner one only when it is mapped:
    the others reach it through a translator that is not ours.
    """
    try:
        ip = ipaddress.ip_address(_without_scope(address))
    except ValueError:
        return f"{address} is no IP address"
    if _within(ip, allowed):
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if mapped is not None:
        # The kernel dials the inner address: judge that one, allow-list included.
        return refusal_reason(mapped, allowed)
    for network, label in _REFUSED:
        if ip.version == network.version and ip in network:
            return f"{ip} is a {label} address"
    return None


def is_allowed(address: str | IPAddress, allowed: Iterable[IPNetwork] = ()) -> bool:
    """Whether the address may be dialled."""
    return refusal_reason(address, allowed) is None


def _within(ip: IPAddress, networks: Iterable[IPNetwork]) -> bool:
    return any(ip.version == network.version and ip in network for network in networks)


def _without_scope(address: str | IPAddress) -> str | IPAddress:
    return address.partition("%")[0] if isinstance(address, str) else address
