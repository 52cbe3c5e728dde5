from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..exchange import exchange
from ..instrumentation import log_writer
from ..tools.errors import TransportError
from ..tools.observation import Observation
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestObservedHealth(IntegrationCase):
    """Calls that other modules made: log lines with the endpoint's id."""

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        self.endpoint.health = "unknown"

    def seen(self, number=1, minutes_ago=1, **values):
        line = Observation(
            **{
                "kind": "http_out",
                "direction": "outbound",
                "endpoint_id": self.endpoint.id,
                "system_id": self.system.id,
                "company_id": self.env.company.id,
                "occurred_at": self.now - timedelta(minutes=minutes_ago),
                **values,
            }
        )
        log_writer.write_on(self.env.cr, [line] * number)

    def watch(self):
        self.env.flush_all()
        self.assertTrue(self.env["integration.metric"]._roll_up_on(self.env.cr))
        self.env.cr.execute("UPDATE integration_health_mark SET watched_at = '1970-01-01'")
        self.assertTrue(self.env["integration.health"]._watch_on(self.env.cr))
        self.env.invalidate_all()

    def test_foreign_calls_count(self):
        """A carrier that another module calls is down, and shows as unknown."""
        self.seen(3)
        self.watch()
        self.assertEqual(self.endpoint.health, "up")
        self.assertEqual(self.system.health, "up")
        self.assertTrue(self.endpoint.last_success_at)
        self.seen(5, minutes_ago=0, outcome="error", error_class="timeout")
        self.watch()
        self.assertEqual(self.endpoint.health, "down")
        self.assertEqual(self.system.health, "down")
        self.assertIn("5 in a row", self.endpoint.health_reason)
        self.assertIn("Too slow", self.system.health_reason)

    def test_exchanges_count(self):
        """A file server refuses every connection, and its endpoint stays unknown."""

        def refuse(number):
            with log_writer.captured() as seen:
                for _number in range(number):
                    with self.assertRaises(ConnectionRefusedError), log_writer.execution():
                        with exchange(self.env, "prices", endpoint=self.endpoint.code):
                            raise ConnectionRefusedError("no")
            log_writer.write_on(self.env.cr, seen)
            self.watch()

        self.seen(2, minutes_ago=3, kind="custom")
        self.watch()
        self.assertEqual(self.endpoint.health, "up")
        refuse(12)
        self.assertEqual((self.endpoint.health, self.system.health), ("down", "down"))
        self.assertTrue(self.endpoint.last_failure_at)

    def test_calls_of_an_exchange_count_once(self):
        """One failed call inside of an exchange is two failures, and a warning."""
        for kind in ("http_out", "custom"):
            self.seen(kind=kind, outcome="error", error_class="timeout")
        self.watch()
        self.assertEqual((self.endpoint.health, self.endpoint.failure_streak), ("unknown", 1))

    def test_the_future_says_nothing(self):
        """One line of a server whose clock was wrong keeps a dead partner green."""
        with freeze_time(self.now + timedelta(days=1)):
            self.seen(minutes_ago=-24 * 60)
        self.seen(5, outcome="error", error_class="timeout")
        self.watch()
        self.assertEqual(self.endpoint.health, "down")

    def test_the_watch_after_the_clock_was_set_back(self):
        """The clock was ahead for a moment, and nothing is watched until it is there again."""
        self.inbound.write({"silence_watch": "declared", "expected_every_minutes": 60})
        ahead = self.now + timedelta(days=25)
        self.inbound.silence_from = self.now - timedelta(hours=3)
        self.inbound.expected_by = ahead
        self.env.flush_all()
        self.env.cr.execute("UPDATE integration_health_mark SET watched_at = %s", [ahead])
        self.assertTrue(self.env["integration.health"]._watch_on(self.env.cr))
        self.env.invalidate_all()
        self.assertTrue(self.inbound.silent_since)
        self.assertFalse(self.env["integration.health"]._watch_on(self.env.cr))

    def test_documents_say_nothing(self):
        """A wrong postcode makes the carrier down."""
        for error_class in ("client", "business", "contract"):
            self.seen(9, outcome="error", error_class=error_class)
        self.watch()
        self.assertEqual(self.endpoint.health, "unknown")

    def test_share_and_recovery(self):
        """Every third call fails, and one good call paints it green."""
        self.seen(12)
        self.seen(8, outcome="error", error_class="server")
        self.watch()
        self.assertEqual(self.endpoint.health, "degraded")
        self.assertIn("8 of the 20", self.endpoint.health_reason)
        self.endpoint._note_outcome()
        self.assertEqual(self.endpoint.health, "degraded")
        self.now += timedelta(minutes=10)
        self.env["integration.metric"].sudo().search([("endpoint_id", "=", self.endpoint.id)])
        self.env.cr.execute(
            "UPDATE integration_metric SET bucket = bucket - interval '20 min'"
            " WHERE endpoint_id = %s AND level = 'minute'",
            [self.endpoint.id],
        )
        self.watch()
        self.assertFalse(self.endpoint.failing_share)
        self.endpoint._note_outcome()
        self.assertEqual(self.endpoint.health, "up")

    def test_own_calls_count_at_once(self):
        """The sweep overrules what a call said a second ago."""
        self.seen(6, minutes_ago=2, outcome="error", error_class="connect")
        self.endpoint._note_outcome()
        self.watch()
        self.assertEqual(self.endpoint.health, "up")
        for _number in range(5):
            self.endpoint._note_outcome(TransportError("Refused.", error_class="connect"))
        self.assertEqual(self.endpoint.health, "down")
        self.seen(1, minutes_ago=1)
        self.watch()
        self.assertEqual(self.endpoint.health, "down")

    def test_one_failure_is_no_reason(self):
        """A system that is up shows a reason in red."""
        self.endpoint._note_outcome()
        self.endpoint._note_outcome(TransportError("Refused.", error_class="connect"))
        self.assertEqual((self.endpoint.health, self.endpoint.health_reason), ("up", False))
        self.endpoint._note_outcome(TransportError("Refused.", error_class="connect"))
        self.assertEqual(self.endpoint.health, "degraded")
        self.assertEqual(self.system.health_reason, "Refused.")

    def test_no_call_for_days_is_unknown(self):
        """A system is up since last summer."""
        long_ago = self.now - timedelta(days=4)
        self.endpoint.write(
            {
                "health": "up",
                "health_since": long_ago,
                "last_success_at": long_ago,
                "last_failure_at": False,
            }
        )
        self.watch()
        self.assertEqual(self.endpoint.health, "unknown")
        self.assertIn("3 days", self.endpoint.health_reason)
        self.assertEqual(self.system.health, "unknown")

    def delivered(self, number, minutes_ago=1, **values):
        self.seen(
            number,
            minutes_ago,
            kind="webhook_in",
            direction="inbound",
            endpoint_id=None,
            flow_id=self.inbound.id,
            **values,
        )

    def test_systems_that_only_deliver(self):
        """A shop that only sends has no health."""
        self.outbound.unlink()
        self.endpoint.unlink()
        self.delivered(2, minutes_ago=120)
        self.watch()
        self.assertEqual(self.system.health, "up")
        self.delivered(3, outcome="refused", error_class="auth")
        self.watch()
        self.assertEqual(self.system.health, "degraded")
        self.assertIn("3 deliveries were refused", self.system.health_reason)
        self.delivered(1, minutes_ago=0)
        self.watch()
        self.assertEqual(self.system.health, "up")
        self.assertFalse(self.system.health_reason)

    def test_reason_follows(self):
        """The system shows the reason of yesterday's trouble."""
        self.endpoint._set_health("degraded", "first")
        since = self.endpoint.health_since
        self.endpoint._set_health("degraded", "second")
        self.assertEqual(self.endpoint.health_reason, "second")
        self.assertEqual(self.endpoint.health_since, since)

    def test_one_failing_look_does_not_blind_the_others(self):
        """One flow with a strange setting, and nothing is watched any more."""
        self.env.cr.execute(
            "UPDATE integration_flow SET silence_watch = 'learn', rhythm_at = now(),"
            " rhythm = '{\"rates\": 7}', expected_by = NULL, silence_from = '2020-01-01'"
            " WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        self.seen(3)
        with self.assertLogs("odoo.addons.integration_monitor.models.integration_health") as logs:
            self.watch()
        self.assertIn("_watch_silence", logs.output[0])
        self.assertEqual(self.system.health, "up")
