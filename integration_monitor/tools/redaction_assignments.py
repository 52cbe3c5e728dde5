"""Names with values in free text: ``token=…``, ``"token": "…"``, ``--token …`` and their like."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from .redaction_names import is_masked
from .redaction_pairs import PAIR_NAMES, PAIR_VALUES
from .redaction_patterns import MASK, is_credential_name

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
# ('password', '…') as in the items of a dictionary, ['password', '=', '…'] as in a search, and
# --password … as on a command line.
_PAIR = re.compile(
    r"(?:\(|[\[,]\s{0,4}\[)\s{0,4}([\"'])([\w .-]{1,80})\1\s{0,4},\s{0,4}"
    r"(?:([\"'])(?:[<>=!]{1,2}|(?:not )?(?:in|i?like)|=i?like)\3\s{0,4},\s{0,4}(?=\[|[\"'])"
    r"|(?=[bru]{0,2}[\"']))"
)
# {"name": "password", "value": "…"} in a text that is not JSON as a whole
_NAMED = re.compile(
    rf"[\"'](?:{'|'.join(PAIR_NAMES)})\\*[\"']\s{{0,4}}:\s{{0,4}}\\*[\"']([\w .-]{{1,80}})\\*[\"']"
    rf"\s{{0,4}},\s{{0,4}}\\*[\"'](?:{'|'.join(PAIR_VALUES)})\\*[\"']\s{{0,4}}:\s{{0,4}}",
    re.IGNORECASE,
)
# wrong password 'x', PASSWORD 'x'
_SPOKEN = re.compile(
    r"\b(pass(?:word|wd|phrase|wort)|kennwort|secret|token|api[_ -]?key)\s{1,4}"
    r"(?:(?:is|was|by|in|of)\s{1,4})?\(?(?=\\{0,8}[\"'])",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?<!\S)--?([A-Za-z][\w-]{1,79})[^\S\n]{1,4}(?=[^\s-])")
_PREFIX = re.compile(r"[bBrRuU]{1,2}(?=[\"'])")
_OPEN_QUOTE = re.compile(r"(\\*)([\"'])")
_BARE_VALUE = re.compile(r"[^\s,;&<>\"'{}\[\]()]+")
_REST_OF_LINE = re.compile(r"[^\n\r]+")
# What people choose may have blanks, commas and semicolons; it ends where another name begins.
_CHOSEN = ("password", "passwd", "pwd", "passphrase", "passwort", "kennwort")
_NO_NAME = r"(?![\w.\[\]%-]{1,80}\\{0,8}[\"']?\s{0,4}(?:=|:[\s\"']|:\Z)|--?[A-Za-z])"
_MORE_WORDS = re.compile(rf"(?:[^\S\r\n]|[,;]){{1,8}}{_NO_NAME}[^\s,;&<>\"'{{}}\[\]()]+")
_MORE = re.compile(rf"[,;]{_NO_NAME}[^\s,;&<>\"'{{}}\[\]()]+")
# A name that has a line of its own, and its value below, farther right: YAML.
_BELOW = re.compile(r"(?:[|>][+-]?[0-9]?)?[^\S\r\n]{0,8}\r?\n")
_INDENT = re.compile(r"[ \t]{0,200}(?:- )?")
# "Session: POS/00012 is closed" talks of something else than session=…
_AMBIGUOUS = frozenset({"session", "bearer", "authentication"})
_SPOKEN_OF = re.compile(r"(?:[a-z]+|[0-9]{1,6}|[A-Z]\w{0,20}/[0-9]{1,8})(?![^\s.,;])")
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
    if "'" in text or '"' in text:
        text = _mask(text, _SPOKEN, 1)
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
        spoken = name.lower() in _AMBIGUOUS and match.group().rstrip().endswith(":")
        if spoken and not quoted and _SPOKEN_OF.match(text, match.end()):
            position = match.end()
            continue
        end = _value_below(text, match) or _value_end(text, match.end(), name, quoted=quoted)
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
    if bare is None:
        return start
    end = bare.end()
    if not quoted and is_credential_name(name):
        more = _MORE_WORDS if name.lower().endswith(_CHOSEN) else _MORE
        while following := more.match(text, end):
            end = following.end()
    return end


def _value_below(text: str, match: re.Match[str]) -> int:
    """Where the lines end that stand below a name, farther right than it; 0 if none do."""
    start = match.end()
    below = _BELOW.match(text, start)
    line = text.rfind("\n", max(0, match.start() - 200), match.start()) + 1
    if below is None or (indent := _INDENT.fullmatch(text, line, match.start())) is None:
        return 0
    if match.start() > 200 and not line:
        return 0
    position = end = below.end()
    while position < len(text):
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        content = text[position:stop]
        if content.strip():
            if len(content) - len(content.lstrip()) <= len(indent.group()):
                break
            end = stop
        position = stop + 1
    return end if end > below.end() else 0


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
