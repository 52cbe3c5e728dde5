# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import random
import threading
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..instrumentation import log_partitions
from .test_integration_metric import FLOW, MetricCase
from .test_log_writer import real_cursor


@tagged("post_install", "-at_install")
class TestConcurrentRollUp(MetricCase):
    """With real connections, as several workers and servers have them."""

    def setUp(self):
        super().setUp()
        self.dbname = self.env.cr.dbname
        self.addCleanup(self._remove_committed)

    def _remove_committed(self):
        with real_cursor(self.dbname) as cr:
            cr.execute("DELETE FROM integration_log_data WHERE flow_id = %s", (FLOW,))
            cr.execute("DELETE FROM integration_metric WHERE flow_id = %s", (FLOW,))
            cr.commit()

    def _roll(self):
        with real_cursor(self.dbname) as cr:
            done = self.Metric._roll_up_on(cr)
            cr.commit()
            return done

    def _counted(self):
        with real_cursor(self.dbname) as cr:
            cr.execute(
                "SELECT level, sum(count_total) FROM integration_metric WHERE flow_id = %s"
                " GROUP BY level",
                (FLOW,),
            )
            return dict(cr.fetchall())

    def test_a_slow_transaction_is_counted_when_it_commits(self):
        """Lines of a long job are lost: newer ones were counted before it committed."""
        with real_cursor(self.dbname) as slow, real_cursor(self.dbname) as quick:
            self._lines(2, cr=slow)
            self._lines(3, cr=quick)
            quick.commit()
            self.assertTrue(self._roll())
            self.assertEqual(self._counted()["lifetime"], 3)
            with real_cursor(self.dbname) as later:
                self._lines(1, cr=later)
                later.commit()
            self.assertTrue(self._roll())
            self.assertEqual(self._counted()["lifetime"], 4)
            slow.commit()
            self.assertTrue(self._roll())
        self.assertTrue(self._roll())
        self.assertEqual(self._counted(), {"minute": 6, "hour": 6, "lifetime": 6})

    def test_rolled_back_lines_are_never_counted(self):
        """Figures show calls that no line proves."""
        with real_cursor(self.dbname) as lost:
            self._lines(2, cr=lost)
            self._roll()
            lost.rollback()
        self._roll()
        self.assertEqual(self._counted(), {})

    def test_a_second_worker_steps_aside(self):
        """Two servers count the same lines, or wait for each other."""
        with real_cursor(self.dbname) as first:
            self._lines(1, cr=first)
            first.commit()
            self.assertTrue(self.Metric._roll_up_on(first))
            self.assertFalse(self._roll())
            first.commit()
        self.assertTrue(self._roll())
        self.assertEqual(self._counted()["lifetime"], 1)

    def test_many_writers_and_two_servers_agree_to_the_line(self):
        """Under load the figures drift away from the log."""
        writers, rounds = 4, 25
        stop = threading.Event()
        committed = []
        faults = []

        def write(seed):
            chance = random.Random(seed)
            try:
                with real_cursor(self.dbname) as cr:
                    for _ in range(rounds):
                        count = chance.randint(1, 4)
                        self._lines(count, cr=cr, duration_ms=chance.uniform(0, 100))
                        stop.wait(chance.uniform(0, 0.02))
                        if chance.random() < 0.2:
                            cr.rollback()
                        else:
                            cr.commit()
                            committed.append(count)
            except Exception as error:  # noqa: BLE001 - shown by the assertion below
                faults.append(error)

        def roll():
            while not stop.is_set():
                try:
                    self._safe_roll()
                except Exception as error:  # noqa: BLE001 - shown by the assertion below
                    faults.append(error)
                stop.wait(0.01)

        rollers = [threading.Thread(target=roll) for _ in range(2)]
        threads = [threading.Thread(target=write, args=(seed,)) for seed in range(writers)]
        for thread in rollers + threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        stop.set()
        for thread in rollers:
            thread.join(60)
        self.assertTrue(self._safe_roll())
        self.assertFalse(faults)
        total = sum(committed)
        self.assertEqual(self._counted(), {"minute": total, "hour": total, "lifetime": total})

    def _safe_roll(self):
        """The entry point itself, on cursors of its own."""
        return self.Metric._roll_up()

    def test_a_month_without_partition_made_by_two_writers(self):
        """Two workers make the same partition, and one of them loses its lines."""
        then = fields.Datetime.now().replace(day=1) - timedelta(days=320)
        leaf = log_partitions.leaf_name("audit", then)
        faults = []
        barrier = threading.Barrier(2)

        def write():
            try:
                with real_cursor(self.dbname) as cr:
                    barrier.wait(30)
                    self._lines(1, cr=cr, occurred_at=then, retention_class="audit")
                    cr.commit()
            except Exception as error:  # noqa: BLE001 - shown by the assertion below
                faults.append(error)

        threads = [threading.Thread(target=write) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with real_cursor(self.dbname) as cr:
            cr.execute("SELECT count(*) FROM integration_log_data WHERE flow_id = %s", (FLOW,))
            found = cr.fetchone()[0]
            cr.execute("DELETE FROM integration_log_data WHERE flow_id = %s", (FLOW,))
            cr.commit()
            cr.execute(f"ALTER TABLE integration_log_audit DETACH PARTITION {leaf}")
            cr.execute(f"DROP TABLE {leaf}")
            cr.commit()
        self.assertFalse(faults)
        self.assertEqual(found, 2)
