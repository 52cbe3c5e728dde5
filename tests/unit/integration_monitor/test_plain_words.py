"""Failures in words for a warehouse."""

import pytest

from integration_monitor.tools.plain_words import plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The partner answered HTTP 503.", "The partner could not handle it."),
        (
            "Booking failed: The partner answered HTTP 404.",
            "Booking failed: The partner did not accept it.",
        ),
        ("The partner asks us to slow down (HTTP 429).", "The partner asks us to slow down."),
        (
            'The partner answered HTTP 422. It said: {"error": {"code": 7}}',
            "The partner did not accept it.",
        ),
        ("It said: <html><body>Bad Gateway</body></html>", ""),
        (
            "The partner answered HTTP 500. It said: out of labels",
            "The partner could not handle it. It said: out of labels",
        ),
        ("No answer from https://api.example.com/v1/x in time", "No answer from … in time"),
        (
            "Release failed: 127.0.0.1:39341 cannot be reached: Connection refused.",
            "Release failed: The partner cannot be reached.",
        ),
        ("No answer of api.example.com:8443 in time", "No answer of … in time"),
        ("Unknown product “NEW-SPEAKER”: map it.", "Unknown product “NEW-SPEAKER”: map it."),
        ("Weight 3 < 5 kg [box]", "Weight 3 < 5 kg [box]"),
        ("The partner answered with an error (JSON-RPC).", "The partner answered with an error."),
        ("Failed (request id 7f-3)", "Failed"),
        ("", ""),
        (None, ""),
    ],
)
def test_plain(text, words):
    """A packer reads 'HTTP 503' and JSON; or a value that he must correct is gone."""
    assert plain(text) == words
