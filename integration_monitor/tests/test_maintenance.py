from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.errors import TransportError
from .test_endpoint_breaker import OK, START, BreakerCase


@tagged("post_install", "-at_install")
class TestMaintenance(BreakerCase):
    def window(self, span=(-1, 1), user=None, **values):
        """:return: a window that began and ends so many hours from now"""
        now = fields.Datetime.now()
        return (
            self.env["integration.maintenance"]
            .with_user(user or self.env.user)
            .create(
                {
                    "name": "Backup",
                    "system_id": self.system.id,
                    "date_from": now + timedelta(hours=span[0]),
                    "date_to": now + timedelta(hours=span[1]),
                    **values,
                }
            )
        )

    def test_messages_wait_and_drain(self):
        """The partner works on his system, and every message knocks at the door."""
        with freeze_time(START) as clock:
            before = self.emit()
            self.window(user=self.users["operator"])
            self.assertEqual(before.hold_reason, "maintenance")
            after = self.emit()
            self.assertEqual(after.hold_reason, "maintenance")
            with self.answers(OK) as requests:
                self.drain(self.outbound)
                self.assertFalse(requests)
                clock.tick(timedelta(minutes=61))
                self.drain(self.outbound)
            self.assertEqual((before + after).mapped("state"), ["done"] * 2)
            self.assertEqual((before + after).mapped("attempt_count"), [1, 1])

    def test_job_comes_at_its_end(self):
        """After the maintenance nothing moves until somebody sends something."""
        with freeze_time(START):
            window = self.window()
            self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
            self.emit()
            self.env.cr.precommit.run()
            jobs = self.env["queue.job"].search([("method_name", "=", "_drain")])
            self.assertEqual(jobs.mapped("eta"), [window.date_to])

    def test_it_begins_by_itself(self):
        """A window that was planned yesterday opens when somebody saves it again."""
        with freeze_time(START) as clock:
            self.window(span=(1, 2))
            message = self.emit()
            self.assertFalse(message.held)
            clock.tick(timedelta(minutes=70))
            self.assertTrue(self.endpoint.in_maintenance)
            with self.answers(OK) as requests:
                self.drain(self.outbound)
            self.assertFalse(requests)
            self.assertEqual(message.hold_reason, "maintenance")
            found = self.env["integration.endpoint"].search([("in_maintenance", "=", True)])
            self.assertIn(self.endpoint, found)

    def test_weekly_windows_follow_each_other(self):
        """A weekly maintenance is heeded once."""
        with freeze_time(START) as clock:  # a Monday
            self.window(repeat="weekly", monday=True, start_hour=11.5, hours=1, tz="Europe/Berlin")
            sweep = self.env["integration.message"]._sweep
            self.assertEqual(str(self.endpoint.maintenance_from), "2026-05-04 09:30:00")
            self.assertTrue(self.endpoint.in_maintenance)
            clock.tick(timedelta(minutes=31))
            sweep()
            self.assertFalse(self.endpoint.in_maintenance)
            self.assertEqual(str(self.endpoint.maintenance_from), "2026-05-11 09:30:00")
            self.assertEqual(str(self.endpoint.maintenance_ended_at), "2026-05-04 10:30:00")

    def test_one_endpoint_only(self):
        """One of two APIs is in maintenance, and both stop."""
        other = self.env["integration.endpoint"].create(
            {**self._endpoint_values(), "code": "im_other"}
        )
        self.window(endpoint_id=other.id)
        self.assertTrue(other.in_maintenance)
        self.assertFalse(self.endpoint.in_maintenance)
        self.assertFalse(self.system.in_maintenance)

    def test_new_endpoint_follows_its_system(self):
        """An endpoint that is added meanwhile calls into the maintenance."""
        self.window()
        other = self.env["integration.endpoint"].create(
            {**self._endpoint_values(), "code": "im_other"}
        )
        self.assertTrue(other.in_maintenance)

    def test_no_outage(self):
        """Everybody is called at night because of an announced maintenance."""
        self.window()
        for _turn in range(6):
            self.endpoint._note_outcome(TransportError("down"))
        self.assertNotIn(self.endpoint.health, ("down", "degraded"))
        self.system._set_health("down", "x")
        self.assertNotEqual(self.system.health, "down")
        self.endpoint._set_health("up")
        self.assertEqual(self.endpoint.health, "up")

    def test_no_silence(self):
        """The orders that a shop in maintenance does not send open an exception."""
        with freeze_time(START) as clock:
            self.inbound.write({"silence_watch": "declared", "expected_every_minutes": 30})
            flow = self.env["integration.flow"]
            moment = fields.Datetime.now()
            self.env.flush_all()
            row = (self.inbound.id, moment - timedelta(days=1), True)
            self.env.cr.execute(
                "UPDATE integration_flow SET silence_from = %s, expected_by = %s WHERE id = %s",
                (row[1], moment, self.inbound.id),
            )
            found = {item[0]: item for item in flow._silence_candidates(moment)}
            self.assertTrue(found[self.inbound.id][2])
            self.window(span=(-1, 0.5))
            found = {item[0]: item for item in flow._silence_candidates(moment)}
            self.assertFalse(found[self.inbound.id][2])
            clock.tick(timedelta(minutes=31))
            self.env["integration.message"]._sweep()
            found = {item[0]: item for item in flow._silence_candidates(fields.Datetime.now())}
            _flow, last, watched = found[self.inbound.id]
            self.assertTrue(watched)
            self.assertEqual(last, self.system.maintenance_ended_at, "it counts from the end")

    def test_end_now(self):
        """The partner is ready early, and everything waits until midnight."""
        message = self.emit()
        window = self.window()
        self.assertTrue(message.held)
        window.with_user(self.users["operator"]).action_end_now()
        self.assertFalse(self.endpoint.in_maintenance)
        self.assertFalse(message.held)
        window.unlink()
        self.assertFalse(self.endpoint.maintenance_reason)

    def test_times_that_make_no_sense(self):
        """A maintenance that ends before it begins protects nobody."""
        for values in (
            {"date_to": False},
            {"date_to": "2001-01-01 00:00:00"},
            {"repeat": "weekly"},
            {"repeat": "weekly", "monday": True, "hours": 0},
            {"repeat": "weekly", "monday": True, "hours": 200},
            {"repeat": "weekly", "monday": True, "start_hour": 24},
            {"repeat": "weekly", "monday": True, "start_hour": 23.995},
            {"repeat": "weekly", "monday": True, "tz": False},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.window(**values)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.window(system_id=False)

    def test_who_may_plan(self):
        """Whoever may look may stop the shop for a week; or plan for other companies."""
        with self.assertRaises(AccessError):
            self.window(user=self.users["viewer"])
        window = self.window()
        window.system_id.sudo().company_id = self.other_company()
        window.invalidate_recordset()
        seen = self.env["integration.maintenance"].with_user(self.users["operator"])
        self.assertNotIn(window, seen.search([]))
