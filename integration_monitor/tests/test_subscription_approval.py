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
        return subscription.rewind_request_ids.with_user(self.users[user])[:1]

    def test_second_person(self):
        """One administrator alone has everything told again."""
        subscription = self.told()
        cursor = subscription.cursor_id
        for user in ("first", "asker"):
            request = self.ask(subscription, user)
            self.assertEqual((request.state, subscription.cursor_id), ("asked", cursor))
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
