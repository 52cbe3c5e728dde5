"""What tells the state of the moment is replayed: each attempt tells the state of its own."""

from psycopg2 import errors as pg_errors

from odoo.tests import tagged

from .common import IntegrationCase
from .common_subscription import SubscriptionCase
from .test_endpoint_breaker import BUSY, OK, BreakerCase


class LevelMixin:
    """A handler that tells a level, which changes between two attempts."""

    level = 9

    def told(self, *answers, flow):
        """Let the lane run. :return: (levels that were sent, their idempotency keys)"""

        def prepare(handler, message):
            return {"level": self.level}

        with IntegrationCase.handler(self, flow, _prepare=prepare), self.answers(*answers) as calls:
            self.drain(flow)
        self.env.invalidate_all()
        levels = [bytes(call["body"]).decode() for call in calls]
        return levels, [call["headers"]["Idempotency-Key"] for call in calls]

    def check_retried(self, message, flow):
        """Let the first attempt fail and the level change. The retry tells the new one."""
        self.level = 5
        levels, [key] = self.told(BUSY, flow=flow)
        self.assertEqual((levels, message.state), (['{"level": 5}'], "retry"))
        self.due_now(message)
        levels, [same] = self.told(BUSY, flow=flow)
        self.assertEqual((levels, same), (['{"level": 5}'], key))
        self.level = 3
        self.due_now(message)
        levels, [other] = self.told(OK, flow=flow)
        self.assertEqual((levels, message.state), (['{"level": 3}'], "done"))
        self.assertNotEqual(other, key, "Other content is another call")
        self.assertLess(len(other), 70)


@tagged("post_install", "-at_install")
class TestReplayState(LevelMixin, BreakerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.coalesce = True
        cls.partner = cls.env["res.partner"].create({"name": "Level"})

    def test_a_copy_tells_the_level_of_its_attempt(self):
        """A replay waits to be retried, and brings a level back that is long gone."""
        original = self.outbound._emit(self.partner)
        self.told(OK, flow=self.outbound)
        copy = original.browse(original._replay("one").values())
        self.assertTrue(copy.built_anew)
        self.check_retried(copy, self.outbound)

    def test_one_that_met_another_transaction(self):
        """Two transactions told of one product, and the second message keeps what it told first."""
        query, failed = type(self.outbound)._outbound_query, []

        def conflicts(flow, rows):
            if not failed:
                failed.append(True)
                raise Conflict()
            return query(flow, rows)

        self.patch(type(self.outbound), "_outbound_query", conflicts)
        message = self.outbound._emit(self.partner)
        self.assertFalse(message.coalesce_key)
        self.check_retried(message, self.outbound)


class Conflict(pg_errors.SerializationFailure):
    """What PostgreSQL says when another transaction put a message for the same key."""

    pgcode = "40001"


@tagged("post_install", "-at_install")
class TestReplayEventState(LevelMixin, SubscriptionCase):
    due_now = IntegrationCase.due_now

    def copied(self, subscription):
        """Tell a subscriber of an event. :return: its replay, which waits"""
        self.change_stock()
        self.fan_out()
        original = self.messages(subscription)
        self.told(OK, flow=subscription.flow_id)
        return original.browse(original._replay("one").values())

    def test_a_copy_of_an_event(self):
        """A subscriber is told again of a level, by a retry that comes after the newest one."""
        subscription = self.subscriber()
        flow = subscription.flow_id
        copy = self.copied(subscription)
        self.check_retried(copy, flow)

    def test_a_copy_of_a_fact(self):
        """What an event told once is another thing with each attempt."""
        subscription = self.subscriber(coalesce=False)
        flow = subscription.flow_id
        copy = self.copied(subscription)
        levels, keys = self.told(BUSY, flow=flow)
        self.level = 3
        self.due_now(copy)
        self.assertEqual(self.told(OK, flow=flow), (levels, keys))
