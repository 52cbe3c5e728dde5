"""OAuth 2 client credentials with a partner over HTTP."""

from contextlib import contextmanager
from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ..instrumentation import log_writer
from ..models.integration_endpoint_token import OPERATION
from ..tools.errors import AuthError, IntegrationError, RemoteError
from ..tools.observation import utcnow
from .common import IntegrationCase
from .common_partner import CLIENT, SECRET, PartnerMixin, client_of


@tagged("post_install", "-at_install")
class TestOAuth(PartnerMixin, IntegrationCase):
    def setUp(self):
        super().setUp()
        self.credential = self.sign_up(self.endpoint)
        self.enterContext(self.enter_registry_test_mode())

    @contextmanager
    def own_flow(self, flow):
        """As before; the registry is in test mode already."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.registry.cursor() as cr:
            yield flow._as_service().with_env(flow._as_service().env(cr=cr))
        self.env.invalidate_all()

    def refused(self):
        """:return: the error of a call; ``assertRaises`` would roll the token's row back"""
        try:
            self.call()
        except IntegrationError as error:
            return error
        self.fail("the call went through")

    def call(self, endpoint=None, **kwargs):
        """:return: the Authorization header that the partner got"""
        (endpoint or self.endpoint)._call("POST", "/orders", json={"n": 1}, **kwargs)
        return self.partner.api_calls[-1]["headers"]["Authorization"]

    def row(self, **values):
        """Change what is stored of the token."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                f"UPDATE integration_credential_token SET {name} = %s WHERE credential_id = %s",
                (value, self.credential.id),
            )

    def push(self, count=1):
        """:return: outbound messages, worked on"""
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(count)])
        messages = self.outbound._emit(partners)
        self.drain(self.outbound)
        return messages

    def matters(self):
        """:return: the open exceptions of the endpoint"""
        return self.env["integration.exception"].search(
            [("endpoint_id", "=", self.endpoint.id), ("is_open", "=", True)]
        )

    def test_one_token_for_many_calls(self):
        """Each call asks for a token of its own."""
        self.assertEqual(self.call(), "Bearer token-1-of-the-partner")
        self.assertEqual(self.call(), "Bearer token-1-of-the-partner")
        self.assertEqual(len(self.partner.token_calls), 1)

    def test_the_client_signs_in_both_ways(self):
        """The partner does not understand how our client signs in."""
        for way in ("basic", "post"):
            self.endpoint.oauth_client_auth = way
            self.call()
            call = self.partner.token_calls[-1]
            self.assertEqual(client_of(call), (CLIENT, SECRET))
            self.assertEqual("Authorization" in call["headers"], way == "basic")
        self.assertEqual(len(self.partner.token_calls), 2)

    def test_scope_and_audience(self):
        """A change of scope goes on with the former token."""
        self.call()
        self.endpoint.write({"oauth_scope": "orders:write", "oauth_audience": "https://api"})
        self.call()
        body = self.partner.token_calls[-1]["body"]
        self.assertIn(b"scope=orders%3Awrite", body)
        self.assertIn(b"audience=https%3A%2F%2Fapi", body)

    def test_encrypted_at_rest_and_closed(self):
        """A copy of the database, or an administrator over RPC, has the token."""
        self.call()
        self.env.cr.execute(
            "SELECT to_jsonb(t)::text FROM integration_credential_token t WHERE credential_id = %s",
            (self.credential.id,),
        )
        self.assertNotIn("token-1", self.env.cr.fetchone()[0])
        tokens = self.env["integration.credential.token"]
        token = tokens.search([("credential_id", "=", self.credential.id)])
        for role, user in self.users.items():
            with self.assertRaises(AccessError, msg=role):
                token.with_user(user).read(["token_encrypted"])
            with self.assertRaises(AccessError, msg=role):
                token.with_user(user).write({"refusal": "x"})
            if role != "administrator":
                with self.assertRaises(AccessError, msg=role):
                    token.with_user(user).read(["usable_until"])

    def test_the_log_tells_of_token_calls_without_secrets(self):
        """Nobody sees why calls are slow; or everybody sees the secret."""
        with log_writer.captured() as seen:
            self.call()
            self.partner.secret = "another"
            past = utcnow() - timedelta(hours=1)
            self.row(renew_at=past, usable_until=past)
            self.assertIsInstance(self.refused(), AuthError)
        good, bad = [line for line in seen if line.operation == OPERATION]
        self.assertEqual((good.outcome, good.status_code, good.host), ("ok", 200, "127.0.0.1"))
        self.assertEqual((bad.outcome, bad.error_class, bad.status_code), ("error", "auth", 401))
        self.assertEqual((good.endpoint_id, good.path_template), (self.endpoint.id, "/token"))
        told = repr(seen)
        for secret in (SECRET, "token-1", "Basic "):
            self.assertNotIn(secret, told)

    def test_renewed_before_it_ends(self):
        """Every hour a call fails because its token ended on the way."""
        self.call()
        self.row(renew_at=utcnow() - timedelta(seconds=1))
        self.assertEqual(self.call(), "Bearer token-2-of-the-partner")
        self.assertEqual([call["path"] for call in self.partner.api_calls], ["/orders"] * 2)

    def test_a_failed_renewal_ahead_of_time_harms_nobody(self):
        """The token address is down for a minute, and calls fail although their token is good."""
        self.call()
        self.row(renew_at=utcnow() - timedelta(seconds=1))
        self.partner.token_answer = (503, {})
        for _call in range(3):
            self.assertEqual(self.call(), "Bearer token-1-of-the-partner")
        self.assertEqual(len(self.partner.token_calls), 2)
        self.row(renew_at=utcnow() - timedelta(2), usable_until=utcnow() - timedelta(1))
        error = self.refused()
        self.assertIsInstance(error, RemoteError)
        self.assertEqual((error.retryable, error.error_class), (True, "server"))

    def test_refused_token_is_renewed_once(self):
        """A token that the partner withdrew fails each call until it ends."""
        self.call()
        self.partner.withdraw()
        self.assertEqual(
            self.call(idempotency_key="k-1"), "Bearer token-2-of-the-partner", "repeated at once"
        )
        keys = [call["headers"].get("Idempotency-Key") for call in self.partner.api_calls[-2:]]
        self.assertEqual(keys, ["k-1", "k-1"])
        self.call()
        self.assertEqual(len(self.partner.token_calls), 2)

    def test_a_partner_that_refuses_each_token_is_not_flooded(self):
        """Tokens are got and refused without end."""
        self.partner.api_answer = (401, {"error": "no"})
        for _call in range(4):
            self.assertIsInstance(self.refused(), AuthError)
        # The first, one after its refusal, and no more for a minute.
        self.assertEqual(len(self.partner.token_calls), 2)
        self.row(obtained_at=utcnow() - timedelta(minutes=2))
        self.assertIsInstance(self.refused(), AuthError)
        self.assertEqual(len(self.partner.token_calls), 3)

    def test_forbidden_is_not_refused(self):
        """A right that is missing looks like a bad credential, and costs a token each time."""
        self.partner.api_answer = (403, {"error": "not yours"})
        with self.assertRaises(AuthError) as caught:
            self.call()
        self.assertIsNone(getattr(caught.exception, "matter", None))
        self.assertEqual(len(self.partner.token_calls), 1)

    def test_rejected_credential_is_one_exception(self):
        """A changed secret opens hundreds of exceptions, and hammers the partner."""
        self.partner.secret = "changed by the partner"
        messages = self.push(4)
        self.assertEqual(messages.mapped("state"), ["dead"] * 4)
        self.assertEqual(set(messages.mapped("error_class")), {"auth"})
        matter = self.matters()
        self.assertEqual(len(matter), 1)
        self.assertEqual((matter.error_class, matter.occurrence_count), ("auth", 4))
        self.assertIn("enter a new secret", matter.error_message)
        self.assertIn("Credentials", matter.advice)
        self.assertEqual(self.endpoint.health, "down")
        # The remedy that the text names sends all of them.
        self.credential.secret = "changed by the partner"
        self.assertEqual(matter.state, "retrying")
        self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 4)
        self.assertFalse(self.matters())
        self.assertEqual(matter.state, "resolved")

    def test_whoever_found_it_out_is_sent_as_well(self):
        """The message that failed first died a second before its exception, and is never sent."""
        self.partner.secret = "changed by the partner"
        with freeze_time(auto_tick_seconds=1):
            message = self.push()
        self.assertEqual(self.matters().opened_at, message.done_at)
        self.credential.secret = "changed by the partner"
        self.drain(self.outbound)
        self.assertEqual(message.state, "done")

    def test_a_client_that_is_forbidden_is_the_same_matter(self):
        """A token address that says 403 opens an exception for each message."""
        self.partner.token_answer = (403, {"error": "unauthorized_client"})
        self.push(2)
        self.assertEqual(self.matters().occurrence_count, 2)
        self.assertIn("ask the partner to allow it", self.matters().error_message)

    def test_retry_of_the_exception_takes_all(self):
        """After the partner mended it, all but one message stay dead."""
        self.partner.secret = "for a while"
        messages = self.push(3)
        self.partner.secret = SECRET
        self.row(refused_at=utcnow() - timedelta(hours=1))
        self.matters().with_user(self.users["operator"]).action_retry()
        self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertFalse(self.matters())

    def test_a_new_success_releases_the_others(self):
        """The sign-in works again, and nobody tells those that waited."""
        self.partner.secret = "for a while"
        dead = self.push(2)
        self.partner.secret = SECRET
        self.row(refused_at=utcnow() - timedelta(hours=1))
        self.push(1)
        self.drain(self.outbound)
        self.assertEqual(dead.mapped("state"), ["done"] * 2)
        self.assertFalse(self.matters())

    def test_expired_credential_is_one_exception(self):
        """An expired credential is only found out from the partner's refusals."""
        self.credential.expires_at = "2020-01-01 00:00:00"
        messages = self.push(2)
        self.assertEqual(messages.mapped("state"), ["dead"] * 2)
        matter = self.matters()
        self.assertEqual(len(matter), 1)
        self.assertIn("expired on 2020-01-01", matter.error_message)
        self.assertFalse(self.partner.token_calls)

    def test_other_kinds_of_sign_in_are_one_exception_too(self):
        """A bearer token that ended opens an exception for each message."""
        self.endpoint.auth_type = "bearer"
        credential = self.env["integration.credential"].create(
            {"endpoint_id": self.endpoint.id, "kind": "bearer", "secret": "old"}
        )
        messages = self.push(3)
        self.assertEqual(len(self.matters()), 1)
        self.partner.valid.add("new-token")
        credential.secret = "new-token"
        self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertFalse(self.matters())

    def test_transport_faults_are_tried_again(self):
        """An outage of the token address kills messages."""
        self.endpoint.oauth_token_url = "http://127.0.0.1:9/token"
        message = self.push(1)
        self.assertEqual((message.state, message.error_class), ("retry", "connect"))

    def test_test_connection(self):
        """Test Connection says it works without signing in, or repeats what was a minute ago."""
        self.partner.secret = "another"
        operator = self.endpoint.with_user(self.users["operator"])
        answer = operator.action_test_connection()["params"]
        self.assertEqual(answer["type"], "danger")
        self.assertIn("client secret", answer["message"])
        self.partner.secret = SECRET
        self.assertEqual(operator.action_test_connection()["params"]["type"], "success")

    def test_another_key_of_encryption(self):
        """After a rotation tokens cannot be read, and calls fail."""
        self.call()
        self.env["integration.credential"]._rotate_keys()
        self.assertEqual(self.call(), "Bearer token-2-of-the-partner")
        self.row(token_encrypted="gAAAA-nonsense")
        self.assertEqual(self.call(), "Bearer token-3-of-the-partner")

    def test_what_cannot_work_is_refused(self):
        """An endpoint without token address, or with a secret in it, is saved."""
        for url in (False, "login.example/token", "ftp://login.example"):
            with self.assertRaisesRegex(ValidationError, "token address"):
                self.endpoint.oauth_token_url = url
        with self.assertRaisesRegex(ValidationError, "into its credential"):
            self.endpoint.oauth_token_url = "https://id:secret@login.example/token"
        self.credential.login = False
        with self.assertRaisesRegex(IntegrationError, "client id"):
            self.call()
