"""XML and HTML for the redactor: elements and attributes that are called like a secret."""

from __future__ import annotations

import re

from .redaction_names import is_masked
from .redaction_patterns import MASK

_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,99})(\s[^<>]*)?>")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,100})(\s{0,4}=\s{0,4})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
#: Elements of HTML without content
_EMPTY = frozenset({"input", "meta", "param", "option", "img", "link", "source", "embed"})
_REST = re.compile(r"[^<\n]*")
#: Attributes that say what an element is: <entry key="password">…</entry>
_NAMING = frozenset({"name", "key", "field", "id", "code", "type", "property"})


def mask_elements(text: str) -> str:
    """Mask content and attributes of elements whose local name, or naming attribute, is sensitive.

    What follows such an element that never ends is dropped: nothing behind it can be trusted.
    """
    if "<" not in text:
        return text
    out = []
    position = 0
    while match := _TAG.search(text, position):
        name, attributes = match.group(1), match.group(2) or ""
        called_so = is_masked(_local(name))
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
