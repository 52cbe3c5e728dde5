"""One delivery on its way in: limits, authentication, one durable insert, acknowledgement."""

import time
from dataclasses import dataclass
from typing import Any

from odoo import SUPERUSER_ID, http

from odoo.addons.integration_monitor.tools import context, json_safe, tracing
from odoo.addons.integration_monitor.tools.errors import IntegrationError

from ..models.integration_flow_last_delivery import UNREADABLE
from ..tools.adapters import ADAPTERS, Authenticated
from ..tools.body import read_limited, unpack
from ..tools.refusal import Refusal
from ..tools.throttle import Throttle
from . import evidence

TEST_EVENT_TYPE = "integration.test"
JSON_TYPE = "application/json"
KEY_RETRY_AFTER = 300
throttle = Throttle()


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a delivery once nothing speaks against keeping it."""

    payload: bytes
    value: Any
    proof: Authenticated
    trace_id: str


class Reception:
    """The steps of :meth:`accept`, in order; each raises :class:`Refusal`.

    Lives as long as the HTTP request: when Odoo repeats the endpoint after a database conflict,
    what was read and verified is not read and verified again.
    """

    def __init__(self, request, flow_code):
        self.request = request
        self.http = request.httprequest
        self.database = request.db
        self.flow_code = flow_code
        self.profile = None
        self.credential_id = None
        self.size = self.http.content_length
        self.started = time.monotonic()
        self.correlation_id = tracing.choose_correlation_id(
            self.http.headers.get("X-Correlation-ID")
        )
        self._checked = None

    # The way in

    def accept(self):
        """Keep the delivery and return the acknowledgement (200).

        :raises Refusal: it is not accepted; nothing was written.
        """
        self._find_flow()
        if self._checked is None:
            self._checked = self._check()
        message, created = self._store(self._checked)
        evidence.accepted(self, created, message)
        self.request.env["integration.credential"]._note_webhook_use(self.credential_id)
        return self.request.make_json_response(
            {
                "status": "accepted" if created else "duplicate",
                # Unknown for a moment when the first delivery is being committed just now.
                "message_uid": message.message_uid or None,
            },
            headers=[("X-Correlation-ID", self.correlation_id), ("Cache-Control", "no-store")],
        )

    def refuse(self, refusal):
        """Record a refusal apart from the request's transaction and return its answer."""
        evidence.refused(self, refusal)
        headers = refusal.headers() | {"X-Correlation-ID": self.correlation_id}
        return http.Response(
            refusal.body(self.http.path, self.correlation_id),
            status=refusal.status,
            headers=headers,
        )

    # Its steps

    def _find_flow(self):
        """Set ``profile``. Paused flows still accept: their messages are kept and held."""
        profile = self.request.env["integration.flow"]._webhook_profile(self.flow_code)
        if profile is None:
            raise Refusal("unknown-flow", f"code {self.flow_code[:64]!r}")
        self.profile = profile
        if not profile.active:
            raise Refusal("retired", "archived flow")

    def _check(self):
        """Everything that needs no write: read, limit, authenticate, parse."""
        wire = self._read()
        payload = unpack(wire, self.http.headers.get("Content-Encoding"), self.profile.max_bytes)
        self._check_content_type()
        self._check_rate()
        proof = self._authenticate(payload, wire)
        try:
            value = json_safe.loads(payload)
        except json_safe.MalformedJson as error:
            raise Refusal("malformed", str(error), detail=str(error)) from error
        return Checked(payload, value, proof, self._adopt_trace())

    def _read(self):
        """The body as it came over the wire."""
        # Core itself reaches the WSGI environment this way to reroute; the public wrapper hides
        # the stream, and reading through it cuts oversized chunked bodies off without a word.
        environ = self.http._HTTPRequest__environ
        raw = read_limited(
            environ["wsgi.input"],
            self.profile.max_bytes,
            content_length=self.http.content_length,
            terminated=bool(environ.get("wsgi.input_terminated")),
        )
        self.size = len(raw)
        return raw

    def _check_content_type(self):
        """JSON in UTF-8 and nothing else."""
        mimetype = (self.http.mimetype or "").lower()
        if mimetype != JSON_TYPE and not mimetype.endswith("+json"):
            raise Refusal("unsupported-media-type", f"content type {mimetype[:80]!r}")
        charset = self.http.mimetype_params.get("charset", "utf-8")
        if charset.strip("\"' ").lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Refusal("unsupported-media-type", f"charset {charset[:40]!r}")

    def _check_rate(self):
        """Stop a flood of one sender before the costly steps."""
        wait = throttle.acquire(
            (self.database, self.profile.flow_id, self.http.remote_addr),
            self.profile.rate_per_minute,
        )
        if wait is not None:
            raise Refusal("rate-limited", "too many from one address", retry_after=wait)

    def _authenticate(self, payload, wire):
        """Verify the signature over the bytes as sent; if packed, over either form.

        Libraries sign the content and leave packing to the transport; some sign what they send.
        """
        adapter = ADAPTERS[self.profile.adapter]
        try:
            known = self.request.env["integration.credential"]._webhook_secrets(self.profile)
        except IntegrationError as error:
            # A fault of this server, which heals: the partner must repeat, not give up.
            reason = f"{UNREADABLE}: {type(error).__name__}"
            raise Refusal("unavailable", reason, retry_after=KEY_RETRY_AFTER) from error
        secrets = [secret for _credential_id, secret in known]
        try:
            proof = adapter.authenticate(payload, self.http.headers, secrets, time.time())
        except Refusal:
            if payload is wire:
                raise
            proof = adapter.authenticate(wire, self.http.headers, secrets, time.time())
        self.credential_id = known[proof.secret_index][0]
        return proof

    def _adopt_trace(self):
        """Continue the sender's trace, now that the sender is known; else begin one."""
        parent = tracing.parse_traceparent(self.http.headers.get("traceparent"))
        if not self.http.headers.get("X-Correlation-ID"):
            self.correlation_id = tracing.choose_correlation_id(
                parent and parent.trace_id,
                self.http.headers.get("X-Request-ID"),
                self.correlation_id,
            )
        return parent.trace_id if parent else tracing.new_trace_id()

    def _store(self, checked):
        """The one durable insert; returns (message, created)."""
        # Whoever wrote it is the service account. sudo: the sender is proven by his signature,
        # not by an Odoo session, and accounts have no right to create messages by themselves.
        self.request.update_env(user=self.profile.user_id or SUPERUSER_ID)
        flow = self.request.env["integration.flow"].sudo().browse(self.profile.flow_id)
        with context.bound(
            correlation_id=self.correlation_id,
            trace_id=checked.trace_id,
            flow_id=self.profile.flow_id,
        ):
            message, created = flow._receive(
                checked.payload,
                dict(self.http.headers),
                external_id=checked.proof.external_id,
                content_type=self.http.content_type,
                correlation_id=self.correlation_id,
                trace_id=checked.trace_id,
                occurred_at=checked.proof.occurred_at,
            )
            if created and self._is_test(checked.value):
                message._settle_test_event()
        return message, created

    def _is_test(self, value):
        """A test event proves the way in and is not handed to the flow's handler."""
        return isinstance(value, dict) and value.get("type") == TEST_EVENT_TYPE
