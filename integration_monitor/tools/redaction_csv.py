"""Tables in text: a column whose name says that it is secret, or somebody's, is masked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

_DELIMITERS = ",;\t|"
# A heading, not a sentence: a few words without marks.
_NAME = re.compile(r"\s{0,4}[\w-]{1,40}(?:[ ./-][\w-]{1,40}){0,2}\s{0,4}")


def mask_columns(text: str, is_masked: Callable[[str], bool], mask: str) -> str:
    """The text with masked columns, if it is a table with headings; else as it is.

    :param is_masked: tells of a name whether the value under it must be masked
    """
    head, _newline, rest = text.partition("\n")
    delimiter = max(_DELIMITERS, key=head.count)
    if not rest.strip() or not head.count(delimiter):
        return text
    try:
        names = next(csv.reader([head.rstrip("\r")], delimiter=delimiter))
        places = [place for place, name in enumerate(names) if is_masked(name.strip())]
        if not places or not all(_NAME.fullmatch(name) for name in names):
            return text
        rows = list(csv.reader(io.StringIO(rest), delimiter=delimiter))
    except csv.Error:
        return text
    if not any(len(row) == len(names) for row in rows):
        return text
    masked = io.StringIO()
    writer = csv.writer(masked, delimiter=delimiter, lineterminator="\n")
    for row in rows:
        writer.writerow([mask if place in places else value for place, value in enumerate(row)])
    return f"{head}\n{masked.getvalue()}"
