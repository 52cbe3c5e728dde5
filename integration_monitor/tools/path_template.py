"""Paths without ids, so that calls of one kind can be counted together."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from .path_words import MAX_WORD, announces_secret, is_word

MAX_SEGMENTS = 12
MAX_LENGTH = 160
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
_HEX = re.compile(r"[0-9a-f]{12,}", re.IGNORECASE)
_VERSION = re.compile(
    r"v[0-9]{1,3}(?:\.[0-9]{1,3})?|[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?", re.IGNORECASE
)
# Odoo's own interfaces have a version where others have an id.
_VERSIONED = ("xmlrpc", "json")


def path_template(url_or_path: str | None) -> str:
    """``/orders/4711/lines`` → ``/orders/{id}/lines``; query and fragment are dropped.

    At most 12 segments and 160 characters come back; the rest is ``…``.
    """
    if not url_or_path:
        return "/"
    try:
        path = urlsplit(url_or_path).path
    except ValueError:
        return "/{invalid}"
    segments = [segment for segment in path.split("/") if segment]
    plain = [unquote(segment) for segment in segments[:MAX_SEGMENTS]]
    masked = [
        "{token}" if announces_secret(before, segment) else _mask(segment)
        for before, segment in zip(["", *plain], plain, strict=False)
    ]
    if plain[:1] and plain[0] in _VERSIONED and plain[1:2] in (["1"], ["2"]):
        masked[1] = plain[1]
    if len(segments) > MAX_SEGMENTS:
        masked.append("…")
    result = "/" + "/".join(masked)
    return result if len(result) <= MAX_LENGTH else result[: MAX_LENGTH - 1] + "…"


def _mask(segment: str) -> str:
    if _VERSION.fullmatch(segment):
        return segment
    if _DIGITS.fullmatch(segment):
        return "{id}"
    if _UUID.fullmatch(segment):
        return "{uuid}"
    stem, dot, extension = segment.rpartition(".")
    if (
        "@" not in segment
        and dot
        and stem
        and extension.isalpha()
        and len(extension) <= 5
        and _mask(stem) != stem
    ):
        return f"{_mask(stem)}.{extension}"
    if _HEX.fullmatch(segment) and any(char.isdigit() for char in segment):
        return "{token}"
    if "@" in segment or len(segment) > MAX_WORD:
        return "{token}"
    if is_word(segment):
        return segment
    # Words with digits inside (SO0042, sku-9-b) are ids; anything else unusual is masked too.
    return "{id}" if any(char.isdigit() for char in segment) else "{token}"
