"""OAuth 2.0 client credentials (RFC 6749, 4.4): the request for a token, and its answer."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote_plus, urlencode

from .backoff import parse_retry_after
from .errors import AuthError, IntegrationError, RateLimited, RemoteError

CLIENT_AUTH = ("basic", "post")
# A server need not say how long a token lives (RFC 6749, 5.1): ask again soon then.
UNKNOWN_LIFETIME = 300
MAX_LIFETIME = 30 * 86400
RENEW_AHEAD = 60.0  # seconds before it ends; a fifth of the lifetime when that is less
END_MARGIN = 5.0  # seconds that a request may travel; a tenth of the lifetime when that is less
_TOKEN = re.compile(r"[!-~]{1,16384}", re.ASCII)  # what a header can carry
_ADVICE = {
    "invalid_client": "client id or client secret is wrong, expired or was withdrawn; "
    "enter a new secret",
    "unauthorized_client": "the client may not sign in this way; ask the partner to allow it",
    "access_denied": "the client was refused; ask the partner to allow it",
    "invalid_grant": "the client may not sign in this way; ask the partner to allow it",
    "unsupported_grant_type": "this way to sign in is not offered; ask the partner for another one",
    "invalid_scope": "the scope is unknown or not allowed; correct it on the endpoint",
    "invalid_target": "the audience is unknown; correct it on the endpoint",
    "invalid_request": "the request is not as expected; check token address, scope, audience and "
    "how the client signs in",
}


@dataclass(frozen=True)
class Grant:
    """What is asked for, and as whom.

    :param client_auth: ``basic`` (client id and secret in the header) or ``post`` (in the body).
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    audience: str = ""
    client_auth: str = "basic"

    def profile(self, secret_mark: str) -> str:
        """A digest that changes with anything that decides which token one gets.

        :param secret_mark: changes with the secret and tells nothing of it: its encrypted form.
        """
        parts = [
            self.token_url,
            self.client_id,
            secret_mark,
            self.scope,
            self.audience,
            self.client_auth,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Token:
    """A token and the seconds that it lives."""

    value: str = field(repr=False)
    lifetime: float

    def times(self, now: datetime) -> tuple[datetime, datetime]:
        """(renew from then on, use until then) of a token that came at ``now``."""
        ahead = min(RENEW_AHEAD, self.lifetime / 5)
        margin = min(END_MARGIN, self.lifetime / 10)
        return (
            now + timedelta(seconds=self.lifetime - ahead),
            now + timedelta(seconds=self.lifetime - margin),
        )


def token_request(grant: Grant) -> tuple[dict[str, str], bytes]:
    """Headers and body of the POST that asks for a token; both hold the secret."""
    form = {"grant_type": "client_credentials"}
    if grant.scope:
        form["scope"] = grant.scope
    if grant.audience:
        form["audience"] = grant.audience
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if grant.client_auth == "post":
        form.update(client_id=grant.client_id, client_secret=grant.client_secret)
    else:
        # Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
        pair = f"{quote_plus(grant.client_id)}:{quote_plus(grant.client_secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers, urlencode(form).encode()


def read_token(status: int, headers: Mapping[str, str], body: bytes) -> Token:
    """The token of an answer.

    :raises AuthError: the client is refused; the text says what to do.
    :raises RateLimited: asked too often.
    :raises RemoteError: the server is out of order; worth another try.
    """
    answer = _object(body)
    if not 200 <= status < 300:
        raise _refusal(status, headers, answer)
    value = answer.get("access_token")
    if not isinstance(value, str) or not value:
        error = RemoteError(
            status, "The token address gave no token; check it.", error_class="server"
        )
        error.retryable = True  # a page of a proxy or of maintenance, as a rule
        raise error
    if str(answer.get("token_type") or "bearer").lower() != "bearer" or not _TOKEN.fullmatch(value):
        raise AuthError(
            "The token address gave a token that cannot be sent as a bearer token; ask the partner "
            "for another way to sign in.",
            status=status,
        )
    return Token(value, _lifetime(answer.get("expires_in")))


def _refusal(
    status: int, headers: Mapping[str, str], answer: Mapping[str, object]
) -> IntegrationError:
    # Only the code of the error is quoted, when it is one of the known ones: descriptions are free
    # text, and some servers repeat in them what they were sent.
    code = answer.get("error")
    retry_after = parse_retry_after(headers.get("Retry-After"))
    if status == 429:
        return RateLimited(retry_after, "The token address asks us to slow down (HTTP 429).")
    if status >= 500 or status == 408:
        return RemoteError(
            status, f"The token address answered HTTP {status}.", retry_after=retry_after
        )
    known = code if isinstance(code, str) and code in _ADVICE else None
    advice = _ADVICE[known] if known else "check token address, client id and client secret"
    said = f"HTTP {status}, {known}" if known else f"HTTP {status}"
    return AuthError(f"The token address refuses our client ({said}): {advice}.", status=status)


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime(value: object) -> float:
    try:
        seconds = float(value)  # type: ignore[arg-type]  # some servers send a text
    except (TypeError, ValueError):
        return UNKNOWN_LIFETIME
    # Not a number compares as false: unknown then, too.
    return min(seconds, MAX_LIFETIME) if seconds > 0 else UNKNOWN_LIFETIME
