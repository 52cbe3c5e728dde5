"""Payloads are laid out for reading, and what they say stays what it was."""

import json

import pytest

from integration_monitor.tools.json_layout import LIMIT, indent


def test_members_get_lines_and_money_keeps_its_digits() -> None:
    """A person cannot read one endless line; and 10.00 may not become 10.0."""
    text = '{"total":10.00,"note":"a, {b}: \\"c\\"","lines":[{"sku":"A"},{"sku":"B"}],"tags":[]}'
    assert indent(text) == (
        "{\n"
        '  "total": 10.00,\n'
        '  "note": "a, {b}: \\"c\\"",\n'
        '  "lines": [\n'
        "    {\n"
        '      "sku": "A"\n'
        "    },\n"
        "    {\n"
        '      "sku": "B"\n'
        "    }\n"
        "  ],\n"
        '  "tags": []\n'
        "}"
    )


@pytest.mark.parametrize("text", ["", "<xml/>", "plain, text", '{"broken', "[1, 2", "{}", "[]"])
def test_what_is_no_json_survives(text: str) -> None:
    """Looking at a broken payload may neither fail nor hide a character of it."""
    assert "".join(indent(text).split()) == "".join(text.split())


def test_laid_out_twice_is_the_same() -> None:
    """Saving an unchanged payload may not change it again and again."""
    value = {"a": [1, {"b": None}], "text": "x  y\n", "n": -1.5e3}
    once = indent(json.dumps(value))
    assert indent(once) == once
    assert json.loads(once) == value


def test_very_long_texts_stay() -> None:
    """A payload of megabytes does not make the form slow."""
    text = "[" + "1," * LIMIT + "1]"
    assert indent(text) == text
