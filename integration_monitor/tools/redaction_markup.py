"""XML and HTML for the redactor: elements and attributes that are called like a secret."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from .redaction_names import is_masked
from .redaction_pairs import PAIR_VALUES
from .redaction_patterns import MASK

_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,99})(\s[^<>]*)?>")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,100})(\s{0,4}=\s{0,4})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
#: Elements of HTML without content
_EMPTY = frozenset({"input", "meta", "param", "option", "img", "link", "source", "embed"})
_REST = re.compile(r"[^<\n]*")
#: Attributes that say what an element is: <entry key="password">…</entry>
_NAMING = frozenset({"name", "key", "field", "id", "code", "type", "property"})
#: Elements whose text says what the next one is: <name>password</name><value>…</value>
_SIBLINGS = _NAMING | {"label", "parameter", "param", "attribute", "header"}
_VALUES = PAIR_VALUES | {"string", "base64", "i4", "int", "integer", "real"}
_SIBLING = re.compile(
    r"\s*(?:<!\[CDATA\[)?([\w .-]{1,80}?)\s*(?:\]\]>)?</[^<>]{1,120}>\s*(?=<[A-Za-z_])"
)
_ENTITY = re.compile(r"&(?:lt|gt|quot|apos|amp|#[0-9]{1,6}|#[xX][0-9A-Fa-f]{1,6});")
_BETWEEN_TAGS = re.compile(r"[^<>]+")


def mask_elements(text: str) -> str:
    """Mask content and attributes of elements whose local name, or naming attribute, is sensitive.

    What follows such an element that never ends is dropped: nothing behind it can be trusted.
    """
    if "<" not in text:
        return text
    out = []
    position = 0
    announced = -1  # where the element begins that the one before has named
    while match := _TAG.search(text, position):
        name, attributes = match.group(1), match.group(2) or ""
        called_so = is_masked(_local(name)) or (
            match.start() == announced and _local(name).lower() in _VALUES
        )
        if _local(name).lower() in _SIBLINGS and (said := _SIBLING.match(text, match.end())):
            announced = said.end() if is_masked(said.group(1)) else -1
        if not called_so and not _names_a_secret(attributes):
            out.append(text[position : match.end()])
            position = match.end()
            continue
        out.append(text[position : match.start(2) if attributes else match.end()])
        if attributes:
            out.append(_ATTRIBUTE.sub(_mask_attribute, attributes) + ">")
        position = match.end()
        if attributes.rstrip().endswith("/"):
            continue
        end = text.find(f"</{name}", position)
        if end < 0 and not called_so:
            if name.lower() in _EMPTY:
                continue
            # Cut off, or only quoted: Element '<field name="email">' cannot be located in …
            end = _REST.match(text, position).end()
        if end != position:
            out.append(MASK)
        if end < 0:
            return "".join(out)
        position = end
    out.append(text[position:])
    return "".join(out)


def mask_escaped(text: str, redact: Callable[[str], str]) -> str:
    """Mask what stands behind XML's escapes: a document, or JSON, inside of an element.

    :param redact: the redactor of what is behind them
    """
    if "&" not in text:
        return text

    def between_tags(match: re.Match[str]) -> str:
        escaped = match.group()
        plain = _ENTITY.sub(lambda entity: html.unescape(entity.group()), escaped)
        if plain == escaped:
            return escaped
        masked = redact(plain)
        return escaped if masked == plain else html.escape(masked, quote="&quot;" in escaped)

    return _BETWEEN_TAGS.sub(between_tags, text)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _names_a_secret(attributes: str) -> bool:
    if "=" not in attributes:
        return False
    return any(
        _local(match.group(1)).lower() in _NAMING and is_masked(match.group(3).strip("\"'")[:200])
        for match in _ATTRIBUTE.finditer(attributes)
    )


def _mask_attribute(match: re.Match[str]) -> str:
    name, value = match.group(1), match.group(3)
    naming = _local(name).lower() in _NAMING and is_masked(value.strip("\"'")[:200])
    if naming or name.startswith("xmlns"):
        return match.group()
    return f'{name}{match.group(2)}"{MASK}"'
