# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
import contextlib
import os
import signal
import subprocess
import sys
import threading

from psycopg2 import OperationalError, errorcodes

from odoo import api, fields
from odoo.tests import BaseCase, tagged
from odoo.tools import config, mute_logger

from ..models.integration_flow_lane import LEASE_LOCK
from ..tools.flow_control import Rate
from .test_log_writer import real_cursor

# Takes a lease as a worker does and says so; then it hangs, as with a partner that does not answer.
HOLDER = """
import sys, time
from odoo.sql_db import db_connect
from odoo.tools import config
config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--logfile", sys.argv[5]])
cr = db_connect(sys.argv[2]).cursor()
cr.execute("SELECT pg_try_advisory_lock(%s, %s)", (int(sys.argv[3]), int(sys.argv[4])))
print(cr.fetchone()[0], flush=True)
time.sleep(600)
"""


@tagged("post_install", "-at_install")
class TestEndpointConcurrency(BaseCase):
    """Two workers and one endpoint, on real connections; what is committed is removed."""

    def setUp(self):
        super().setUp()
        self.dbname = config["db_name"][0]
        with self.worker() as env:
            system = env["integration.system"].create(
                {"name": "Concurrent", "code": "im_concurrent", "environment": "test"}
            )
            endpoint = env["integration.endpoint"].create(
                {
                    "name": "Concurrent",
                    "code": "im_concurrent",
                    "system_id": system.id,
                    "base_url": "http://127.0.0.1:9",
                }
            )
            flows = env["integration.flow"].create(
                [
                    {
                        "name": f"Lane {n}",
                        "code": f"im.concurrent.{n}",
                        "system_id": system.id,
                        "endpoint_id": endpoint.id,
                        "direction": "outbound",
                        "message_type": "test",
                    }
                    for n in range(3)
                ]
            )
            for flow in flows:
                flow._emit(env.user.partner_id)
            self.system, self.endpoint, self.flows = system.id, endpoint.id, flows.ids
            env.cr.commit()
        self.addCleanup(self._remove)

    def _remove(self):
        with self.worker() as env:
            env["integration.message"].search([("flow_id", "in", self.flows)]).unlink()
            flows = env["integration.flow"].browse(self.flows)
            jobs = env["queue.job"].search([("model_name", "=", "integration.flow")])
            jobs.filtered(lambda job: set(job.records.ids) & set(self.flows)).unlink()
            accounts = flows.service_user_id
            flows.unlink()
            env["integration.endpoint"].browse(self.endpoint).unlink()
            env["integration.system"].browse(self.system).unlink()
            accounts.active = False
            env.cr.commit()

    @contextlib.contextmanager
    def worker(self):
        """An environment on a connection of its own."""
        with real_cursor(self.dbname) as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {})

    def open_breaker(self):
        with self.worker() as env:
            env.cr.execute(
                """UPDATE integration_endpoint SET breaker_state = 'open', breaker_trips = 1,
                          breaker_until = %s, breaker_since = %s WHERE id = %s""",
                (fields.Datetime.now(), fields.Datetime.now(), self.endpoint),
            )
            env.cr.commit()

    def probe(self, env, number):
        """:return: the claim of a lane: of the probe or nothing"""
        flow = env["integration.flow"].browse(self.flows[number])
        turn = flow._new_turn(20)
        turn.suspect = True
        return turn, flow._claim(turn)

    def test_one_probe_at_a_time(self):
        """Two workers try at the same moment, and the partner that just recovers falls again."""
        self.open_breaker()
        claims, errors = [], []
        barrier = threading.Barrier(3)

        def work(flow, turn):
            barrier.wait(10)
            try:
                claim = flow._claim(turn)
                flow.env.cr.commit()
            except OperationalError as error:
                flow.env.cr.rollback()
                errors.append(error.pgcode)
                return
            if claim:
                claims.append(claim)

        with contextlib.ExitStack() as stack:
            lanes = [
                stack.enter_context(self.worker())["integration.flow"].browse(flow_id)
                for flow_id in self.flows
            ]
            turns = [(flow, flow._new_turn(20)) for flow in lanes]
            with mute_logger("odoo.sql_db"):
                self.run_threads(work, turns)
        self.assertEqual(len(claims), 1)
        self.assertLessEqual(set(errors), {errorcodes.SERIALIZATION_FAILURE})
        with self.worker() as env:
            endpoint = env["integration.endpoint"].browse(self.endpoint)
            self.assertEqual(endpoint.breaker_state, "half_open")
            self.assertEqual(endpoint.breaker_probe, claims[0][0])
            states = env["integration.message"].search([("flow_id", "in", self.flows)])
            self.assertEqual(sorted(states.mapped("state")), ["pending", "pending", "processing"])

    def test_probe_of_a_dead_worker_expires(self):
        """The worker with the probe is killed, and the endpoint is never called again."""
        self.open_breaker()
        with self.worker() as first, self.worker() as second:
            _turn, claim = self.probe(first, 0)
            self.assertTrue(claim)
            first.cr.commit()
            self.assertFalse(self.probe(second, 1)[1])
            second.cr.rollback()
            first.cr.execute(
                "UPDATE integration_endpoint SET breaker_probe_until = %s WHERE id = %s",
                (fields.Datetime.now(), self.endpoint),
            )
            first.cr.commit()
            self.assertTrue(self.probe(second, 1)[1])

    def test_uncommitted_probe_is_nobodys(self):
        """A worker dies between claiming and committing, and the probe is gone."""
        self.open_breaker()
        with self.worker() as first, self.worker() as second:
            self.assertTrue(self.probe(first, 0)[1])
            # The row is being written by the first: no waiting, no probe.
            self.assertFalse(self.probe(second, 1)[1])
            second.cr.rollback()
            first.cr.rollback()
            self.assertTrue(self.probe(second, 1)[1])

    def test_leases_are_counted_over_workers(self):
        """Each worker counts for itself, and the partner gets all of them."""
        with self.worker() as first, self.worker() as second:
            turns = []
            for number, env in enumerate((first, second)):
                flow = env["integration.flow"].browse(self.flows[number])
                turn = flow._new_turn(20)
                turn.limit = 1
                turns.append((flow, turn))
            (one, turn_one), (two, turn_two) = turns
            self.assertTrue(one._lock_lane(turn_one))
            self.assertEqual(turn_one.slot, 0)
            self.assertTrue(two._lock_lane(turn_two), "the lane itself is free")
            self.assertIsNone(turn_two.slot)
            two._unlock_lane(turn_two)
            one._unlock_lane(turn_one)
            self.assertTrue(two._lock_lane(turn_two))
            self.assertEqual(turn_two.slot, 0)

    def test_lane_without_a_lease_leaves(self):
        """A worker waits at a hanging partner's door instead of working for others."""
        with self.worker() as holder, self.worker() as env:
            for slot in range(8):
                holder.cr.execute(
                    "SELECT pg_advisory_lock(%s, %s)", (LEASE_LOCK + slot, self.endpoint)
                )
            flow = env["integration.flow"].browse(self.flows[0])
            self.assertIn("0", flow._as_service()._drain())
            env.cr.rollback()
            message = env["integration.message"].search([("flow_id", "=", flow.id)])
            self.assertEqual((message.state, message.attempt_count), ("pending", 0))
            jobs = env["queue.job"].search([("eta", "!=", False), ("state", "=", "pending")])
            self.assertTrue(jobs.filtered(lambda job: job.records.ids == flow.ids))

    def test_leases_vanish_with_a_killed_worker(self):
        """A worker is killed, and its place at the endpoint is taken for ever."""
        command = [sys.executable, "-c", HOLDER, os.environ.get("ODOO_RC", ""), self.dbname]
        process = subprocess.Popen(  # noqa: S603 - this interpreter
            [*command, str(LEASE_LOCK), str(self.endpoint), os.devnull],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.assertEqual(process.stdout.readline().strip(), "True")
            with self.worker() as env:
                flow = env["integration.flow"].browse(self.flows[0])
                turn = flow._new_turn(20)
                turn.limit = 1
                self.assertTrue(flow._lock_lane(turn))
                self.assertIsNone(turn.slot)
                flow._unlock_lane(turn)
                os.kill(process.pid, signal.SIGKILL)
                process.wait(10)
                # PostgreSQL sees the end of the connection at once; it ends its process then.
                env.cr.execute("SET LOCAL lock_timeout = '20s'")
                env.cr.execute("SELECT pg_advisory_lock(%s, %s)", (LEASE_LOCK, self.endpoint))
                env.cr.execute("SELECT pg_advisory_unlock(%s, %s)", (LEASE_LOCK, self.endpoint))
                self.assertTrue(flow._lock_lane(turn))
                self.assertEqual(turn.slot, 0)
        finally:
            process.kill()
            process.wait(10)
            process.stdout.close()

    def test_rate_is_exact_over_workers(self):
        """Two workers with a quota of five calls make ten."""
        rate = Rate(5, 60.0)
        taken = []

        def work(env):
            for _turn in range(20):
                try:
                    if not env["integration.endpoint.bucket"]._take(self.endpoint, rate):
                        taken.append(1)
                    env.cr.commit()
                except OperationalError as error:
                    env.cr.rollback()
                    if error.pgcode != errorcodes.SERIALIZATION_FAILURE:
                        raise

        with contextlib.ExitStack() as stack:
            workers = [stack.enter_context(self.worker()) for _number in range(3)]
            # A full bucket of one token.
            workers[0]["integration.endpoint.bucket"]._take(self.endpoint, Rate(500, 60.0))
            workers[0].cr.commit()
            with mute_logger("odoo.sql_db"):
                self.run_threads(work, [(env,) for env in workers])
        self.assertEqual(len(taken), 1)

    def run_threads(self, work, arguments):
        """Let each worker do its work at the same time."""
        threads = [threading.Thread(target=work, args=each) for each in arguments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive())
