"""Secrets behind an encoding: percent, base64, and both on top of each other."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from .redaction_patterns import MASK

_LEVELS = 3
_MAX_BASE64 = 3
_WORD = re.compile(r"[^\s\"'<>&;,(){}]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/_=-])")
#: user:password, as in the header of Basic authentication.
_LOGIN = re.compile(r"[\w.@+-]{1,64}:[\x21-\x7e]{4,64}")
_READABLE = re.compile(r"[\x20-\x7e\r\n\t\u00a0-\uffff]*")


def decoded(text: str) -> str:
    """The text without percent-encoding, however often it was encoded (three times at most)."""
    for _ in range(_LEVELS):
        plain = unquote_plus(text)
        if plain == text:
            break
        text = plain
    return text


def mask_encoded(text: str, redact: Callable[[str], str], level: int = 1) -> str:
    """Mask words whose decoded form holds something that ``redact`` would mask.

    :param redact: the redactor of plain texts; it must leave harmless texts as they are
    :param level: base64 inside base64 is looked into three times
    """

    def percent(match: re.Match[str]) -> str:
        word = match.group()
        if not _PERCENT.search(word):
            return word
        plain = decoded(word)
        return MASK if redact(plain) != plain else word

    def base64_word(match: re.Match[str]) -> str:
        plain = _from_base64(match.group())
        if not plain:
            return match.group()
        if _LOGIN.fullmatch(plain):
            return MASK
        plain = decoded(plain)
        if redact(plain) != plain:
            return MASK
        if level < _MAX_BASE64 and mask_encoded(plain, redact, level + 1) != plain:
            return MASK
        return match.group()

    if "%" in text:
        text = _WORD.sub(percent, text)
    return _BASE64.sub(base64_word, text)


def _from_base64(word: str) -> str:
    """The readable text that the word encodes, else nothing."""
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    if len(bare) % 4 == 1:
        return ""
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if _READABLE.fullmatch(text) else ""
