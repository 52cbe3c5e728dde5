"""Which parts of a path are words that anybody may read, and which look like a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .redaction_patterns import MASK

MAX_WORD = 40
_MAX_LOWER = 20
_MAX_CAPITALS = 12
_SEPARATORS = re.compile(r"[._-]")
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")
# Capitals inside a word are readable where everybody knows them: getXMLDocument, OrderID.
_KNOWN = "API|XML|JSON|HTTP|HTTPS|URL|URI|SOAP|REST|RPC|EDI|CSV|PDF|SKU|EAN|UPC|VAT|DHL|UPS|ID|IDs"
_CAMEL = re.compile(rf"(?:{_KNOWN})?[A-Z]?[a-z]*(?:(?:{_KNOWN})|[A-Z][a-z]+)*[A-Z]?")
_LOWER_RUN = re.compile(r"[a-z]+")
#: Order and parcel numbers as people write them: SO0042, INV2024001
_REFERENCE = re.compile(r"[A-Z]{1,8}[0-9]+|[A-Z]?[a-z]+[0-9]{1,8}")
#: Ids of objects at services that put the kind in front: cus_NffrFeUfNV2Hib
_OBJECT_ID = re.compile(
    r"(?!(?:sk|rk|key|tok|sec|pat|auth|sess|ses|cs|ck|pw)_)[a-z]{2,6}_[A-Za-z0-9]{6,32}"
)
_PICTURE_OR_CODE = re.compile(r".+\.(?:jpe?g|png|gif|webp|svg|css|js|py)", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_MAX_HEX = 32
_LONG = 20
_SECRET_WORDS = frozenset(
    "token tokens key keys apikey apikeys secret secrets password passwords passwd pwd".split()
)
# Behind these stand operations, too: /web/session/get_session_info
_MAYBE_SECRET_WORDS = frozenset("session sessions sessionid sid signature sig hook hooks".split())
# What one does with tokens and passwords: /oauth/token/revoke, /password/reset
_ACTIONS = frozenset(
    "revoke refresh reset list info introspect validate verify exchange login logout new create"
    " update delete search generate rotate change forgot".split()
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PATH = re.compile(r"(?<![^\s\"'(<=,])/[^\s\"'<>\\?#]+")


def is_word(text: str) -> bool:
    """Whether it is made of words as people write them: ``sale.order``, ``sendMessage``, ``v2``."""
    if text[-1:].isdigit() and not text.isupper():
        text = text[:-1]  # shipment2
    if not (text[:1].isalpha() and len(text) <= MAX_WORD):
        return False
    return all(map(_is_plain, _SEPARATORS.split(text)))


def _is_plain(part: str) -> bool:
    if part.isupper() and part.isalpha():
        return len(part) <= _MAX_CAPITALS and part.isascii()
    if not _CAMEL.fullmatch(part):
        return False
    return all(len(run) <= _MAX_LOWER for run in _LOWER_RUN.findall(part))


def announces_secret(segment: str, following: str) -> bool:
    """Whether what follows this segment is a secret: ``/token/…``, ``/api-key/…``."""
    words = _WORDS.findall(segment)
    if not words or segment.startswith("{"):
        return False
    last = words[-1].lower()
    if last in _MAYBE_SECRET_WORDS:
        return not following.isdigit() and not is_word(following)
    return last in _SECRET_WORDS and following.lower() not in _ACTIONS


def looks_secret(segment: str) -> bool:
    """Whether the segment has a part that nobody would write: letters and digits as dice fall.

    Numbers, order references, words and slugs are left; so are names of pictures, and ids that
    tell what they are of.
    """
    if _OBJECT_ID.fullmatch(segment) or _PICTURE_OR_CODE.fullmatch(segment):
        return False
    return any(_is_random(part) for part in _NOT_ALNUM.split(segment))


def _is_random(part: str) -> bool:
    if len(part) < 6 or part.isdigit() or _is_plain(part) or _REFERENCE.fullmatch(part):
        return False
    if _HEX.fullmatch(part) and (part.islower() or part.isupper()):
        return len(part) > _MAX_HEX
    if part.isalpha():
        return True  # is_plain would have known it
    if part.islower():
        return len(part) >= _LONG
    letters = sum(map(str.isalpha, part))
    if part.isupper():
        return letters > 4  # parcel numbers have few: 1Z999AA10123456784
    return len(part) >= 8


def mask_path(path: str) -> str:
    """The path with those segments masked that look like a secret, or follow its name."""
    segments = path.split("/")
    before = ""
    for place, segment in enumerate(segments):
        plain = unquote(segment)
        if (
            plain
            and not plain.startswith("{")
            and (announces_secret(before, plain) or looks_secret(plain))
        ):
            segments[place] = MASK
        before = plain
    return "/".join(segments)


def mask_paths(text: str) -> str:
    """Mask what looks like a secret in every path of a text."""
    return _PATH.sub(lambda match: mask_path(match.group()), text)
