"""What a refused partner reads."""

import json

import pytest

from integration_monitor_webhook.tools.refusal import CONTENT_TYPE, PROBLEMS, Refusal


@pytest.mark.parametrize("slug", sorted(PROBLEMS))
def test_problem_document(slug):
    """Every refusal is a complete RFC 9457 document whose status equals the answer's."""
    refusal = Refusal(slug, "the reason for us")
    body = json.loads(refusal.body("/integration/webhook/x", "c-1"))
    assert set(body) == {"type", "title", "status", "detail", "instance", "correlation_id"}
    assert body["status"] == refusal.status
    assert refusal.headers()["Content-Type"] == CONTENT_TYPE
    assert "the reason for us" not in json.dumps(body)


def test_headers_of_a_status():
    """429 names the wait, 401 the scheme, 405 what is allowed."""
    assert Refusal("rate-limited", retry_after=0).headers()["Retry-After"] == "1"
    assert Refusal("rate-limited", retry_after=7).headers()["Retry-After"] == "7"
    assert "WWW-Authenticate" in Refusal("unauthenticated").headers()
    assert Refusal("method-not-allowed").headers()["Allow"] == "POST"


def test_unknown_slug():
    """A slip in a slug shows in development."""
    with pytest.raises(KeyError):
        Refusal("nope")
