from odoo.tests import tagged

from ..exchange import exchange
from ..instrumentation import log_writer
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestBatch(IntegrationCase):
    """Control totals, from the block in somebody's code to the exception of a person."""

    def run_batch(self, announced, applied, *, batch=None, flow="im.test.orders", error=None):
        """One exchange, rolled back by its caller, and the roll-up of the next minute."""
        with self.enter_registry_test_mode(), log_writer.execution():
            try:
                with exchange(self.env, "price list", flow=flow, batch=batch) as x:
                    x.announced(announced)
                    x.applied(applied)
                    if error:
                        raise error
            except Exception as caught:
                self.assertIs(caught, error)
        self.env["integration.metric"]._roll_up_on(self.env.cr)

    def exceptions(self):
        return self.env["integration.exception"].search(
            [("flow_id", "=", self.inbound.id)], order="id"
        )

    def test_a_partial_batch_is_one_exception_until_it_is_complete(self):
        """Missing prices are nobody's; or the same batch opens an exception each night."""
        self.run_batch(100, 97)
        exception = self.exceptions()
        self.assertEqual(len(exception), 1)
        self.assertTrue(exception.is_open)
        self.assertEqual((exception.error_class, exception.category), ("contract", "partner"))
        self.assertIn("price list", exception.name)
        self.assertIn("97 of 100", exception.error_message)
        self.assertEqual(exception.user_id, self.users["operator"])
        self.assertTrue(exception.activity_ids)
        self.run_batch(100, 98)
        self.assertEqual(self.exceptions(), exception)
        self.assertEqual(exception.occurrence_count, 2)
        self.run_batch(100, 100)
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))

    def test_batches_are_told_apart(self):
        """Today's complete file closes the exception of yesterday's broken one."""
        self.run_batch(10, 5, batch="monday")
        self.run_batch(10, 10, batch="tuesday")
        self.assertEqual(self.exceptions().mapped("is_open"), [True])
        self.run_batch(10, 10, batch="monday")
        self.assertEqual(self.exceptions().mapped("is_open"), [False])

    def test_names_that_are_not_shown_whole(self):
        """A complete statement closes the exception of another account's incomplete one."""
        names = (
            "statement DE89 3704 0044 0532 0130 00",
            "statement GB82 WEST 1234 5698 7654 32",
            "orders-jane.doe@example.com.csv",
            "orders-john.roe@example.com.csv",
            "token=7f3a9c",
            "token=8b2d1e",
            f"{'folder/' * 80}a.csv",
            f"{'folder/' * 80}b.csv",
        )
        for name in names:
            self.run_batch(5, 3, batch=name)
        exceptions = self.exceptions()
        self.assertEqual(len(exceptions), len(names))
        self.run_batch(5, 5, batch=names[1])
        self.assertEqual([number for number, e in enumerate(exceptions) if not e.is_open], [1])
        for hidden in ("3704", "WEST", "jane", "7f3a9c"):
            self.assertNotIn(hidden, str(exceptions.read(["name", "dedupe_key"])))
        # One that was opened when names alone told batches apart.
        exceptions[0].dedupe_key = exceptions[0].dedupe_key.rpartition(":")[0]
        self.run_batch(5, 5, batch=names[0])
        self.assertFalse(exceptions[0].is_open)

    def test_many_at_once(self):
        """The first minute after an outage finds hundreds, and tells of two hundred."""
        with self.enter_registry_test_mode(), log_writer.execution():
            for number in range(205):
                with exchange(self.env, "prices", flow="im.test.orders", batch=str(number)) as x:
                    x.announced(2)
                    x.applied(1)
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        self.assertEqual(len(self.exceptions()), 205)

    def test_a_batch_that_broke_off_waits_for_a_person(self):
        """An import that stops in the middle opens nothing, because it raised."""
        self.run_batch(10, 4, error=TimeoutError("the line went dead"))
        exception = self.exceptions()
        self.assertEqual((exception.error_class, exception.category), ("timeout", "technical"))

    def test_without_a_flow_the_log_tells(self):
        """An exception without owner is opened, or nothing is seen at all."""
        before = self.env["integration.exception"].search_count([])
        self.run_batch(10, 9, flow=None)
        self.assertEqual(self.env["integration.exception"].search_count([]), before)
        line = self.env["integration.log"].search([("operation", "=", "price list")])
        self.assertEqual((line.outcome, line.error_class), ("error", "contract"))
        issue = self.env["integration.issue"].search([("fingerprint", "=", line.fingerprint)])
        self.assertEqual((issue.count, issue.category), (1, "partner"))

    def test_a_batch_and_its_line_are_one_issue(self):
        """The exception and the line of one batch make two issues."""
        self.run_batch(100, 97)
        self.run_batch(100, 42)
        exception = self.exceptions()
        issue = exception.issue_id
        self.assertEqual(issue.fingerprint, exception.fingerprint)
        self.assertEqual((issue.count, issue.open_exception_count), (2, 1))
        self.assertEqual(
            self.env["integration.issue"].search_count([("flow_id", "=", self.inbound.id)]), 1
        )
