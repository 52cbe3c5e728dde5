import psycopg2

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.integration_subscription_fan_out import WAKE_KEY
from ..tools.notes import Notes
from .common_subscription import SubscriptionCase


@tagged("post_install", "-at_install")
class TestSubscription(SubscriptionCase):
    """Business events go to any number of subscribers, each at his own pace."""

    def test_without_subscribers_nothing_is_written(self):
        """Every order pays for events that nobody wants."""
        self._order()
        self.env.cr.flush()
        self.assertFalse(self.events())
        self.env["integration.subscription"]._subscribed()
        notes = Notes()
        notes.levels[self.company.id, self.warehouse.id].add(self.product.id)
        notes.prices.add(("product.product", self.product.id, None))
        with self.assertQueryCount(0):
            self.env["integration.event"]._publish(notes, [])

    def test_each_subscriber_gets_his_own(self):
        """The second subscriber gets nothing, or a share of the first one's."""
        subscribers = [self.subscriber() for _number in range(3)]
        other = self.subscriber("sale.confirmed")
        self.change_stock()
        self.assertEqual(len(self.events()), 1)
        self.fan_out()
        for subscription in subscribers:
            message = self.messages(subscription)
            self.assertEqual(message.mapped("res_id"), self.product.ids)
            self.assertEqual(message.event_uid, self.events().event_uid)
            self.assertEqual(subscription.cursor_id, self.events().id)
            self.assertEqual(subscription.behind_count, 0)
        self.assertFalse(self.messages(other))
        self.assertEqual(len(set(self.env["integration.message"].search(
            [("event_uid", "!=", False)]).mapped("idempotency_key"))), 3)  # fmt: skip

    def test_one_statement_however_many_subscribers(self):
        """A thousand changes cost their document five thousand messages."""
        for _number in range(5):
            self.subscriber()
        notes = Notes()
        notes.levels[self.company.id, self.warehouse.id].update(range(1, 1001))
        self.env["integration.subscription"]._subscribed()
        with self.assertQueryCount(1):
            # The job is enqueued before the commit, once for all who commit within two seconds.
            self.env.cr.precommit.data[WAKE_KEY] = True
            self.env["integration.event"]._publish(notes, [])
        self.assertEqual(len(self.events()), 1000)

    def test_one_job_for_all(self):
        """Each change of stock enqueues a job, and the queue is full of them."""
        self.subscriber()
        self.env.cr.flush()
        jobs = self.env["queue.job"].search([("method_name", "=", "_fan_out")])
        jobs.unlink()
        for _number in range(20):
            self.change_stock()
        jobs = self.env["queue.job"].search([("method_name", "=", "_fan_out")])
        self.assertIn(len(jobs), (1, 2), "the clock went on by at most one step")
        self.assertGreater(jobs[0].eta, self.env.cr.now().replace(microsecond=0))

    def test_events_of_documents(self):
        """Allocated, dispatched, invoiced: nobody is told."""
        codes = ("sale.confirmed", "picking.first.ready", "picking.out.done", "invoice.posted")
        subscription = self.subscriber(*codes)
        order = self._order().sudo()
        self.env.cr.flush()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking._action_done()
        self.env.cr.flush()
        found = {(event.event_code, event.res_model, event.res_id) for event in self.events()}
        self.assertEqual(
            found,
            {
                ("sale.confirmed", "sale.order", order.id),
                ("picking.first.ready", "stock.picking", picking.id),
                ("picking.out.done", "stock.picking", picking.id),
            },
        )
        self.assertEqual(set(self.events().mapped("warehouse_id")), {self.warehouse})
        self.assertEqual(
            set(self.events().mapped("correlation_id")), {order.integration_correlation_id}
        )
        self.fan_out()
        messages = self.messages(subscription)
        self.assertEqual(len(messages), 3)
        self.assertFalse(messages.transaction_id, "the order waits for no subscriber")

    def test_rolled_back(self):
        """A subscriber is told of an order that was never confirmed."""
        self.subscriber("sale.confirmed")
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._order()
            self.env.cr.flush()
            raise ZeroDivisionError
        self.assertFalse(self.events())

    def test_other_warehouses(self):
        """A shop is told of a warehouse that it does not sell from."""
        other = self.env["stock.warehouse"].create(
            {"name": "Other", "code": "OTH", "company_id": self.company.id}
        )
        picky = self.subscriber(warehouse_ids=[(6, 0, self.warehouse.ids)])
        everything = self.subscriber()
        self.change_stock()
        self.change_stock(warehouse=other)
        self.assertEqual(picky.behind_count, 1)
        self.fan_out()
        self.assertEqual(len(self.messages(picky)), 1)
        self.assertEqual(len(self.messages(everything)), 2)

    def test_condition(self):
        """The condition on documents is not judged, or stops the other subscribers."""
        picky = self.subscriber(document_domain="[('default_code', '=', 'IPOD2008RED')]")
        broken = self.subscriber(document_domain="[('default_code', '=', 'IPOD2008RED')]")
        self.env.cr.execute(
            "UPDATE integration_subscription SET document_domain = '[(' WHERE id = %s", [broken.id]
        )
        self.env.invalidate_all()
        self.change_stock(self.product | self.products["IPOD2008RED"])
        with self.assertLogs("odoo.addons.integration_monitor", "WARNING"):
            self.fan_out()
        self.assertEqual(self.messages(picky).res_id, self.products["IPOD2008RED"].id)
        self.assertFalse(self.messages(broken))
        exception = self.env["integration.exception"].search(
            [("dedupe_key", "=", f"subscription-fault:{broken.id}")]
        )
        self.assertEqual(exception.state, "open")
        broken.document_domain = False
        self.fan_out()
        self.assertEqual(len(self.messages(broken)), 2)
        self.assertEqual(exception.state, "resolved")

    def test_paused(self):
        """What happens while a subscriber is paused is lost."""
        subscription = self.subscriber()
        subscription.action_pause()
        self.change_stock()
        self.fan_out()
        self.assertFalse(self.messages(subscription))
        self.assertEqual(subscription.behind_count, 1)
        self.assertEqual(subscription.condition_state, "paused")
        subscription.action_resume()
        self.fan_out()
        self.assertEqual(len(self.messages(subscription)), 1)

    def test_where_it_begins(self):
        """A new subscriber is told nothing that happened, or everything."""
        first = self.subscriber()
        self.change_stock()
        self.env.cr.execute("UPDATE integration_event SET occurred_at = '2020-01-01'")
        self.change_stock(self.products["IPOD2008RED"])
        now = self.subscriber()
        past = self.subscriber(start_at="2019-12-31 00:00:00")
        self.assertEqual(now.start_at.year, self.env.cr.now().year)
        self.fan_out()
        self.assertEqual(len(self.messages(past)), 2)
        self.assertNotIn(self.product.id, self.messages(now).mapped("res_id"))
        self.assertEqual(self.messages(first).res_id, self.products["IPOD2008RED"].id)

    def test_what_cannot_work(self):
        """A subscription is saved that never delivers, or delivers twice."""
        flow = self.subscriber().flow_id
        trigger = self._make_flow(
            "integration.handler.event",
            "twice",
            direction="outbound",
            endpoint_id=self.endpoint.id,
            trigger_event="stock.changed",
        )
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.subscriber(flow=flow)
        for values, text in (
            ({"flow": self.release_flow}, "handler is"),
            ({"flow": self.flow}, "handler is"),
            ({"flow": trigger}, "told twice"),
            ({"event_type_ids": False}, "at least one event"),
            ({"document_domain": "[("}, "condition"),
            ({"document_domain": "[('nonsense', '=', 1)]"}, "condition"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, text),
                self.env.cr.savepoint(),
            ):
                self.subscriber(**values)
        with self.assertRaisesRegex(ValidationError, "different documents"):
            self.subscriber("sale.confirmed", "stock.changed", document_domain="[('id', '>', 0)]")

    def test_access(self):
        """An operator moves a cursor without a trace; a stranger reads who is told what."""
        subscription = self.subscriber()
        self.change_stock()
        users = {
            role: new_test_user(
                self.env,
                f"sub_{role}",
                groups=f"base.group_user,integration_monitor.group_{role}",
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for role in ("viewer", "operator", "administrator")
        }
        plain = new_test_user(self.env, "sub_plain", groups="base.group_user")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = new_test_user(
            self.env,
            "sub_else",
            groups="base.group_user,integration_monitor.group_administrator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        env = self.env(user=elsewhere, context={"allowed_company_ids": other.ids}, su=False)
        for record in (subscription.with_user(plain), subscription.with_env(env)):
            with self.assertRaises(AccessError):
                record.read(["name"])
        self.assertFalse(env["integration.subscription.lag"].search([]))
        self.assertFalse(env["integration.event"].search([]))
        viewer = subscription.with_user(users["viewer"])
        self.assertEqual(viewer.behind_count, 1)
        lag = self.env["integration.subscription.lag"].with_user(users["viewer"])
        self.assertEqual(lag.search([]).behind_count, 1)
        with self.assertRaises(AccessError):
            viewer.name = "Mine"
        with self.assertRaises(AccessError):
            viewer.action_pause()
        subscription.with_user(users["operator"]).action_pause()
        self.assertEqual(subscription.state, "paused")
        administrator = subscription.with_user(users["administrator"])
        administrator.name = "Renamed"
        for values in ({"cursor_id": 0}, {"start_at": "2020-01-01"}, {"state": "active"}):
            with self.assertRaises(AccessError):
                administrator.write(values)
        with self.assertRaises(AccessError):
            self.events()[0].with_user(users["administrator"]).event_code = "forged"
        with Form(subscription.with_user(users["administrator"])) as form:
            form.name = "By the form"
