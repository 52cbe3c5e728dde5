"""The token that machines show, and how a refusal is said; shared by the routes for machines."""

import json

from odoo.http import request

REALM = 'Bearer realm="integration-metrics"'


def refusal(metrics):
    """Check the bearer token of the present request.

    :param metrics: the model ``integration.metrics``
    :return: None when the token is valid, else a 401 as problem+json that says what to do
    """
    scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return problem(401, "A token is needed", "Send 'Authorization: Bearer <token>'.", REALM)
    # Header values are latin-1 text: back to the bytes that were sent.
    if not metrics._token_matches(token.strip().encode("latin-1", "replace")):
        return problem(
            401,
            "The token is not valid",
            "It may have been replaced. An administrator can make a new one in Odoo's settings.",
            f'{REALM}, error="invalid_token"',
        )
    return None


def problem(status, title, detail, challenge=None):
    """Return a refusal as problem+json (RFC 9457)."""
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    if challenge:
        headers.append(("WWW-Authenticate", challenge))
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return request.make_response(json.dumps(content), headers, status=status)
