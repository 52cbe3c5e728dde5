"""What databases say: values of rows and keys, quoted statements and their literals."""

from __future__ import annotations

import re

from .redaction_names import is_masked
from .redaction_patterns import MASK

# A text that was quoted by Python has its line breaks as backslash and n.
NEWLINE = r"(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)"
_END = rf"(?={NEWLINE}|['\"]|\Z)"
_SECTION = rf"(?={NEWLINE}\s{{0,4}}[A-Z]{{4,12}}: |\Z)"
_ROW = re.compile(rf"(Failing row contains )\(.*?(?:\)\.{_END}|\Z)", re.DOTALL)
# As another language says it: "DETAIL:  Fehlgeschlagene Zeile enthält (4, x, …)."
_FOREIGN_ROW = re.compile(
    rf"(D[EÉ]TA[A-Z]{{1,6}}\s{{0,2}}:\s{{1,4}}[^()\n]{{3,80}})\((?![^()]{{0,200}}\)=\()"
    rf"[^\n,]{{0,2000}},.*?(?:\)\.{_END}|\Z)",
    re.DOTALL,
)
_KEYS = re.compile(r"\bKey \(|\bD[EÉ]TA[A-Z]{1,6}\s?:")
_KEY_END = re.compile(
    r"\) (?:already exists|is not present|is still referenced|is duplicated|conflicts with)"
)
_MAX_KEY = 3000  # more than an index takes
_LINE_END = re.compile(NEWLINE)
_LINE = re.compile(
    rf"((?:^|(?<=\n)|(?<=\\n))[A-ZÀ-Þ]{{4,8}} [0-9]{{1,6}} ?: )"
    rf"(?:(?!{NEWLINE})[^\n]){{0,2000}}{NEWLINE} {{0,2000}}\^"
)
_STATEMENT = re.compile(rf"(\bQUERY: |\bSQL statement )\S.*?{_SECTION}", re.DOTALL)
_SQL = re.compile(
    r"\b(?:(select\s[^;]{1,300}?\sfrom\s|update\s+[\w.\"]{1,80}\s+set\s|delete\s+from\s)"
    r"|insert\s+into\s+[\w.\"]{1,80}\s*(?:\(|values|select)"
    r"|(?:alter|create)\s+(?:user|role|login)\s|identified\s+(?:with\s+\w{1,40}\s+)?by\s)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][\w.-]{1,79}")
_MAX_NAMES = 4000
_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*(?:'|\Z)", re.DOTALL)


def mask_statements(text: str) -> str:
    """Mask the values that an error of a database, or a statement in it, shows.

    The constraint, the table and the columns stay.
    """
    # Most texts have none of it: looking for a word costs less than for a pattern.
    if ")=(" in text and _KEYS.search(text):
        text = _mask_keys(text)
    if "Failing row" in text:
        text = _ROW.sub(rf"\1{MASK}.", text)
    if "TA" in text and "(" in text:
        text = _FOREIGN_ROW.sub(rf"\1{MASK}.", text)
    if "^" in text:
        text = _LINE.sub(rf"\1{MASK}", text)
    if "QUERY: " in text or "SQL statement " in text:
        text = _STATEMENT.sub(rf"\1{MASK}", text)
    return _mask_literals(text) if "'" in text else text


def _mask_keys(text: str) -> str:
    """``Key (login, password)=(bob, …) already exists.`` A value may have brackets itself."""
    out = []
    position = 0
    end = _KEY_END.search(text)
    while (start := text.find(")=(", position)) >= 0:
        start += 3
        out.append(text[position:start] + MASK)
        if end is not None and end.start() < start:
            end = _KEY_END.search(text, start)
        if end is not None and end.start() - start < _MAX_KEY:
            position = end.start()
            continue
        line = _LINE_END.search(text, start)
        stop = line.start() if line else len(text)
        bracket = text.rfind(")", start, stop)
        position = bracket if bracket >= 0 else stop
    out.append(text[position:])
    return "".join(out)


def _mask_literals(text: str) -> str:
    """Mask the texts of statements that name a secret, make a row or a user."""
    position = 0
    while start := _SQL.search(text, position):
        names = _NAME.findall(text, start.start(), start.start() + _MAX_NAMES)
        if start.group(1) is None or any(map(is_masked, names)):
            head = start.end() if start.group(1) is None else start.start()
            return text[:head] + _LITERAL.sub(f"'{MASK}'", text[head:])
        position = start.end()
    return text
