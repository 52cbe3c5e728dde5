import time

from odoo.tests import TransactionCase, tagged

from .test_log_writer import real_cursor


@tagged("post_install", "-at_install")
class TestHealthLocks(TransactionCase):
    """One test a class: a transaction that has read the mark would keep others from locking it."""

    def test_a_locked_table_is_waited_for_briefly(self):
        """Somebody locks a table, and the question for the health is never answered."""
        with real_cursor(self.env.cr.dbname) as other:
            other.execute("SET LOCAL lock_timeout = '5s'")
            other.execute("LOCK TABLE integration_health_mark IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            with self.assertLogs("odoo.addons.integration_monitor.models", "WARNING"):
                self.env["integration.health"]._try_catch_up()
            self.assertLess(time.monotonic() - began, 10)
            # The request goes on: its transaction is as good as before.
            self.assertIn("parts", self.env["integration.health"]._evaluate())
            other.rollback()
