"""Which redirects are followed: within one host, and never in a way that loses the payload."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_SAFE = frozenset({"GET", "HEAD"})
_PORTS = {"http": 80, "https": 443}


def next_address(method: str, status: int, location: str | None, url: str) -> str | None:
    """The address to ask next, or None when the answer stands as it is.

    Followed is what stays on the same scheme, host and port, and the change from ``http`` to
    ``https`` of a host on the usual ports: credentials go nowhere else. A request with a payload
    follows 307 and 308 only: after the others clients ask again by GET (RFC 9110, 15.4), and the
    payload would be gone while the answer looks like a success.

    :param url: the absolute address that answered.
    """
    if status not in _REDIRECTS or not location:
        return None
    if method.upper() not in _SAFE and status not in _KEEP_METHOD:
        return None
    try:
        here, target = urlsplit(url), urlsplit(urljoin(url, location.strip()))
        inside = _same_host(here, target)
    except ValueError:  # a port that is no number, an unfinished IPv6 address
        return None
    if not inside or target.username or target.password:
        return None
    return urlunsplit(target._replace(fragment=""))


def target_host(location: str | None) -> str | None:
    """The host that a redirect names, for a person to read; None for a relative one."""
    try:
        return urlsplit((location or "").strip()).hostname
    except ValueError:
        return None


def _same_host(here: SplitResult, target: SplitResult) -> bool:
    if target.scheme not in _PORTS or here.hostname != target.hostname:
        return False
    ports = here.port or _PORTS[here.scheme], target.port or _PORTS[target.scheme]
    if here.scheme == target.scheme:
        return ports[0] == ports[1]
    return (here.scheme, target.scheme, *ports) == ("http", "https", 80, 443)
