"""How exchanges are used: numbers as files give them, objects again, threads of one's own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from odoo.tests import tagged

from ..exchange import exchange
from ..instrumentation import log_writer
from ..tools import context
from ..tools.http_client import HttpResponse
from .common_exchange import ExchangeCase

ANSWER = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestExchangeUse(ExchangeCase):
    def test_totals_that_differ_are_a_failure(self):
        """Half a price list is booked, and the log says success."""

        def work():
            with exchange(self.env, "prices") as x:
                x.announced(100)
                x.received(100)
                x.applied(97)

        line = self.observed(work)
        self.assertEqual((line.outcome, line.error_class), ("error", "contract"))
        self.assertIn("97 of 100", line.error_message)

    def test_nonsense_breaks_nothing(self):
        """A partner's trailer without a number stops the import, or counts as a complete one."""

        class Odd:
            def __index__(self):
                raise RuntimeError("no number today")

        for number in ("many", -1, float("inf"), float("nan"), 2.5, 10**5000, [1], Odd()):
            with self.subTest(number):

                def work(number=number):
                    with exchange(self.env, "prices", host=object()) as x:
                        x.announced(None)
                        x.announced(number)
                        x.applied(1)
                        x.bytes(sent=number)
                        x.note(object(), object())

                line = self.observed(work)
                self.assertEqual((line.outcome, line.error_class), ("error", "contract"))
                self.assertIn("announced records cannot be read", line.error_message)
                self.assertLess(len(line.error_message), 120)
                self.assertIn("unreadable_bytes_sent", line.detail)

        # An exception says more than a number that cannot be read; both are kept.
        def fail():
            with self.assertRaises(TimeoutError), exchange(self.env, "prices") as x:
                x.applied("many")
                raise TimeoutError

        line = self.observed(fail)
        self.assertEqual(
            (line.error_class, line.detail), ("timeout", {"unreadable_applied": "'many'"})
        )

    def test_what_is_read_to_a_point_only(self):
        """Who stops reading a long file when he has seen enough is told of a failure."""

        def lines():
            with exchange(self.env, "prices", direction="sideways") as x:
                for number in range(9):
                    x.received(1)
                    yield number

        def work():
            reader = lines()
            next(reader)
            reader.close()

        line = self.observed(work)
        self.assertEqual((line.outcome, line.records_received), ("ok", 1))
        self.assertEqual(line.direction, "outbound")
        self.assertEqual(line.detail, {"unknown_direction": "sideways"})

    def test_numbers_as_files_give_them(self):
        """A batch of five, announced as text, of which three were booked, is complete."""
        for announced in ("5", Decimal("5.00"), 5.0, b"5"):

            def work(announced=announced):
                with exchange(self.env, "prices") as x:
                    x.announced(announced)
                    x.applied(3)

            line = self.observed(work)
            self.assertEqual((line.records_announced, line.records_applied), (5, 3), announced)
            self.assertIn("3 of 5", line.error_message)

    def test_an_object_that_is_used_again(self):
        """The second file has the records, the notes and the order of the first, too."""
        with log_writer.captured() as seen, log_writer.execution():
            x = exchange(self.env, "prices")
            for number, order in ((2, "order-1"), (1, "order-2")):
                with context.bound(correlation_id=order), x:
                    x.announced(number)
                    x.applied(number)
                    x.bytes(sent=number)
                    if number == 2:
                        x.note("file", "first.csv")
                        x.received("two")
        first, second = seen
        self.assertEqual(first.detail, {"file": "first.csv", "unreadable_received": "'two'"})
        self.assertEqual((second.outcome, second.detail), ("ok", None))
        self.assertEqual((second.records_announced, second.request_bytes), (1, 1))
        self.assertEqual((first.correlation_id, second.correlation_id), ("order-1", "order-2"))

    def test_in_a_thread_of_its_own(self):
        """What runs beside the request or the job leaves no line, and nobody counts it."""
        env = self.env

        def work(name):
            with exchange(env, name, endpoint="im_test_api"):
                pass

        work("warm up")  # the codes are known: a test's cursor belongs to its thread
        with log_writer.captured() as seen:
            thread = threading.Thread(target=work, args=("alone",))
            thread.start()
            thread.join(10)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(work, "in a pool").result(10)
                written = [line.operation for line in seen]
        self.assertEqual(written, ["alone", "in a pool"])

    def test_an_endpoints_call_in_a_thread(self):
        """A module calls its endpoint beside the request, and nobody sees the call."""
        with self.answers(ANSWER), log_writer.captured() as seen:
            thread = threading.Thread(target=self.endpoint._call, args=("GET", "/x"))
            thread.start()
            thread.join(10)
            self.assertEqual([line.path_template for line in seen], ["/x"])
