"""Which endpoint a called URL belongs to: by host, then company, port and path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint as calls see it.

    ``port`` is None for the usual ports; ``path`` is the base path without final slash;
    ``inject`` says whether trace headers may be sent to it.
    """

    endpoint_id: int
    system_id: int
    company_id: int | None
    base_url: str
    host_patterns: str = ""
    region: str | None = None
    inject: bool = False
    port: int | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: ``host`` in lower case without brackets, ``port`` as in ``Target``."""

    scheme: str
    host: str
    port: int | None
    path: str


def address_of(url: str | None) -> Address | None:
    """The address of a URL; None when it has no host or cannot be read."""
    try:
        parts = urlsplit(url or "")
        host = clean_host(parts.hostname or "")
        port = parts.port
    except ValueError:
        return None
    if not host:
        return None
    # Both usual ports count as one: a partner that redirects http to https stays the same one.
    unusual = None if port in (None, *_DEFAULT_PORTS.values()) else port
    return Address(parts.scheme.lower(), host, unusual, parts.path)


def clean_host(host: str) -> str:
    """A host name as URLs carry it: lower case, no final dot, international names encoded."""
    name = host.strip().rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


def patterns_of(text: str | None) -> list[str]:
    """The patterns of a comma-separated list, cleaned; ``*.`` in front stays."""
    patterns = [pattern.strip() for pattern in (text or "").split(",")]
    return [
        "*." + clean_host(pattern[2:]) if pattern.startswith("*.") else clean_host(pattern)
        for pattern in patterns
        if pattern.strip("*. ")
    ]


class MatchTable:
    """All endpoints of a database, ready for looking up; never changes once made."""

    __slots__ = ("_by_host", "_by_suffix")

    def __init__(self, targets: Iterable[Target]) -> None:
        """Sort the targets by host; ports and paths are taken from their base URLs."""
        # The flag: whether the base URL names the host (then its port must fit).
        self._by_host: dict[str, list[tuple[Target, bool]]] = {}
        self._by_suffix: dict[str, list[tuple[Target, bool]]] = {}
        for target in targets:
            address = address_of(target.base_url)
            known = _placed(target, address)
            if address:
                self._by_host.setdefault(address.host, []).append((known, True))
            for pattern in patterns_of(target.host_patterns):
                if pattern.startswith("*."):
                    self._by_suffix.setdefault(pattern[2:], []).append((known, False))
                else:
                    self._by_host.setdefault(pattern, []).append((known, False))

    def find(self, address: Address | None, company_ids: Sequence[int] = ()) -> Target | None:
        """The endpoint that the address belongs to, or None.

        Of several the most specific pattern counts, the same port, the longest base path, the
        oldest endpoint.

        :param company_ids: the companies that the call may be for, first the likeliest, whose
            endpoints come first; other companies' are not looked at. Empty: nobody knows.
        """
        if address is None:
            return None
        best: tuple[tuple[int, ...], Target] | None = None
        for specificity, (target, exact_port) in self._candidates(address.host):
            if company_ids and target.company_id not in (None, *company_ids):
                continue
            same_port = target.port == address.port
            if exact_port and not same_port:
                continue
            key = (
                _rank(target.company_id, company_ids),
                -specificity,
                not same_port,
                -_path_length(target.path, address.path),
                target.endpoint_id,
            )
            if best is None or key < best[0]:
                best = (key, target)
        return best[1] if best else None

    def _candidates(self, host: str) -> Iterable[tuple[int, tuple[Target, bool]]]:
        for entry in self._by_host.get(host, ()):
            yield 1000, entry  # longer than any host name: a full name beats every pattern
        if not self._by_suffix:
            return
        suffix = host
        while suffix:
            suffix = suffix.partition(".")[2]
            for entry in self._by_suffix.get(suffix, ()):
                yield len(suffix), entry


def _placed(target: Target, address: Address | None) -> Target:
    return Target(
        target.endpoint_id,
        target.system_id,
        target.company_id,
        target.base_url,
        target.host_patterns,
        target.region,
        target.inject,
        address.port if address else None,
        address.path.rstrip("/") if address else "",
    )


def _rank(company_id: int | None, company_ids: Sequence[int]) -> int:
    return company_ids.index(company_id) if company_id in company_ids else len(company_ids)


def _path_length(base: str, path: str) -> int:
    """Length of a base path that the path lies under; -1 when it does not."""
    return len(base) if path == base or path.startswith(base + "/") or not base else -1
