"""What can be part of a request: addresses, paths, secrets; looked at before they are saved."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests

ADDRESS_FAULTS = ("space", "incomplete", "host", "port", "login")
# Kinds of credential that travel in a header as they are.
IN_HEADER = frozenset({"bearer", "api_key"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_HEADER_VALUE = re.compile(r"[!-~\xa1-\xff]([ -~\xa0-\xff]*[!-~\xa1-\xff])?")


def address_fault(address: str | None) -> str | None:
    """Why no request can go to ``address``, or None when one can.

    :return: one of ``ADDRESS_FAULTS``: a space or control character inside, not ``http(s)://host``,
        a host that cannot be one, a port that is none, user or password inside.
    """
    url = (address or "").strip()
    if _BLANK.search(url):  # urlsplit would drop some of them without a word
        return "space"
    if not url.lower().startswith(("http://", "https://")):
        return "incomplete"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # an IPv6 address without its end
        return "host"
    if not host:
        return "incomplete"
    if parts.username is not None or parts.password is not None:
        return "login"
    try:
        if parts.port == 0:
            return "port"
    except ValueError:
        return "port"
    return None if _is_host(host, url) else "host"


def path_fault(path: str | None) -> str | None:
    """Why ``path`` cannot be below an address: ``space``, ``address`` (a full one), or None."""
    text = (path or "").strip()
    if _BLANK.search(text):
        return "space"
    return "address" if "://" in text.partition("?")[0] else None


def has_control_characters(text: str | None) -> bool:
    """Whether the text holds a line break or another character that nobody sees."""
    return bool(_CONTROL.search(text or ""))


def is_sendable_secret(kind: str, secret: str) -> bool:
    """Whether a credential of this kind can be used as it is.

    :param kind: as of ``integration.credential``.
    """
    if has_control_characters(secret):
        return False
    return kind not in IN_HEADER or bool(_HEADER_VALUE.fullmatch(secret))


def _is_host(host: str, url: str) -> bool:
    """Whether the library that sends takes the address, and the resolver its host."""
    try:
        requests.PreparedRequest().prepare_url(url, None)
        if ":" not in host:
            host.encode("idna")
    except (requests.RequestException, ValueError):
        return False
    return True
