"""Refusals of a delivery and their RFC 9457 answers: the one table from cause to status."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:integration-monitor:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a partner is told: ``slug`` names the problem for machines, the rest is for people."""

    slug: str
    status: int
    title: str
    detail: str


PROBLEMS = {
    problem.slug: problem
    for problem in (
        Problem(
            "malformed", 400, "Malformed delivery", "The body cannot be read as it was announced."
        ),
        # No reason is given on purpose: it would help whoever guesses.
        Problem(
            "unauthenticated", 401, "Not authenticated", "The delivery could not be authenticated."
        ),
        Problem("unknown-flow", 404, "Unknown flow", "There is no such webhook address."),
        Problem("method-not-allowed", 405, "Method not allowed", "Deliver with the method POST."),
        Problem("retired", 410, "Webhook retired", "This webhook address is no longer in use."),
        Problem("too-large", 413, "Delivery too large", "The body is larger than agreed."),
        Problem(
            "unsupported-media-type",
            415,
            "Unsupported media type",
            "Deliver JSON in UTF-8, with the content type application/json.",
        ),
        Problem("rate-limited", 429, "Too many deliveries", "Deliver again after the time given."),
        Problem("internal", 500, "Internal error", "The delivery was not kept. Deliver it again."),
        Problem(
            "unavailable",
            503,
            "Temporarily unavailable",
            "The delivery could not be kept. Deliver it again after the time given.",
        ),
    )
}


class Refusal(Exception):
    """A delivery is not accepted.

    :param slug: a key of ``PROBLEMS``.
    :param reason: short words for our own log; never part of the answer.
    :param detail: replaces the text for the partner; must not help an attacker.
    :param retry_after: seconds until the partner may try again.
    """

    def __init__(
        self,
        slug: str,
        reason: str = "",
        *,
        detail: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(reason or slug)
        self.problem = PROBLEMS[slug]
        self.reason = reason or slug
        self.detail = detail or self.problem.detail
        self.retry_after = retry_after

    @property
    def slug(self) -> str:
        """The name of the problem."""
        return self.problem.slug

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.problem.status

    def body(self, instance: str, correlation_id: str) -> str:
        """The problem document, as JSON text.

        :param instance: path of the request.
        :param correlation_id: what to quote when asking about it.
        """
        return json.dumps(
            {
                "type": TYPE_PREFIX + self.slug,
                "title": self.problem.title,
                "status": self.status,
                "detail": self.detail,
                "instance": instance,
                "correlation_id": correlation_id,
            }
        )

    def headers(self) -> dict[str, str]:
        """Headers that belong to the status."""
        headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, self.retry_after))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Webhook-Signature"
        elif self.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "POST"
        return headers
