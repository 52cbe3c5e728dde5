"""OAuth 2 client credentials: what is sent, and what the answers mean."""

import base64
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.errors import AuthError, IntegrationError, RateLimited, RemoteError
from integration_monitor.tools.oauth2 import (
    MAX_LIFETIME,
    UNKNOWN_LIFETIME,
    Grant,
    Token,
    read_token,
    token_request,
)
from integration_monitor.tools.redaction import redact_text

URL = "https://login.example/token"
NOW = datetime(2026, 1, 1)


def test_the_client_signs_in_by_basic():
    """Odd characters of a secret break the sign-in (RFC 6749, 2.3.1)."""
    headers, body = token_request(Grant(URL, "my:id", "s%c r+t", scope="a b", audience="api"))
    sent = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert sent == "my%3Aid:s%25c+r%2Bt"
    assert parse_qs(body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["a b"],
        "audience": ["api"],
    }


def test_the_client_signs_in_by_post():
    """The secret is sent twice, or not at all."""
    headers, body = token_request(Grant(URL, "id", "s&t", client_auth="post"))
    assert "Authorization" not in headers
    assert parse_qs(body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["s&t"],
    }


@pytest.mark.parametrize(
    ("lifetime", "expected"),
    [
        (3600, 3600),
        ("900", 900),
        (None, UNKNOWN_LIFETIME),
        ("soon", UNKNOWN_LIFETIME),
        (-5, UNKNOWN_LIFETIME),
        (float("nan"), UNKNOWN_LIFETIME),
        (1e300, MAX_LIFETIME),
        ([], UNKNOWN_LIFETIME),
    ],
)
def test_a_token(lifetime, expected):
    """An odd lifetime makes a token that is never renewed."""
    answer = {"access_token": "abc", "token_type": "bearer", "expires_in": lifetime}
    assert read_token(200, {}, json.dumps(answer).encode()) == Token("abc", expected)


@given(st.floats(min_value=0.01, max_value=MAX_LIFETIME))
def test_renewed_before_it_ends(lifetime):
    """A token ends while its request travels; or a short one is renewed for ever."""
    renew_at, until = Token("a", lifetime).times(NOW)
    assert NOW < renew_at <= until < NOW + timedelta(seconds=lifetime) or lifetime < 1e-4
    assert (until - NOW).total_seconds() >= lifetime * 0.79


@pytest.mark.parametrize(
    ("status", "answer", "kind", "retryable", "words"),
    [
        (401, {"error": "invalid_client"}, AuthError, False, "enter a new secret"),
        (400, {"error": "invalid_client"}, AuthError, False, "enter a new secret"),
        (400, {"error": "invalid_scope"}, AuthError, False, "scope"),
        (400, {"error": "unauthorized_client"}, AuthError, False, "ask the partner to allow it"),
        (400, {"error": "unsupported_grant_type"}, AuthError, False, "another one"),
        (400, {"error": "invalid_request"}, AuthError, False, "audience"),
        (400, {"error": "invalid_target"}, AuthError, False, "audience"),
        (400, {"error": "access_denied"}, AuthError, False, "ask the partner to allow it"),
        (400, {"error": "something"}, AuthError, False, "token address"),
        (403, "no JSON", AuthError, False, "HTTP 403"),
        (404, "", AuthError, False, "check token address"),
        (302, "", AuthError, False, "token address"),
        (429, {}, RateLimited, True, "slow down"),
        (500, "oops", RemoteError, True, "HTTP 500"),
        (503, {"error": "invalid_client"}, RemoteError, True, "HTTP 503"),
        (200, "<html>", RemoteError, True, "gave no token"),
        (200, {"access_token": ""}, RemoteError, True, "gave no token"),
        (200, {"access_token": "a", "token_type": "mac"}, AuthError, False, "bearer"),
        (200, {"access_token": "a\r\nb"}, AuthError, False, "bearer"),
    ],
)
def test_refusals(status, answer, kind, retryable, words):
    """A wrong secret is tried for hours, or an outage kills each message."""
    body = answer if isinstance(answer, str) else json.dumps(answer)
    with pytest.raises(IntegrationError) as caught:
        read_token(status, {"Retry-After": "9"}, body.encode())
    assert type(caught.value) is kind
    assert caught.value.retryable is retryable
    assert words in caught.value.message
    # What it says to do must reach the exception: the redactor hides what looks like a secret.
    assert redact_text(caught.value.message) == caught.value.message
    if kind is AuthError:
        assert caught.value.error_class == "auth"


def test_what_the_server_repeats_is_not_quoted():
    """A server that repeats the secret in its description puts it into the log."""
    answer = {"error": "invalid_client", "error_description": "bad secret hunter2"}
    with pytest.raises(AuthError) as caught:
        read_token(401, {}, json.dumps(answer).encode())
    assert "hunter2" not in caught.value.message


def test_secrets_are_not_shown():
    """A traceback shows the secret or the token."""
    assert "hunter2" not in repr(Grant(URL, "id", "hunter2"))
    assert "hunter2" not in repr(Token("hunter2", 1))


def test_the_profile_follows_the_settings():
    """A token of the former settings is used on after a change."""
    grants = [
        Grant(URL, "id", "s"),
        Grant(URL + "2", "id", "s"),
        Grant(URL, "id2", "s"),
        Grant(URL, "id", "s", scope="a"),
        Grant(URL, "id", "s", audience="a"),
        Grant(URL, "id", "s", client_auth="post"),
    ]
    profiles = {grant.profile("x") for grant in grants} | {grants[0].profile("y")}
    assert len(profiles) == len(grants) + 1
