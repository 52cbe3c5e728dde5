"""Errors of JSON-RPC, which come with HTTP 200."""

from __future__ import annotations

import json

import pytest

from integration_monitor.tools.classify_jsonrpc import from_body


def body(error, **members) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": None, "error": error, **members}).encode()


@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        ({"code": -32601, "message": "Method not found"}, "client"),
        ({"code": -32603, "message": "Internal error"}, "server"),
        ({"code": -32001}, "server"),
        ({"code": 100, "message": "Odoo Session Expired"}, "auth"),
        ({"code": 200, "data": {"name": "odoo.exceptions.AccessDenied"}}, "auth"),
        ({"code": 200, "data": {"name": "odoo.exceptions.ValidationError"}}, "business"),
        ({"code": 200, "data": {"name": "builtins.KeyError", "debug": "x" * 9999}}, "server"),
        ({"code": [1], "message": 5, "data": {"name": 5, "message": {}}}, "server"),
        ({"data": "no object"}, "server"),
        ({}, "server"),
    ],
)
def test_classes(error, error_class):
    """A session that expired, a missing product and a fault of the partner are one to us."""
    assert from_body(body(error)).error_class == error_class


def test_words():
    """All that the log says is that something was wrong."""
    data = {"name": "odoo.exceptions.UserError", "message": "The product is unknown."}
    found = from_body(body({"code": 200, "message": "Odoo Server Error", "data": data}))
    assert "The product is unknown." in found.message
    found = from_body(
        body({"code": 200, "message": "Odoo Server Error", "data": {"message": "{}"}})
    )
    assert "Odoo Server Error" in found.message
    assert len(from_body(body({"message": "x" * 9999})).message) < 400


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"[]",
        b'{"jsonrpc": "2.0", "result": {"error": "none of ours"}}',
        b'{"jsonrpc": "2.0", "error": null, "result": 1}',
        b'{"error": {"message": "some other convention"}, "x": "jsonrpc"}',
        b'{"jsonrpc": "2.0", "error": {',
        b'"jsonrpc" "error"',
        b'{"jsonrpc": "2.0", "error": {}}' + b" " * 300_000,
        b'{"jsonrpc": ' + b"[" * 50_000 + b'"error"',
    ],
)
def test_other_answers(answer):
    """An answer that went well counts as a failure, or a strange one stops the call."""
    assert from_body(answer) is None
