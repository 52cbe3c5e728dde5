from odoo.tests import tagged

from .common_fallback import FallbackCase
from .common_partner import CLIENT, SECRET


@tagged("post_install", "-at_install")
class TestFallbackSignIn(FallbackCase):
    """The main endpoint signs in by tokens of its partner, the other one does not sign in."""

    def setUp(self):
        super().setUp()
        self.divert()
        self.endpoint.write(
            {
                "auth_type": "oauth2",
                "oauth_token_url": f"{self.main.url}/token",
                "breaker_failure_limit": 1,
            }
        )
        self.endpoint.credential_ids.create(
            {"endpoint_id": self.endpoint.id, "kind": "oauth2", "login": CLIENT, "secret": SECRET}
        )

    def goes_elsewhere(self, message):
        """The message has reached nobody, and is sent to who can take it."""
        self.assertEqual(self.endpoint.breaker_state, "open")
        self.assertFalse(message.bound_endpoint_id)
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))
        self.assertEqual(self.other.keys, [message.idempotency_key])

    def test_failing_token_address(self):
        """Nobody got the order, and it waits for the dead site as if that might have it."""
        self.main.token_answer = (500, {"error": "down for now"})
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(len(self.main.token_calls), 1)
        self.assertFalse(self.main.api_calls)
        self.goes_elsewhere(message)

    def test_hanging_token_address(self):
        """The answer that did not come was that of the token address."""
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertFalse(self.main.api_calls)
        self.goes_elsewhere(message)

    def test_refused_token_is_not_renewed(self):
        """The call was refused for its token, and there is no new one."""
        self.drain_once()
        self.main.withdraw()
        self.main.token_answer = (500, {"error": "down for now"})
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(self.main.keys[-1], message.idempotency_key)
        self.goes_elsewhere(message)

    def drain_once(self):
        """Get a token, and use it."""
        self.main.open = False
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.endpoint))
