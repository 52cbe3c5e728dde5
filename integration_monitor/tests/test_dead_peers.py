from odoo.tests import tagged

from .common import IntegrationCase
from .common_partner import PartnerMixin
from .test_endpoint_breaker import OK
from .test_log_writer import real_cursor


@tagged("post_install", "-at_install")
class TestDeadPeers(PartnerMixin, IntegrationCase):
    """A machine dies with a lane in its hands, and the lane stands still for two hours.

    What is asked for works over TCP only: on a socket of this machine PostgreSQL says that
    somebody asked, and that nothing came of it.
    """

    def watched(self, cr):
        """:return: whether PostgreSQL was asked to look after this connection"""
        cr.execute(
            """SELECT bool_and(source = 'session') FROM pg_settings
                WHERE name ~ '^tcp_(keepalives_(idle|interval|count)|user_timeout)$'"""
        )
        return cr.fetchone()[0]

    def test_lanes(self):
        """While messages are worked on, in both directions, and however often it was in vain."""
        seen = []

        def look(handler, message, *args):
            seen.append(self.watched(message.env.cr))
            return {} if not args else None

        self.assertFalse(self.watched(self.env.cr))
        self.outbound._emit(self.env.user.partner_id)
        with self.handler(self.outbound, _prepare=look), self.answers(OK):
            self.drain(self.outbound)
        self.env.cr.execute("RESET ALL")
        for number in range(3):
            self.receive({"id": number}, external_id=f"d{number}")
        with self.handler(self.inbound, _handle=look):
            self.drain(self.inbound)
        self.assertEqual(seen, [True] * 4)

    def test_fan_out(self):
        """Events reach nobody any more."""
        subscriptions = self.env["integration.subscription"]
        self.assertTrue(subscriptions._lock_fan_out())
        self.assertTrue(self.watched(self.env.cr))
        self.env.cr.execute("SELECT pg_advisory_unlock_all()")

    def test_renewal_of_a_token(self):
        """Nobody gets a token any more."""
        credential = self.sign_up(self.endpoint)
        for wait in (True, False):
            with real_cursor(self.env.cr.dbname) as cr, credential._renewal_lock(cr, wait=wait):
                self.assertTrue(self.watched(cr))
