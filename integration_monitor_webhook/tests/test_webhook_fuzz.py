"""Whatever a known sender delivers is kept or refused; nothing breaks the server."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import WebhookHttpCase

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(exclude_categories=())),
    lambda children: st.lists(children, max_size=5)
    | st.dictionaries(st.text(max_size=5), children, max_size=5),
    max_leaves=20,
)


@tagged("post_install", "-at_install")
class TestWebhookFuzz(WebhookHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.webhook_rate_limit = 0

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=st.binary(max_size=200))
    def test_any_bytes(self, raw):
        """Signed rubbish is a 400, not a crash."""
        self.assertIn(self.deliver(raw=raw).status_code, (200, 400))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(value=JSON_VALUES)
    def test_any_json(self, value):
        """Any JSON value, odd text and numbers included, is kept as it is or refused."""
        raw = json.dumps(value).encode("utf-8", "surrogatepass")
        answer = self.deliver(raw=raw)
        self.assertIn(answer.status_code, (200, 400))
        if answer.status_code == 200:
            self.assertEqual(self.messages()[-1:].payload, raw.decode())

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        name=st.sampled_from(
            [
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "Content-Type",
                "Content-Encoding",
                "traceparent",
                "X-Correlation-ID",
            ]
        ),
        value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80),
    )
    def test_any_header(self, name, value):
        """A strange header is refused or ignored."""
        answer = self.deliver(headers={name: value.strip()})
        self.assertIn(answer.status_code, (200, 400, 401, 413, 415))
