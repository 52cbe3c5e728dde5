"""One HTTP exchange that carries a webhook, signed by the library `standardwebhooks`."""

import secrets
import sqlite3
import time
from base64 import b64encode
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

from .clock import iso, utcnow
from .outbox import Attempt

USER_AGENT = "partner-simulator/1.0"


def new_secret() -> str:
    """Return a fresh signing secret, `whsec_` and base64 of 32 random bytes."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def signed_headers(row: sqlite3.Row, secret: str, extra: dict[str, str]) -> dict[str, str]:
    """Return the headers of one attempt: the id is that of the delivery, the time is now.

    Raises ValueError or RuntimeError when the secret is not one of Standard Webhooks.
    """
    moment = utcnow()
    headers = {
        **extra,
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": row["webhook_id"],
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(row["webhook_id"], moment, row["body"]),
    }
    if row["correlation_id"]:
        headers["X-Correlation-ID"] = row["correlation_id"]
    return headers


def post(
    row: sqlite3.Row,
    target: dict[str, Any],
    url: str,
    timeout: float,
    fault: str | None,
    forged: bool = False,
    deaf: bool = False,
) -> Attempt:
    """Send a delivery once. `forged` signs with a wrong secret, `deaf` ignores the answer."""
    started_at, start = iso(), time.monotonic()
    status, error, retry_after = None, None, None
    try:
        secret = new_secret() if forged else target["secret"]
        headers = signed_headers(row, secret, target.get("headers") or {})
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                url,
                data=row["body"].encode(),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
        if deaf:
            error = f"the answer ({answer.status_code}) got lost"
        else:
            status = answer.status_code
            retry_after = _seconds(answer.headers.get("Retry-After"))
    except (requests.RequestException, ValueError, RuntimeError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    seconds = time.monotonic() - start
    return Attempt(started_at, seconds, url, status, error, fault, retry_after)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
