from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_subscription import SubscriptionCase


@tagged("post_install", "-at_install")
class TestSubscriptionApproval(SubscriptionCase):
    """Above a number of messages a second person agrees to what a subscriber is told again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("integration_monitor.replay_approval_count", "1")
        roles = {
            "first": "administrator",
            "second": "administrator",
            "asker": "operator",
            "viewer": "viewer",
        }
        cls.users = {
            name: new_test_user(
                cls.env,
                f"im_{name}",
                groups=f"base.group_user,integration_monitor.group_{role}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, role in roles.items()
        }

    def told(self):
        """:return: a subscription that was told of all products"""
        subscription = self.subscriber(coalesce=False)
        for product in self.products.values():
            self.change_stock(product)
        self.fan_out()
        return subscription

    def ask(self, subscription, user):
        """Ask for everything again. :return: the request that waits, for that user"""
        wizard = (
            self.env["integration.subscription.rewind.wizard"]
            .with_user(self.users[user])
            .create(
                {
                    "subscription_id": subscription.id,
                    "since": "2020-01-01",
                    "reason": "They lost them",
                }
            )
        )
        self.assertTrue(wizard.needs_approval)
        wizard.action_replay()
        requests = subscription.rewind_request_ids.sorted("id")
        return requests[-1:].with_user(self.users[user])

    def test_second_person(self):
        """One administrator alone has everything told again."""
        subscription = self.told()
        cursor = subscription.cursor_id
        for user in ("first", "asker"):
            request = self.ask(subscription, user)
            self.assertEqual((request.state, subscription.cursor_id), ("asked", cursor))
            told = self.env["mail.message"].search(
                [("model", "=", subscription._name), ("body", "ilike", "They lost them")], limit=1
            )
            self.assertIn(self.users["second"].partner_id, told.notified_partner_ids)
            self.assertNotIn(self.users[user].partner_id, told.notified_partner_ids)
            self.assertFalse(request.can_approve)
            with self.subTest(user=user), self.assertRaises(AccessError):
                request.action_approve()
        self.assertFalse(subscription.rewind_ids)
        entitled = request.with_user(self.users["second"])
        self.assertTrue(entitled.can_approve)
        entitled.action_approve()
        self.assertEqual((request.state, request.approver_id), ("approved", self.users["second"]))
        self.assertLess(subscription.cursor_id, cursor)
        row = subscription.rewind_ids
        self.assertEqual((row.login, row.approver_id), ("im_asker", self.users["second"]))
        self.assertEqual((row.reason, row.message_count), ("They lost them", len(self.products)))
        with self.assertRaisesRegex(UserError, "does not wait"):
            entitled.action_approve()

    def test_no_more_than_was_approved(self):
        """Four messages were approved, and what happened meanwhile goes out with them."""
        subscription = self.told()
        first = self.messages(subscription)
        request = self.ask(subscription, "asker")
        other = self.ask(subscription, "asker")
        for product in self.products.values():
            self.change_stock(product)
        self.fan_out()
        second = self.messages(subscription) - first
        self.change_stock()
        request.with_user(self.users["second"]).action_approve()
        row = subscription.rewind_ids
        self.assertEqual(row.message_count, request.message_count)
        self.assertEqual(subscription.behind_count, request.message_count + 1)
        # What this one has yet to tell is not lost.
        with self.assertRaisesRegex(UserError, "being told again"):
            other.with_user(self.users["second"]).action_approve()
        self.fan_out()
        again = self.messages(subscription) - first - second
        repeated = again.filtered("repetition")
        self.assertEqual(sorted(repeated.mapped("event_uid")), sorted(first.mapped("event_uid")))
        self.assertEqual((again - repeated).event_uid, self.events()[-1].event_uid)
        self.assertEqual(subscription.behind_count, 0)
        # The next one tells all again.
        request = self.ask(subscription, "asker")
        self.assertEqual(request.message_count, len(first | second) + 1)
        request.with_user(self.users["second"]).action_approve()
        self.fan_out()
        self.assertEqual(len(self.messages(subscription) - first - second - again), 9)

    def test_the_subscription_grew(self):
        """Messages were approved one by product, and each event is one when they go out."""
        subscription = self.told()
        self.change_stock()
        self.fan_out()
        subscription.coalesce = True
        request = self.ask(subscription, "asker")
        subscription.coalesce = False
        with self.assertRaisesRegex(UserError, "ask again"):
            request.with_user(self.users["second"]).action_approve()
        self.assertFalse(subscription.rewind_ids)

    def test_withdrawn(self):
        """What nobody wants any more is approved a month later."""
        subscription = self.told()
        request = self.ask(subscription, "asker")
        with self.assertRaises(AccessError):
            request.with_user(self.users["viewer"]).action_withdraw()
        request.action_withdraw()
        self.assertEqual(request.state, "withdrawn")
        with self.assertRaisesRegex(UserError, "does not wait"):
            request.with_user(self.users["second"]).action_approve()
        self.assertFalse(subscription.rewind_ids)

    def test_nobody_forges_one(self):
        """An administrator makes a request of somebody else, and approves it."""
        subscription = self.told()
        request = self.ask(subscription, "first")
        mine = request.with_user(self.users["first"])
        with self.assertRaises(AccessError):
            mine.write({"user_id": self.users["second"].id})
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            mine.create({"subscription_id": subscription.id, "reason": "Forged"})

    def test_asker_lost_his_role(self):
        """Somebody who left has everything told again."""
        subscription = self.told()
        request = self.ask(subscription, "asker")
        self.users["asker"].group_ids -= self.env.ref("integration_monitor.group_operator")
        with self.assertRaises(AccessError):
            request.with_user(self.users["second"]).action_approve()
        self.assertFalse(subscription.rewind_ids)
