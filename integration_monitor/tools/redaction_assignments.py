"""Names with values in free text: ``token=…``, ``"token": "…"``, ``--token …`` and their like."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from .redaction_names import is_masked
from .redaction_patterns import MASK

# The look-behind lets each name be tried once: texts without any must not cost the square.
_ASSIGNMENT = re.compile(
    r"(?<![\w.\[\]%-])([\w.\[\]%-]+)(\\*[\"'])?\s{0,4}(=>|:=|[:=])[^\S\n]{0,8}"
    r"(?:\n\s{0,80}(?=\\*[\"']))?"
)
# In the name of a thing ("Mail: Email Queue Manager", "mail.example.com:25") a colon followed by
# words, or by nothing, assigns no value.
_LABEL_ASSIGNMENT = re.compile(
    r"(?<![\w.\[\]%-])([\w.\[\]%-]+)(\\*[\"'])?\s{0,4}"
    r"(=>|:=|=|:(?=\s{0,4}\\{0,8}[\"'])|:(?=[^\S\n]{1,4}[^\s,;&]{1,256}(?:[,;&\n]|\Z))"
    r"|:(?=[^\s,;&/:]{0,80}[0-9]))"
    r"[^\S\n]{0,8}"
)
# ('password', '…') as in the items of a dictionary, and --password … as on a command line.
_PAIR = re.compile(
    r"(?:\(|[\[,]\s{0,4}\[)\s{0,4}([\"'])([\w .-]{1,80})\1\s{0,4},\s{0,4}(?=[bru]{0,2}[\"'])"
)
# {"name": "password", "value": "…"} in a text that is not JSON as a whole
_NAMED = re.compile(
    r"[\"'](?:name|key|field|code)\\*[\"']\s{0,4}:\s{0,4}\\*[\"']([\w .-]{1,80})\\*[\"']\s{0,4},"
    r"\s{0,4}\\*[\"'](?:value|values|val|content)\\*[\"']\s{0,4}:\s{0,4}",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?<!\S)--?([A-Za-z][\w-]{1,79})[^\S\n]{1,4}(?=[^\s-])")
_PREFIX = re.compile(r"[bBrRuU]{1,2}(?=[\"'])")
_OPEN_QUOTE = re.compile(r"(\\*)([\"'])")
_BARE_VALUE = re.compile(r"[^\s,;&<>\"'{}\[\]()]+")
_REST_OF_LINE = re.compile(r"[^\n\r]+")
_WHOLE_LINE_NAMES = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


def mask_assignments(text: str, *, label: bool = False) -> str:
    """Mask the values of sensitive names, in any quoting depth.

    :param label: the text is the name of a thing, where a colon mostly assigns no value
    """
    text = _mask(text, _LABEL_ASSIGNMENT if label else _ASSIGNMENT, 1)
    if "," in text:
        text = _mask(text, _NAMED, 1)
        text = _mask(text, _PAIR, 2)
    if "-" in text:
        text = _mask(text, _OPTION, 1)
    return text


def _mask(text: str, pattern: re.Pattern[str], group: int) -> str:
    """Mask what follows ``pattern``, which has the name in ``group``, if the name is sensitive."""
    out = []
    position = 0
    while match := pattern.search(text, position):
        name = match.group(group)[-80:]
        if not is_masked(unquote_plus(name)):
            # Continue right behind the name: `a=token=…` hides a second name in the value.
            out.append(text[position : match.end(group)])
            position = match.end(group)
            continue
        out.append(text[position : match.end()])
        quoted = group == 1 and match.re.groups > 1 and bool(match.group(2))
        end = _value_end(text, match.end(), name, quoted=quoted)
        if end > match.end():
            out.append(MASK)
        position = end
    out.append(text[position:])
    return "".join(out)


def _value_end(text: str, start: int, name: str, *, quoted: bool) -> int:
    prefix = _PREFIX.match(text, start)  # b'…', as Python shows bytes
    quote = _OPEN_QUOTE.match(text, prefix.end() if prefix else start)
    if quote is not None:
        return _quoted_end(text, quote.end(), len(quote.group(1)), quote.group(2))
    if text[start : start + 1] in ("{", "[", "("):
        return len(text)  # a structure in a text that does not parse: drop the rest
    pattern = _REST_OF_LINE if name.lower() in _WHOLE_LINE_NAMES and not quoted else _BARE_VALUE
    bare = pattern.match(text, start)
    return bare.end() if bare else start


def _quoted_end(text: str, start: int, slashes: int, quote: str) -> int:
    """Where a quoted value ends, the closing quote included.

    JSON inside JSON escapes again at every level: the opening quote carries ``2**n - 1``
    backslashes, and a closing one the same number, modulo twice that plus two.
    """
    position = start
    while (found := text.find(quote, position)) >= 0:
        run = found
        while run > start and text[run - 1] == "\\":
            run -= 1
        if (found - run) % (2 * (slashes + 1)) == slashes:
            return found + 1
        position = found + 1
    return len(text)
