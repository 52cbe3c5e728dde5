"""`Idempotency-Key`: the same request twice has one effect and one answer."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .clock import iso
from .ledger import Ledger
from .wire import Problem, Request, Response

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def fingerprint(request: Request) -> str:
    """Return the hash of method, path and body that makes two requests "the same"."""
    head = f"{request.method} {request.path}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


class Idempotency:
    """Remembers the answers to requests that succeeded.

    Only 2xx answers are kept: a refusal had no effect, so a corrected setting (a new SKU in the
    catalogue) lets the same key succeed later.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._in_flight: set[str] = set()

    @contextmanager
    def claim(self, request: Request) -> Iterator[Response | None]:
        """Hold the key while the block runs; yield the stored answer, or None when new.

        Raises Problem 422 (key used with another body) or 409 (the first one still runs).
        """
        key = request.idempotency_key
        if key is None or request.method not in METHODS:
            yield None
            return
        with self._lock:
            if key in self._in_flight:
                raise Problem(
                    409,
                    "Request in flight",
                    f"A request with Idempotency-Key {key!r} is being processed; retry later.",
                    headers={"Retry-After": "1"},
                )
            self._in_flight.add(key)
        try:
            yield self._stored(request, key)
        finally:
            with self._lock:
                self._in_flight.discard(key)

    def store(self, request: Request, answer: Response) -> None:
        """Keep a successful answer, in the transaction of its effects."""
        key = request.idempotency_key
        if key is None or request.method not in METHODS or not 200 <= answer.status < 300:
            return
        self._ledger.execute(
            "INSERT INTO idempotency (key, created_at, fingerprint, status, content_type,"
            " headers, body) VALUES (?,?,?,?,?,?,?)",
            (
                key,
                iso(),
                fingerprint(request),
                answer.status,
                answer.content_type,
                json.dumps(answer.headers),
                answer.body,
            ),
        )

    def _stored(self, request: Request, key: str) -> Response | None:
        row = self._ledger.row("SELECT * FROM idempotency WHERE key=?", (key,))
        if row is None:
            return None
        if row["fingerprint"] != fingerprint(request):
            raise Problem(
                422,
                "Idempotency key reused",
                f"Idempotency-Key {key!r} was used with another method, path or body.",
            )
        headers = {**json.loads(row["headers"]), "Idempotent-Replayed": "true"}
        return Response(row["status"], row["body"], row["content_type"], headers)
