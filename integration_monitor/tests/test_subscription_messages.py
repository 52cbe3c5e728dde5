from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_subscription import OK, SubscriptionCase


@tagged("post_install", "-at_install")
class TestSubscriptionMessages(SubscriptionCase):
    """Messages of one product are one while they wait; told again, they say so."""

    def test_coalesced_while_it_waits(self):
        """A hundred movements of a product are a hundred calls."""
        subscription = self.subscriber()
        for _change in range(3):
            self.change_stock()
            self.fan_out()
        self.change_stock()
        self.change_stock()
        self.fan_out()
        message = self.messages(subscription)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.event_uid, self.events()[-1].event_uid)
        self.assertEqual(subscription.cursor_id, self.events()[-1].id)

    def test_coalesced_while_it_waits_to_retry(self):
        """A subscriber that is down collects a message for each movement."""
        subscription = self.subscriber()
        self.change_stock()
        self.fan_out()
        message = self.messages(subscription)
        message.write({"state": "retry", "attempt_count": 2})
        self.change_stock(self.product | self.products["IPOD2008RED"])
        self.fan_out()
        self.assertEqual(len(self.messages(subscription)), 2)
        self.assertEqual((message.state, message.attempt_count), ("retry", 2))
        newest = self.events().filtered(lambda e: e.res_id == self.product.id)[-1]
        self.assertEqual(message.event_uid, newest.event_uid)

    def test_in_work(self):
        """A change during the call is taken for told."""
        subscription = self.subscriber()
        self.change_stock()
        self.fan_out()
        self.messages(subscription).state = "processing"
        self.change_stock()
        self.fan_out()
        self.assertEqual(
            sorted(self.messages(subscription).mapped("state")), ["pending", "processing"]
        )

    def test_while_a_person_tells_it(self):
        """A person tells the old level by telephone, and the newer one is never told."""
        subscription = self.subscriber()
        subscription.flow_id.fallback = "manual"
        self.change_stock()
        self.fan_out()
        by_hand = self.messages(subscription)
        by_hand.write(by_hand._by_hand_values())
        by_hand._ask_by_hand()
        told = by_hand.event_uid
        self.change_stock()
        self.fan_out()
        newer = self.messages(subscription) - by_hand
        self.assertEqual((newer.state, by_hand.event_uid), ("pending", told))
        by_hand._settle_by_hand("By telephone", False, fields.Datetime.now())
        self.assertEqual((by_hand.state, newer.state), ("done", "pending"))
        self.assertEqual(newer.event_uid, self.events()[-1].event_uid)
        # Given back it is refreshed again, as what waits for its next attempt.
        newer.write(newer._by_hand_values())
        newer._ask_by_hand()
        newer.action_send_after_all()
        self.change_stock()
        self.fan_out()
        self.assertEqual(newer.event_uid, self.events()[-1].event_uid)
        self.assertEqual(len(self.messages(subscription)), 2)

    def test_not_coalesced(self):
        """A subscriber who wants each change gets the last one only."""
        subscription = self.subscriber(coalesce=False)
        for _change in range(2):
            self.change_stock()
        self.fan_out()
        self.assertEqual(len(self.messages(subscription)), 2)

    def test_many_events_in_batches(self):
        """What is more than a batch stays behind."""
        subscription = self.subscriber()
        # What an event is about is looked at when it is sent.
        self.change_stock(self.env["product.product"].browse(range(1, 1501)))
        self.fan_out()
        self.assertEqual(len(self.messages(subscription)), 1500)
        self.assertEqual(subscription.waiting_count, 1500)

    def test_ordering_and_holds(self):
        """Settings of the flow do not count for its events."""
        subscription = self.subscriber("sale.confirmed")
        subscription.flow_id.write({"ordering": True, "priority": 3})
        subscription.flow_id.action_pause()
        order = self._order()
        self.env.cr.flush()
        self.fan_out()
        message = self.messages(subscription)
        self.assertEqual(message.ordering_key, f"sale.order,{order.id}")
        self.assertEqual((message.priority, message.hold_reason), (3, "paused"))

    def test_a_changed_order_is_not_confirmed_again(self):
        """A new date of a confirmed order is told as another confirmation."""
        subscription = self.subscriber("sale.confirmed", "sale.cancelled")
        order = self._order()
        self.env.cr.flush()
        for values in ({"commitment_date": "2030-01-01"}, {"user_id": False}):
            order.write(values)
            self.env.cr.flush()
        self.fan_out()
        self.assertEqual(self.messages(subscription).mapped("event_code"), ["sale.confirmed"])
        order._action_cancel()
        self.env.cr.flush()
        self.fan_out()
        self.assertEqual(self.messages(subscription)[1:].mapped("event_code"), ["sale.cancelled"])

    def rewind(self, subscription, user="operator", **values):
        """Ask for a replay of events by the wizard, as that user."""
        user = new_test_user(
            self.env,
            f"rewind_{user}_{len(self.env['res.users'].search([]))}",
            groups=f"base.group_user,integration_monitor.group_{user}",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        wizard = self.env["integration.subscription.rewind.wizard"].with_user(user)
        wizard = wizard.create(
            {
                "subscription_id": subscription.id,
                "reason": "They lost them",
                "since": fields.Datetime.now() - timedelta(hours=1),
                **values,
            }
        )
        wizard.action_replay()
        return wizard

    def told(self, subscription):
        """Let what waits be delivered."""
        self.fan_out()
        messages = self.messages(subscription)
        messages.write({"state": "done", "done_at": fields.Datetime.now()})
        return messages

    def test_a_key_stands_for_one_content(self):
        """A partner refuses what is told again: with a key that he knows comes something else."""
        subscription = self.subscriber("sale.confirmed")
        order = self._order()
        self.env.cr.flush()
        self.fan_out()
        with self.answers(OK) as requests:
            self.drain(subscription.flow_id)
            self.rewind(subscription)
            self.fan_out()
            self.drain(subscription.flow_id)
            order.client_order_ref = "Changed"
            self.rewind(subscription)
            self.fan_out()
            self.drain(subscription.flow_id)
        first, same, other = ((r["headers"]["Idempotency-Key"], r["body"]) for r in requests)
        self.assertEqual(first, same)
        self.assertNotIn("X-Repetition", requests[0]["headers"])
        self.assertEqual(requests[1]["headers"]["X-Repetition"], "true")
        self.assertNotEqual(first[1], other[1])
        self.assertNotEqual(first[0], other[0])

    def test_rewind(self):
        """The replay of one subscriber tells the others again, too, or looks like news."""
        subscription = self.subscriber(coalesce=False)
        other = self.subscriber()
        self.change_stock()
        self.change_stock(self.products["IPOD2008RED"])
        first = self.told(subscription)
        self.told(other)
        self.rewind(subscription)
        self.assertEqual(subscription.behind_count, 2)
        self.assertEqual(other.behind_count, 0)
        self.change_stock(self.products["IPOD2008BLACK"])
        self.fan_out()
        again = self.messages(subscription) - first
        repeated = again.filtered("repetition")
        self.assertEqual(repeated.mapped("event_uid"), first.mapped("event_uid"))
        self.assertEqual(repeated.mapped("idempotency_key"), first.mapped("idempotency_key"))
        self.assertGreater(min(repeated.mapped("priority")), (again - repeated).priority)
        self.assertEqual((again - repeated).res_id, self.products["IPOD2008BLACK"].id)
        self.assertEqual(len(self.messages(other)), 3)
        self.assertFalse(self.messages(other).filtered("repetition"))
        row = subscription.rewind_ids
        self.assertEqual((row.event_count, row.message_count, row.reason), (2, 2, "They lost them"))
        with self.assertRaises(UserError):
            row.reason = "Nothing to see"
        with self.assertRaises(UserError):
            row.unlink()

    def test_rewind_with_new_keys(self):
        """A partner who must take it again answers from his memory."""
        subscription = self.subscriber(coalesce=False)
        self.change_stock()
        first = self.told(subscription)
        self.rewind(subscription, new_key=True, mode="event", event_id=self.events().id)
        self.fan_out()
        again = self.messages(subscription) - first
        self.assertEqual(again.event_uid, first.event_uid)
        self.assertNotEqual(again.idempotency_key, first.idempotency_key)

    def test_rewind_is_bounded(self):
        """Somebody sends a million messages by accident, or nothing and wonders."""
        subscription = self.subscriber()
        for product in self.products.values():
            self.change_stock(product)
        self.told(subscription)
        wizard = self.env["integration.subscription.rewind.wizard"].new(
            {"subscription_id": subscription.id, "since": "2020-01-01"}
        )
        self.assertEqual((wizard.event_count, wizard.message_count), (4, 4))
        self.env["ir.config_parameter"].set_param("integration_monitor.replay_max_count", "3")
        with self.assertRaisesRegex(UserError, "4 messages"):
            self.rewind(subscription)
        params = self.env["ir.config_parameter"]
        params.set_param("integration_monitor.replay_max_count", "100")
        params.set_param("integration_monitor.replay_approval_count", "3")
        self.rewind(subscription)
        self.assertEqual(subscription.rewind_request_ids.mapped("state"), ["asked"])
        with self.assertRaisesRegex(UserError, "Nothing that"):
            self.rewind(subscription, since=fields.Datetime.now() + timedelta(hours=1))
        with self.assertRaisesRegex(UserError, "Say why"):
            self.rewind(subscription, reason="x")
        with self.assertRaises(AccessError):
            self.rewind(subscription, user="viewer")
        self.assertFalse(subscription.rewind_ids)
        self.assertEqual(subscription.behind_count, 0)

    def test_replay_of_messages(self):
        """A replayed dead letter is news to the subscriber, or another event."""
        subscription = self.subscriber()
        self.change_stock()
        self.fan_out()
        message = self.messages(subscription)
        message.write({"state": "dead"})
        copy = message.browse(message._replay("replay:1").values())
        self.assertEqual(copy.event_uid, message.event_uid)
        self.assertEqual(copy.event_scope, message.event_scope)
        self.assertTrue(copy.repetition)
        payload = self.payload(copy)
        request = copy.flow_id._handler()._request(copy, payload)
        self.assertEqual(request["headers"]["X-Repetition"], "true")
        # With the same key, the content that goes out is that of the message.
        self.assertNotIn("body", request)
        self.assertEqual(payload["id"], message.event_uid)
