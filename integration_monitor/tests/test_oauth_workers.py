"""Several workers share one token; connections of their own, as in production."""

# What is committed here is removed by the clean-up.
# pylint: disable=invalid-commit
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

from odoo import SUPERUSER_ID, api
from odoo.sql_db import connection_info_for
from odoo.tests import tagged

from ..models.integration_credential_oauth import RENEWAL_LOCK
from ..tools.errors import AuthError, TimeoutError_
from ..tools.observation import utcnow
from .common import IntegrationCase
from .common_partner import SECRET, PartnerMixin
from .test_log_writer import real_cursor

WORKERS = 6
# Another worker in the middle of a renewal, as PostgreSQL sees it.
HOLDER = """
import json, sys, psycopg2
connection = psycopg2.connect(**json.loads(sys.argv[1]))
cursor = connection.cursor()
cursor.execute("SELECT pg_advisory_lock(%s, %s)", (int(sys.argv[2]), int(sys.argv[3])))
connection.commit()
print("locked", flush=True)
sys.stdin.read()
"""


@tagged("post_install", "-at_install")
class TestOAuthWorkers(PartnerMixin, IntegrationCase):
    def setUp(self):
        super().setUp()
        self.dbname = self.env.cr.dbname
        with real_cursor(self.dbname) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            system = env["integration.system"].create(
                {"name": "Workers", "code": "oauth_workers", "environment": "test"}
            )
            endpoint = env["integration.endpoint"].create(
                {
                    "name": "Workers",
                    "code": "oauth_workers",
                    "system_id": system.id,
                    "allowed_networks": "127.0.0.0/8",
                    **self.oauth_values(),
                }
            )
            credential = self.sign_up(endpoint)
            self.made = (endpoint.id, credential.id, system.id)
            cr.commit()
        self.addCleanup(self._remove_committed)

    def _remove_committed(self):
        endpoint, credential, system = self.made
        with real_cursor(self.dbname) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["integration.credential"].browse(credential).unlink()
            env["integration.endpoint"].browse(endpoint).unlink()
            env["integration.system"].browse(system).unlink()
            cr.commit()

    def row(self, statement):
        """Change the token, committed."""
        with real_cursor(self.dbname) as cr:
            cr.execute(
                f"UPDATE integration_credential_token SET {statement} WHERE credential_id = %s",
                (self.made[1],),
            )
            cr.commit()

    def worker(self, refused=None):
        """:return: a function that gets a token as a worker does, on a connection of its own

        Made in the test's thread, which holds the lock of the registries while tests run.
        """
        cr = self.enterContext(real_cursor(self.dbname))
        credential = api.Environment(cr, SUPERUSER_ID, {})["integration.credential"]
        credential = credential.browse(self.made[1])

        def ask():
            try:
                return credential._access_token(refused)
            finally:
                cr.rollback()

        return ask

    def ask(self):
        """:return: a token, as a worker gets it"""
        return self.worker()()

    def ask_together(self, refused=None):
        """:return: what several workers got that asked at the same time"""
        got, start = [], threading.Barrier(WORKERS)

        def work(ask):
            start.wait(30)
            try:
                got.append(ask())
            except Exception as error:  # noqa: BLE001 - shown by the assertion
                got.append(error)

        threads = [
            threading.Thread(target=work, args=(self.worker(refused),), daemon=True)
            for _ in range(WORKERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return got

    def test_the_first_token_is_got_once(self):
        """After a restart each worker asks for a token of its own."""
        self.assertEqual(self.ask_together(), ["token-1-of-the-partner"] * WORKERS)
        self.assertEqual(len(self.partner.token_calls), 1)

    def test_a_refused_token_is_replaced_once(self):
        """All workers see the 401 and renew in turn, each withdrawing the other's token."""
        token = self.ask()
        self.partner.withdraw()
        self.assertEqual(self.ask_together(token), ["token-2-of-the-partner"] * WORKERS)
        self.assertEqual(len(self.partner.token_calls), 2)

    def test_a_refused_client_is_not_presented_again(self):
        """A thousand messages present the wrong secret, and the partner locks us out."""
        self.partner.secret = "changed"
        for _worker in range(3):
            with self.assertRaisesRegex(AuthError, "client secret"):
                self.ask()
        self.assertEqual(len(self.partner.token_calls), 1)
        self.row("refused_at = now() AT TIME ZONE 'UTC' - interval '2 min'")
        self.partner.secret = SECRET
        self.assertEqual(self.ask(), "token-2-of-the-partner")

    def test_nobody_waits_for_a_renewal_ahead_of_time(self):
        """Each hour all calls stand still while one worker renews."""
        self.ask()
        self.row("renew_at = now() AT TIME ZONE 'UTC' - interval '1 s'")
        self.partner.gate.clear()
        renewing = threading.Thread(target=self.worker(), daemon=True)
        renewing.start()
        self.addCleanup(renewing.join, 30)
        self.addCleanup(self.partner.gate.set)
        end = utcnow() + timedelta(seconds=30)
        while len(self.partner.token_calls) < 2 and utcnow() < end:
            threading.Event().wait(0.01)
        self.assertEqual(self.ask(), "token-1-of-the-partner")
        self.assertEqual(len(self.partner.token_calls), 2)
        self.partner.gate.set()
        renewing.join(30)
        self.assertEqual(self.ask(), "token-2-of-the-partner")

    def renewing_elsewhere(self):
        """:return: another process, in the middle of a renewal"""
        _name, info = connection_info_for(self.dbname)
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, json.dumps(info), str(RENEWAL_LOCK), str(self.made[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), b"locked\n")
        return holder

    def test_a_worker_that_hangs_holds_the_others_for_a_while_only(self):
        """One worker that hangs while it renews holds all the others for ever."""
        self.renewing_elsewhere()
        with real_cursor(self.dbname) as cr:
            cr.execute(
                "UPDATE integration_endpoint SET deadline_seconds = 0.1 WHERE id = %s",
                (self.made[0],),
            )
            cr.commit()
        with self.assertRaisesRegex(TimeoutError_, "Another worker") as caught:
            self.ask()
        self.assertTrue(caught.exception.retryable)

    def test_a_dead_worker_frees_the_renewal(self):
        """A worker that is killed while it renews locks everybody out of the partner."""
        holder = self.renewing_elsewhere()
        got = []
        ask = self.worker()
        waiting = threading.Thread(target=lambda: got.append(ask()), daemon=True)
        waiting.start()
        self._wait_blocked()
        self.assertFalse(self.partner.token_calls)
        os.kill(holder.pid, signal.SIGKILL)
        waiting.join(30)
        self.assertEqual(got, ["token-1-of-the-partner"])

    def _wait_blocked(self):
        """Wait until somebody waits for the renewal."""
        end = utcnow() + timedelta(seconds=30)
        with real_cursor(self.dbname) as cr:
            while utcnow() < end:
                cr.execute(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                    " AND classid = %s AND objid = %s",
                    (RENEWAL_LOCK, self.made[1]),
                )
                if cr.fetchone():
                    return
                cr.rollback()
                threading.Event().wait(0.02)
        self.fail("nobody waits")
