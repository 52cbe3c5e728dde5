from odoo.fields import Datetime
from odoo.tests import tagged

from odoo.addons.queue_job.job import Job

from ..tools.errors import TransportError
from .common_stock_level import LEVELS, StockLevelCase, answer


@tagged("post_install", "-at_install")
class TestStockLevel(StockLevelCase):
    """Nobody sees that a shop sells what is not there, because its level never arrived."""

    def test_one_run(self):
        """Goods come in, the shop is told, the run is over."""
        self.change()
        run = self.runs()
        self.assertEqual(len(run), 1)
        self.assertEqual(run.process_id.code, "inventory_synchronisation")
        self.assertEqual(run.name, "LAMP-1 → Test shop")
        self.assertEqual(run.message_ids, self.messages())
        self.assertEqual(run.correlation_id, self.messages().correlation_id)
        self.assertEqual(self.states(run), {"changed": "reached", "sent": "pending"})
        self.assertEqual((run.state, run.waits_for_step_id.code), ("in_progress", "sent"))
        self.assertEqual((run.cause, run.waits_on), ("message_pending", "Test shop"))
        self.assertEqual((run.promised_at - run.started_at).total_seconds(), 15 * 60)
        self.assertEqual(run.due_at, run.promised_at)
        self.assertEqual(run.stock_product_id, self.product)
        self.assertFalse(run.stock_level)
        with self.answers(answer()):
            self.drain(self.levels)
        run.invalidate_recordset()
        self.assertEqual(self.states(run), {"changed": "reached", "sent": "reached"})
        self.assertEqual((run.state, run.cause), ("completed", "none"))
        self.assertTrue(run.completed_at)
        self.assertEqual((run.stock_level, run.stock_channel), ("5", "Test shop"))
        self.assertIn("knows this level", run.banner)

    def test_found_by_product(self):
        """Who asks for transactions without a product gets those with one, or none at all."""
        self.change()
        run, order = self.runs(), self.other_transaction()
        every, product = run | order, self.product.id
        for domain, found in (
            ([("stock_product_id", "=", product)], run),
            ([("stock_product_id", "!=", product)], order),
            ([("stock_product_id", "in", [product])], run),
            ([("stock_product_id", "not in", [product])], order),
            ([("stock_product_id", "=", False)], order),
            ([("stock_product_id", "!=", False)], run),
            ([("stock_product_id", "in", [False])], order),
            ([("stock_product_id", "in", [False, product])], every),
            ([("stock_product_id", "not in", [False])], run),
            ([("stock_product_id", "not in", [False, product])], every.browse()),
            ([("stock_product_id", "ilike", self.product.name)], run),
            ([("stock_product_id", "not ilike", self.product.name)], order),
            ([("stock_product_id.name", "=", self.product.name)], run),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(every.search([("id", "in", every.ids), *domain]), found)

    def other_transaction(self):
        """:return: a transaction that no stock level is on its way by"""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.user.partner_id.id,
                "order_line": [(0, 0, {"product_id": self.product.id})],
            }
        )
        order.action_confirm()
        self.env.cr.flush()
        return order.integration_transaction_ids

    def test_coalesced(self):
        """What changes three times while it waits is one run, with the newest level."""
        for _time in range(3):
            self.change()
        run = self.runs()
        self.assertEqual((len(run), len(self.messages())), (1, 1))
        with self.answers(answer()):
            self.drain(self.levels)
        run.invalidate_recordset()
        self.assertEqual((run.state, run.stock_level), ("completed", "15"))
        self.change()
        self.assertEqual(self.runs().mapped("state"), ["completed", "in_progress"])

    def test_shop_is_down_and_comes_back(self):
        """The reason and the shop are named; the next success completes the run."""
        self.levels.retry_policy_id = self.env.ref("integration_monitor.retry_policy_critical")
        self.change()
        run = self.runs()
        with self.answers(TransportError("no route", error_class="connect")):
            self.drain(self.levels)
        run.invalidate_recordset()
        self.assertEqual((run.state, run.cause), ("in_progress", "message_failed"))
        self.assertEqual(run.waits_on_system_id, self.system)
        self.assertEqual(run.status, "warning")
        self.assertIn("Test shop cannot be reached", run.reason)
        self.due_now(self.messages())
        with self.answers(answer()):
            self.drain(self.levels)
        run.invalidate_recordset()
        self.assertEqual((run.state, self.states(run)["sent"]), ("completed", "reached"))

    def test_newer_level_makes_up_for_a_failed_one(self):
        """A run whose message died is over when the next level arrives: nobody sends it again."""
        self.change()
        with self.answers(answer(422)):
            self.drain(self.levels)
        failed = self.runs()
        self.assertEqual(self.messages().state, "dead")
        self.assertEqual((failed.status, failed.cause), ("stuck", "message_failed"))
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        runs = self.runs()
        self.assertEqual(runs[-1].state, "completed")
        self.assertEqual(failed.state, "cancelled")
        self.assertIn("not sent any more", failed.banner)

    def test_given_up(self):
        """Somebody ignores the failure: the run does not wait for ever."""
        self.change()
        with self.answers(answer(422)):
            self.drain(self.levels)
        self.messages().exception_ids.action_ignore()
        self.assertEqual(self.runs().state, "cancelled")

    def test_cancelled(self):
        self.change()
        self.messages().with_user(self.users["operator"]).action_cancel()
        run = self.runs()
        self.assertEqual((run.state, run.cause), ("cancelled", "none"))

    def test_product_that_the_shop_cannot_know(self):
        """There is nothing to send of a product without a reference and without a mapping."""
        unknown = self.new_product(False)
        self.change(products=unknown)
        with self.answers(answer()) as requests:
            self.drain(self.levels)
        self.assertFalse(requests)
        self.assertEqual(self.runs(unknown).state, "cancelled")

    def test_replay(self):
        """A level that is sent again belongs to the run that it repeats."""
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        run = self.runs()
        copies = self.messages()._replay("replay:test")
        copy = self.env["integration.message"].browse(copies.values())
        self.assertEqual(copy.transaction_id, run)
        with self.answers(answer()):
            self.drain(self.levels)
        self.assertEqual(self.runs(), run)
        self.assertEqual(run.state, "completed")
        self.assertEqual(run.message_count, 2)

    def test_confirmed_later(self):
        """The shop takes the level, and says later that it shows it."""
        self.levels.ack_minutes = 30
        self.change()
        run = self.runs()
        with self.answers(answer(202)):
            self.drain(self.levels)
        run.invalidate_recordset()
        self.assertEqual(run.waits_for_step_id.code, "acknowledged")
        self.assertEqual(run.cause, "acknowledgement")
        self.messages()._confirm()
        run.invalidate_recordset()
        self.assertEqual(self.states(run)["acknowledged"], "reached")
        self.assertEqual(run.state, "completed")

    def test_turned_down(self):
        """What the shop refuses afterwards waits for a person, and ends with his verdict."""
        self.levels.ack_minutes = 30
        self.change()
        with self.answers(answer(202)):
            self.drain(self.levels)
        self.messages()._turn_down(self.system, "no such article")
        run = self.runs()
        self.assertEqual((run.state, run.waits_on_system_id), ("in_progress", self.system))
        self.messages().exception_ids.action_ignore()
        self.assertEqual(self.runs().state, "cancelled")

    def test_checked_by_the_channel(self):
        """A channel that compares its levels reports the step by its code."""
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        run = self.runs()
        self.env["integration.milestone"]._record(
            [{"correlation_id": run.correlation_id, "step_code": "checked"}]
        )
        run.invalidate_recordset()
        self.assertEqual(self.states(run)["checked"], "reached")
        self.assertEqual(run.state, "completed")

    def check_levels(self):
        """Run the daily comparison and the jobs that it leaves."""
        # Scheduled actions run as superuser.
        self.env["integration.outcome"].sudo()._compare_levels(self.levels, Datetime.now())
        jobs = self.env["queue.job"].sudo().search([("method_name", "=", "_record_checked")])
        for job in jobs.filtered(lambda job: job.state == "pending"):
            Job.load(self.env, job.uuid).perform()
            job.state = "done"

    def test_checked_by_the_daily_comparison(self):
        """The comparison finds the level equal, and the run says for ever that nobody looked."""
        drifted = self.new_product("LAMP-2")
        self.change(products=self.product | drifted)
        with self.answers(answer()):
            self.drain(self.levels)
        first, other = self.runs(), self.runs(drifted)
        # Somebody counts without telling: the channel's level is not ours any more.
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = quantity - 1 WHERE product_id = %s", [drifted.id]
        )
        self.env.invalidate_all()
        self.check_levels()
        self.assertEqual(self.states(first)["checked"], "reached")
        self.assertEqual(first.state, "completed")
        self.assertNotIn("checked", self.states(other))
        [checked] = first.milestone_ids.filtered(lambda m: m.step_id.code == "checked")
        reached_at = checked.reached_at
        self.check_levels()
        self.assertEqual(checked.reached_at, reached_at)
        self.assertFalse(
            self.env["queue.job"].sudo().search(
                [("method_name", "=", "_record_checked"), ("state", "=", "pending")]
            )
        )  # fmt: skip

    def test_checked_is_the_newest_run(self):
        """A level that was replaced by another was never compared; nor is what is not confirmed."""
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        former, newest = self.runs()
        self.check_levels()
        self.assertEqual(self.states(newest)["checked"], "reached")
        self.assertNotIn("checked", self.states(former))
        self.levels.ack_minutes = 30
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        waiting = self.runs()[-1]
        self.assertEqual(waiting.state, "in_progress")
        self.check_levels()
        self.assertNotIn("checked", self.states(waiting))

    def test_two_channels(self):
        """Each channel has runs of its own: one that fails holds up no other."""
        market = self.env["integration.system"].create(
            {**self._system_values(), "name": "Test market", "code": "im_test_market"}
        )
        other = self.level_flow("im.test.market", market)
        self.change()
        with self.answers(answer()):
            self.drain(self.levels)
        self.assertEqual(self.runs().state, "completed")
        run = self.runs(flow=other)
        self.assertEqual((run.state, run.waits_on), ("in_progress", "Test market"))
        self.assertNotEqual(run.correlation_id, self.runs().correlation_id)

    def test_paused(self):
        """A person stopped the flow: that is why nothing arrives."""
        self.levels.action_pause()
        self.change()
        self.assertEqual(self.runs().cause, "paused")
        self.levels.action_resume()
        self.assertEqual(self.runs().cause, "message_pending")

    def test_other_handlers_have_no_runs(self):
        self.levels.handler = "integration.handler.noop"
        self.change()
        self.assertTrue(self.messages())
        self.assertFalse(self.runs())
        self.levels.handler = LEVELS
