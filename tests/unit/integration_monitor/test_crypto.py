"""Secrets at rest."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integration_monitor.tools import crypto
from integration_monitor.tools.errors import MissingKeyError

KEY = crypto.generate_key()


@example("correct horse battery staple")
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_secret_comes_back(text):
    """A stored password cannot be used."""
    token = crypto.encrypt(text, KEY)
    # A token is some hundred random letters: a short text may be among them.
    assert len(text) < 12 or text not in token
    assert crypto.decrypt(token, KEY) == text


def test_keys_rotate():
    """Changing the key locks every partner out."""
    old, new = crypto.generate_key(), crypto.generate_key()
    token = crypto.encrypt("s3cret", old)
    assert crypto.decrypt(token, f"{new}, {old}") == "s3cret"
    rotated = crypto.rotate(token, f"{new},{old}")
    assert crypto.decrypt(rotated, new) == "s3cret"
    with pytest.raises(crypto.DecryptionError, match="former key"):
        crypto.decrypt(token, new)


@pytest.mark.parametrize("key", [None, "", " , "])
def test_a_missing_key_says_how_to_make_one(key):
    """An administrator reads a stack trace instead of what to do."""
    for work in (lambda: crypto.encrypt("x", key), lambda: crypto.decrypt("x", key)):
        with pytest.raises(MissingKeyError, match="INTEGRATION_MONITOR_KEY"):
            work()


@pytest.mark.parametrize("key", ["short", "é" * 44, f"{KEY},hunter2hunter2", "=" * 44])
def test_a_bad_key_is_refused_and_never_shown(key):
    """The key itself reaches the log through an error text."""
    with pytest.raises(MissingKeyError) as caught:
        crypto.encrypt("x", key)
    for part in key.split(","):
        assert part not in str(caught.value)


def test_damaged_tokens_are_refused():
    """A damaged row crashes with an unknown error."""
    for token in ("", "nonsense", "é", crypto.encrypt("x", KEY)[:-4]):
        with pytest.raises(crypto.DecryptionError):
            crypto.decrypt(token, KEY)
