"""A partner with a token address, on a port of this machine: it answers, refuses, hangs."""

import base64
import inspect
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs, unquote_plus

import requests

from odoo.tests.common import _super_send

# Odoo's tests replace Session.send; what they keep of it may be wrapped already.
REAL_SEND = inspect.unwrap(_super_send)
CLIENT = "client-7"
SECRET = "sécret/with odd: chars & more"


class Partner(ThreadingHTTPServer):
    """Gives tokens at ``/token`` and answers everything else to who has a valid one.

    ``token_calls`` and ``api_calls`` hold what came: dicts of method, path, headers, body.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret = SECRET
        self.lifetime = 3600
        self.valid = set()
        self.token_calls = []
        self.api_calls = []
        self.token_answer = None  # (status, dict) in place of a token
        self.api_answer = (200, {"ok": True})
        self.open = False  # whether it answers without a token, too
        self.gate = threading.Event()  # token calls wait for it
        self.gate.set()
        self.guard = threading.Lock()

    @property
    def url(self):
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def withdraw(self):
        """Let no token given so far be valid any more."""
        self.valid.clear()

    def answer(self, call):
        """:return: (status, value) for a request"""
        if call["path"] == "/token":
            return self._answer_token(call)
        with self.guard:
            self.api_calls.append(call)
        token = call["headers"].get("Authorization", "").removeprefix("Bearer ")
        if not self.open and token not in self.valid:
            return 401, {"error": "invalid_token"}
        return self.api_answer

    def _answer_token(self, call):
        with self.guard:
            self.token_calls.append(call)
        self.gate.wait(30)
        if self.token_answer:
            return self.token_answer
        if client_of(call) != (CLIENT, self.secret):
            return 401, {"error": "invalid_client", "error_description": f"not {SECRET}"}
        with self.guard:
            token = f"token-{len(self.token_calls)}-of-the-partner"
            self.valid.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}


def client_of(call):
    """:return: (client id, client secret) of a token call, however they were sent"""
    form = {name: value[0] for name, value in parse_qs(call["body"].decode()).items()}
    kind, _space, pair = call["headers"].get("Authorization", "").partition(" ")
    if kind == "Basic":
        name, _colon, secret = base64.b64decode(pair).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id"), form.get("client_secret")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = {
            "method": self.command,
            "path": self.path,
            "headers": dict(self.headers),
            "body": body,
        }
        status, value = self.server.answer(call)
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _serve

    def log_message(self, *args):
        """Keep the test's output clean."""


class PartnerMixin:
    """For test cases with an ``endpoint``: a partner of its own, and the real HTTP client."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(requests.Session, "send", REAL_SEND))
        self.partner = Partner()
        threading.Thread(target=self.partner.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(self.partner.server_close)
        self.addCleanup(self.partner.shutdown)

    def oauth_values(self, **values):
        """:return: the endpoint's values for tokens of the partner"""
        return {
            "base_url": self.partner.url,
            "auth_type": "oauth2",
            "oauth_token_url": f"{self.partner.url}/token",
            **values,
        }

    def sign_up(self, endpoint, secret=SECRET, **values):
        """Let an endpoint sign in by tokens of the partner. :return: the credential"""
        endpoint.write(self.oauth_values(**values))
        return endpoint.env["integration.credential"].create(
            {"endpoint_id": endpoint.id, "kind": "oauth2", "login": CLIENT, "secret": secret}
        )
