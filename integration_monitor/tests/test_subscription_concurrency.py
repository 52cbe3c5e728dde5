# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
from odoo import SUPERUSER_ID, Command, api
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .test_log_writer import real_cursor

CODE = "im_real_subscriber"


@tagged("post_install", "-at_install")
class TestSubscriptionConcurrency(TransactionCase):
    """Events become visible in the order of commits; none is passed by."""

    def setUp(self):
        super().setUp()
        self.dbname = self.env.cr.dbname
        self.addCleanup(self.registry.clear_cache)
        self.addCleanup(self._remove_committed)
        with self.committed() as env:
            system = env["integration.system"].create(
                {"name": CODE, "code": CODE, "environment": "test"}
            )
            endpoint = env["integration.endpoint"].create(
                {
                    "name": CODE,
                    "code": CODE,
                    "system_id": system.id,
                    "base_url": "http://127.0.0.1:9",
                }
            )
            flow = env["integration.flow"].create(
                {
                    "name": CODE,
                    "code": CODE,
                    "system_id": system.id,
                    "endpoint_id": endpoint.id,
                    "direction": "outbound",
                    "handler": "integration.handler.event",
                    "message_type": "event",
                }
            )
            subscription = env["integration.subscription"].create(
                {
                    "name": CODE,
                    "flow_id": flow.id,
                    "coalesce": False,
                    "event_type_ids": [
                        Command.link(env.ref("integration_monitor.event_type_stock_changed").id)
                    ],
                }
            )
            self.ids = (subscription.id, flow.id)

    def committed(self):
        """A connection of its own, whose work is committed in the end."""
        return Committed(self.dbname)

    def _remove_committed(self):
        with self.committed() as env:
            env.cr.execute("DELETE FROM integration_event WHERE company_id IS NULL")
            env.cr.execute("DELETE FROM queue_job WHERE model_name LIKE 'integration.%'")
            system = env["integration.system"].search([("code", "=", CODE)])
            flow = env["integration.flow"].search([("code", "=", CODE)])
            env["integration.subscription"].search([("name", "=", CODE)]).unlink()
            env.cr.execute("DELETE FROM integration_message WHERE flow_id = %s", [flow.id])
            account = flow.service_user_id
            partner = account.partner_id
            flow.unlink()
            env["integration.endpoint"].search([("code", "=", CODE)]).unlink()
            system.unlink()
            account.unlink()
            partner.unlink()

    def publish(self, cr, product_id):
        """Write one event. :return: its id"""
        event = api.Environment(cr, SUPERUSER_ID, {})["integration.event"]
        source = SQL(
            "SELECT 'stock.changed', 'product.product', %s, NULL::int, NULL::int, NULL::int,"
            " NULL::text",
            product_id,
        )
        return event._insert(source)[0]

    def fan_out(self):
        with self.committed() as env:
            env["integration.subscription"]._fan_out()

    def told(self):
        """:return: ids of the products that the subscriber was told of, in this order"""
        with self.committed() as env:
            env.cr.execute(
                "SELECT res_id FROM integration_message WHERE flow_id = %s ORDER BY id",
                [self.ids[1]],
            )
            return [row[0] for row in env.cr.fetchall()]

    def test_a_slow_transaction_is_told_when_it_commits(self):
        """The event of a long transaction is lost: newer ones were told before it committed."""
        with real_cursor(self.dbname) as slow, real_cursor(self.dbname) as quick:
            first = self.publish(slow, 1)
            second = self.publish(quick, 2)
            self.assertLess(first, second)
            quick.commit()
            self.fan_out()
            self.assertEqual(self.told(), [], "what comes later must wait for what came before")
            slow.commit()
            self.fan_out()
            self.assertEqual(self.told(), [1, 2])

    def test_a_transaction_that_is_rolled_back(self):
        """An event that never happened stops the others for ever."""
        with real_cursor(self.dbname) as slow, real_cursor(self.dbname) as quick:
            self.publish(slow, 1)
            self.publish(quick, 2)
            quick.commit()
            slow.rollback()
            self.fan_out()
        self.assertEqual(self.told(), [2])

    def test_a_transaction_about_something_else(self):
        """A long import, in whatever database of the server, stops all subscribers."""
        with real_cursor(self.dbname) as slow, real_cursor(self.dbname) as quick:
            slow.execute("SELECT pg_current_xact_id()")
            self.publish(quick, 2)
            quick.commit()
            self.fan_out()
            self.assertEqual(self.told(), [2])

    def test_one_that_began_before_and_writes_after(self):
        """Transactions that are older than the cursor write events behind it."""
        with real_cursor(self.dbname) as old, real_cursor(self.dbname) as quick:
            old.execute("SELECT pg_current_xact_id()")
            self.publish(quick, 1)
            quick.commit()
            self.fan_out()
            self.publish(old, 2)
            old.commit()
            self.fan_out()
        self.assertEqual(self.told(), [1, 2])

    def test_it_comes_back_for_what_it_had_to_leave(self):
        """An event waits until something else happens."""
        with real_cursor(self.dbname) as slow:
            self.publish(slow, 1)
            with self.committed() as env:
                env.cr.execute("DELETE FROM queue_job WHERE method_name = '_fan_out'")
            self.fan_out()
            with self.committed() as env:
                jobs = env["queue.job"].search([("method_name", "=", "_fan_out")])
                self.assertEqual(len(jobs), 1)

    def test_one_at_a_time(self):
        """Two workers tell a subscriber everything twice."""
        with real_cursor(self.dbname) as cr:
            self.publish(cr, 1)
            cr.commit()
            other = api.Environment(cr, SUPERUSER_ID, {})["integration.subscription"]
            self.assertTrue(other._lock_fan_out())
            self.fan_out()
            self.assertEqual(self.told(), [])
            other._unlock_fan_out()
        self.fan_out()
        self.fan_out()
        self.assertEqual(self.told(), [1])


class Committed:
    """``with Committed(dbname) as env``: work on a real connection, committed in the end."""

    def __init__(self, dbname):
        self.cursor = real_cursor(dbname)

    def __enter__(self):
        self.cr = self.cursor.__enter__()
        return api.Environment(self.cr, SUPERUSER_ID, {})

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.cr.commit()
        return self.cursor.__exit__(kind, error, trace)
