import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_replay import ReplayCase


@tagged("post_install", "-at_install")
class TestReplayControl(ReplayCase):
    """Who may have what replayed, and what is kept of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "integration_monitor.group_operator,integration_monitor.group_replay_approver"
        cls.users["approver"] = new_test_user(cls.env, "im_approver", groups=groups)
        cls.env["ir.config_parameter"].set_param("integration_monitor.replay_approval_count", "1")

    def rpc(self, user, model, method, *args):
        """Call a method over RPC."""
        return call_kw(self.env(user=self.users[user], su=False)[model], method, list(args), {})

    def test_clock_was_ahead(self):
        """The next slice comes in a year."""
        replay = self.plan(self.done(1), rate=6)
        replay.action_start()
        replay.sudo().next_slice_at = "2099-01-01"
        replay.sudo()._wake_lost()
        self.assertLess(replay.next_slice_at.year, 2099)

    def test_second_person(self):
        """One person alone replays everything."""
        replay = self.plan(self.done(2))
        self.assertTrue(replay.needs_approval)
        replay.action_start()
        self.assertEqual(replay.state, "approval")
        self.assertFalse(self.slices(replay))
        for user in ("operator", "viewer"):
            with self.subTest(user=user), self.assertRaises(AccessError):
                replay.with_user(self.users[user]).action_approve()
        replay.with_user(self.users["approver"]).action_approve()
        self.assertEqual((replay.state, replay.approver_id), ("running", self.users["approver"]))
        self.assertEqual(len(self.slices(replay)), 1)
        with self.assertRaisesRegex(UserError, "does not wait"):
            replay.with_user(self.users["approver"]).action_approve()

    def test_second_person_is_told(self):
        """It waits for days, for nobody who may approve it knows."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "im_stranger",
            groups="integration_monitor.group_replay_approver",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        replay = self.plan(self.done(2), user="approver")
        other = new_test_user(
            self.env, "im_second", groups="integration_monitor.group_replay_approver"
        )
        replay.action_start()
        told = self.env["mail.message"].search(
            [("model", "=", replay._name), ("res_id", "=", replay.id)]
        )
        self.assertIn(other.partner_id, told.notified_partner_ids)
        self.assertNotIn(self.users["approver"].partner_id, told.notified_partner_ids)
        self.assertNotIn(stranger.partner_id, told.notified_partner_ids)
        self.assertIn(replay.reason, told.body)
        self.assertIn(replay.name, told.subject)

    def test_nobody_approves_his_own(self):
        """An approver, even an administrator, approves what he asked for himself."""
        messages = self.done(2)
        for user in ("approver", "administrator"):
            replay = self.plan(messages, user=user)
            replay.action_start()
            with self.subTest(user=user), self.assertRaisesRegex(AccessError, "second person"):
                replay.action_approve()
            replay.action_cancel()

    def test_few_need_no_second_person(self):
        """One message waits for a colleague who is on leave."""
        replay = self.plan(self.done())
        replay.action_start()
        self.assertEqual(replay.state, "running")

    def test_override(self):
        """Refusals are overridden by anybody, or without a reason."""
        message = self.refused()
        message.with_user(self.users["operator"]).action_cancel()
        replay = self.plan(message)
        self.assertEqual(replay.replay_count, 0)
        with self.assertRaises(AccessError):
            replay._override("The customer asked for it by phone")
        entitled = replay.with_user(self.users["administrator"])
        for reason in (False, "  ", "because"):
            with self.subTest(reason=reason), self.assertRaisesRegex(UserError, "sentence"):
                entitled._override(reason)
        entitled._override("The customer asked for it by phone")
        self.assertEqual(replay.replay_count, 1)
        replay.action_check_again()
        self.assertEqual(replay.replay_count, 1)
        replay.action_start()
        self.run_slice(replay)
        self.assertTrue(message.replay_ids)
        event = replay.event_ids.filtered(lambda e: e.action == "overridden")
        self.assertEqual(event.user_id, self.users["administrator"])
        self.assertEqual(event.detail, "The customer asked for it by phone")

    def test_what_cannot_be_overridden(self):
        """Somebody overrides that the content is gone."""
        self.inbound.payload_policy = "drop"
        message, _created = self.receive({"n": 1})
        self.drain(self.inbound)
        replay = self.plan(message).with_user(self.users["administrator"])
        with self.assertRaisesRegex(UserError, "can be overridden"):
            replay._override("The customer asked for it by phone")

    def test_audit_trail(self):
        """Nobody can tell afterwards who replayed what."""
        replay = self.plan(self.done(2))
        replay.action_start()
        replay.with_user(self.users["approver"]).action_approve()
        self.run_slice(replay)
        self.drain(self.inbound)
        self.settle(replay)
        self.assertEqual(
            [(e.action, e.login, e.count) for e in replay.event_ids.sorted("id")],
            [
                ("checked", "im_operator", 2),
                ("asked", "im_operator", 2),
                ("approved", "im_approver", 2),
                ("started", "im_approver", 2),
                ("slice", "im_operator", 2),
                ("done", "im_operator", 2),
            ],
        )

    def test_audit_is_not_forged(self):
        """An administrator edits or deletes the audit trail over RPC."""
        replay = self.plan(self.done())
        records = {
            "integration.replay": replay,
            "integration.replay.line": replay.line_ids,
            "integration.replay.event": replay.event_ids,
        }
        values = {
            "integration.replay": {"reason": "Another"},
            "integration.replay.line": {"verdict": "skip"},
            "integration.replay.event": {"login": "somebody"},
        }
        for model, found in records.items():
            for user in ("operator", "approver", "administrator"):
                with self.subTest(model=model, user=user):
                    with self.assertRaises(UserError):
                        self.rpc(user, model, "write", found.ids, values[model])
                    with self.assertRaises(UserError):
                        self.rpc(user, model, "unlink", found.ids)
                    with self.assertRaises(UserError):
                        self.rpc(user, model, "create", [values[model]])
            with self.assertRaises(UserError, msg=model):
                found.sudo().unlink()
        with self.assertRaises(UserError):
            replay.event_ids.sudo().write({"login": "somebody"})

    @mute_logger("odoo.sql_db")
    def test_database_keeps_the_audit_trail(self):
        """A statement past the ORM rewrites history."""
        replay = self.plan(self.done())
        self.env.flush_all()
        for query in (
            "UPDATE integration_replay_event SET login = 'x' WHERE replay_id = %s",
            "DELETE FROM integration_replay_event WHERE replay_id = %s",
        ):
            with (
                self.subTest(query=query),
                self.assertRaisesRegex(psycopg2.Error, "neither changed nor deleted"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, (replay.id,))

    def test_private_methods(self):
        """The guard is passed by over RPC."""
        replay = self.plan(self.done(2))
        for method in ("_begin", "_override", "_run_slice", "_hand_over"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self.rpc("administrator", "integration.replay", method, replay.ids)

    def test_other_company(self):
        """Messages of another company are replayed."""
        message = self.done()
        message.company_id = self.other_company()
        self.env.flush_all()
        with self.assertRaises(UserError):
            self.plan(message)
