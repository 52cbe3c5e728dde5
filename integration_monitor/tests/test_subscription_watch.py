from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common_subscription import SubscriptionCase


@tagged("post_install", "-at_install")
class TestSubscriptionWatch(SubscriptionCase):
    """Who falls behind is told of once; nobody's unread events vanish without a word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.subscription = cls.subscriber(start_at="2000-01-01 00:00:00")

    def age(self, **ago):
        """Let every event, and every message about one, be so old."""
        self.env.cr.flush()
        moment = self.now - timedelta(**ago)
        self.env.cr.execute("UPDATE integration_event SET occurred_at = %s", [moment])
        self.env.cr.execute(
            "UPDATE integration_message SET occurred_at = %s WHERE event_uid IS NOT NULL", [moment]
        )
        self.env.invalidate_all()

    def watch(self, what="lag"):
        """Look. :return: the exceptions about the subscription, whatever became of them"""
        self.env["integration.subscription"]._watch_lag(self.now)
        key = f"subscription-{what}:{self.subscription.id}"
        return self.env["integration.exception"].search([("dedupe_key", "=", key)])

    def test_late_and_caught_up(self):
        """A dead subscriber is not told of, or each minute again."""
        self.change_stock()
        self.age(minutes=10)
        self.assertFalse(self.watch(), "fifteen minutes are tolerated")
        self.age(minutes=20)
        exception = self.watch()
        self.assertEqual(exception.state, "open")
        self.assertIn("20 minutes", exception.error_message)
        self.assertEqual(self.subscription.condition_state, "late")
        self.assertEqual(self.subscription.lag_minutes, 20)
        self.assertEqual(self.watch().occurrence_count, 1)
        self.fan_out()
        self.age(minutes=20)
        self.assertEqual(self.watch().state, "open", "a message that waits is not delivered")
        self.messages(self.subscription).write({"state": "done", "done_at": self.now})
        self.assertEqual(self.watch().state, "resolved")
        self.assertEqual(self.subscription.condition_state, "current")
        self.assertEqual(self.subscription.last_stock_push_at, self.now)
        self.assertFalse(self.subscription.last_price_push_at)

    def test_ignored(self):
        """What a person ignored comes back each minute, or never."""
        self.change_stock()
        self.age(minutes=20)
        self.watch().action_ignore()
        self.assertEqual(self.watch().mapped("state"), ["ignored"])
        self.watch().resolved_at = self.now - timedelta(days=2)
        self.assertEqual(set(self.watch().mapped("state")), {"ignored", "open"})

    def test_on_purpose(self):
        """Who paused a subscriber is told that he is behind."""
        self.change_stock()
        self.age(minutes=20)
        self.subscription.action_pause()
        self.assertFalse(self.watch())
        self.subscription.action_resume()
        self.subscription.flow_id.action_pause()
        self.assertFalse(self.watch())

    def test_dead_letters(self):
        """A dead letter hides behind good figures."""
        self.change_stock()
        self.fan_out()
        self.messages(self.subscription).state = "dead"
        self.assertEqual((self.subscription.dead_count, self.subscription.waiting_count), (1, 0))
        self.assertEqual(self.subscription.condition_state, "failing")
        action = self.subscription.action_open_dead()
        found = self.env["integration.message"].search(action["domain"])
        self.assertEqual(found, self.messages(self.subscription))
        self.assertFalse(self.env["integration.event"].search(
            self.subscription.action_open_behind()["domain"]))  # fmt: skip

    def test_statements_do_not_grow(self):
        """The watch asks for each subscriber by himself."""
        for _number in range(5):
            self.subscriber()
        self.change_stock()
        self.watch()
        with self.assertQueryCount(6):
            self.env["integration.subscription"]._watch_lag(self.now)

    def test_health_watch_and_sweep(self):
        """Nothing ever looks, and an event whose job was lost waits for ever."""
        self.change_stock()
        self.age(minutes=20)
        self.env["queue.job"].search([("method_name", "=", "_fan_out")]).unlink()
        self.env["integration.message"]._sweep()
        self.env.cr.flush()
        self.assertTrue(self.env["queue.job"].search([("method_name", "=", "_fan_out")]))
        self.env.cr.execute("UPDATE integration_health_mark SET watched_at = '1970-01-01'")
        self.env["integration.health"]._watch_on(self.env.cr)
        key = f"subscription-lag:{self.subscription.id}"
        self.assertTrue(self.env["integration.exception"].search([("dedupe_key", "=", key)]))

    def collect(self):
        """Delete old events. :return: how many are left"""
        self.env["integration.event"]._gc_events()
        return len(self.events())

    def test_old_events_are_deleted(self):
        """Events stay for ever, or go before somebody read them."""
        self.change_stock()
        self.age(days=40)
        self.assertEqual(self.collect(), 1, "an active subscriber has not read it")
        self.fan_out()
        self.age(days=29)
        self.assertEqual(self.collect(), 1, "it is not old enough")
        self.age(days=40)
        self.assertEqual(self.collect(), 0)

    def test_paused_for_too_long(self):
        """Unread events are deleted, and nobody was told."""
        self.change_stock()
        self.subscription.action_pause()
        self.age(days=6)
        self.assertFalse(self.watch("backlog"))
        self.age(days=40)
        self.assertEqual(self.collect(), 1, "nobody was told")
        exception = self.watch("backlog")
        self.assertIn("Resume the subscription", exception.error_message)
        self.assertEqual(self.collect(), 1, "a person needs a day to act")
        exception.opened_at = self.now - timedelta(days=2)
        self.env.flush_all()
        self.assertEqual(self.collect(), 1, "told before the pause, when nothing would be deleted")
        self.subscription.paused_at = self.now - timedelta(days=40)
        self.env.flush_all()
        self.assertEqual(self.collect(), 0)
        self.assertEqual(self.watch("backlog").state, "resolved")

    def test_archived_and_deleted(self):
        """An exception about a subscriber that is gone stays open, and his events are kept."""
        self.change_stock()
        self.age(days=40)
        exception = self.watch("backlog")
        self.subscription.active = False
        self.assertEqual(self.collect(), 0)
        self.subscription.unlink()
        self.assertEqual(exception.state, "resolved")
        self.change_stock()
        self.assertFalse(self.events())

    def test_settings(self):
        """Events are deleted before anybody is told."""
        settings = self.env["res.config.settings"]
        for told, kept in ((0, 30), (30, 30), (31, 30), (7, 2_000_000_000)):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                settings.create(
                    {
                        "integration_event_backlog_days": told,
                        "integration_event_retention_days": kept,
                    }
                )

    def test_copy_is_paused(self):
        """A copy of the database tells subscribers of what never happened."""
        self.change_stock()
        self.env.flush_all()
        for query in get_neutralization_queries(["integration_monitor"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(self.subscription.state, "paused")
        self.fan_out()
        self.assertFalse(self.messages(self.subscription))
