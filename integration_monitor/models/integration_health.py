"""The health of the installation, and the watch over endpoints, flows and queues."""

import logging
import threading
import time

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..tools.observation import CLOCK_SKEW

_logger = logging.getLogger(__name__)

# The scheduled action runs each minute; a request that comes in between changes nothing.
WATCH_SECONDS = 45
WATCH_ATTEMPTS = 3
# Without the scheduled action for so long, a health request does its work.
CATCH_UP_SECONDS = 120
# Answers are that old at most, so that a flood of requests costs one evaluation.
CACHE_SECONDS = 5.0
# While one thread evaluates, others tell what was found before, if it is no older than this.
STALE_SECONDS = 30.0
PART_TIMEOUT_MS = 500
# Who asks for the health, and the watch that blinds nobody by waiting, wait so long for a lock.
BRIEF_LOCKS = SQL("SET LOCAL lock_timeout = '1s'")
PARTS = ("database", "messages", "job_runner", "scheduled_actions", "log", "queues")

_cache = {}
_locks = {}


def clear_cache():
    """Forget what was found; for tests."""
    _cache.clear()


class IntegrationHealth(models.AbstractModel):
    """What ``GET /integration/health`` tells; answers without the scheduler.

    A *part* is a dict ``{"name", "status" (ok, warning, down), "value", "unit", "since",
    "message"}``. The whole is down when a part is; a warning needs a person, no restart.
    """

    _name = "integration.health"
    _description = "Integration health"

    def init(self):
        """Create the table that says when the watch ran last; one row, never two at once."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS integration_health_mark (
                    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
                    watched_at timestamp NOT NULL
                )
                """
            )
        )
        cr.execute(
            SQL(
                "INSERT INTO integration_health_mark (watched_at) VALUES ('1970-01-01')"
                " ON CONFLICT DO NOTHING"
            )
        )

    @api.model
    def _drop_storage(self):
        """Uninstallation: drop what the ORM does not know of."""
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS integration_health_mark"))

    # -- the watch

    @api.model
    def _watch(self, seconds=WATCH_SECONDS):
        """Count the newest log lines, then look at endpoints, flows, queues and systems.

        Scheduled each minute. Runs and commits on cursors of its own, as the roll-up does.

        :param int seconds: not if it ran within so many seconds
        :return: whether it ran; False also while another worker or server is at it
        """
        try:
            self.env["integration.metric"]._roll_up()
        except Exception:
            # Without new figures there is still much to see; the health page tells that they stand.
            _logger.exception("The log could not be counted")
        for _attempt in range(WATCH_ATTEMPTS):
            try:
                with self.env.registry.cursor() as cr:
                    return self._watch_on(cr, seconds)
            except psycopg2.errors.SerializationFailure:
                # Somebody wrote the same row in between: a new transaction sees both.
                _logger.info("The watch begins again: a conflict")
        return False

    @api.model
    def _watch_on(self, cr, seconds=WATCH_SECONDS):
        """The work of :meth:`_watch` in the transaction of ``cr``."""
        now = fields.Datetime.now()
        cr.execute(BRIEF_LOCKS)
        cr.execute(
            SQL("SELECT watched_at FROM integration_health_mark FOR UPDATE SKIP LOCKED"),
            log_exceptions=False,
        )
        found = cr.fetchone()
        if not found:
            return False
        set_back = found[0] > now + CLOCK_SKEW
        if not set_back and (now - found[0]).total_seconds() < seconds:
            return False
        env = self.env(cr=cr, user=SUPERUSER_ID, su=True)
        env.flush_all()
        if set_back:
            env["integration.flow"]._forget_expectations()
        for look in (
            env["integration.endpoint"]._watch_calls,
            env["integration.flow"]._watch_silence,
            env["integration.expectation"]._watch_missing,
            env["integration.message"]._watch_acknowledgements,
            env["integration.subscription"]._watch_lag,
            env["integration.queue"]._watch,
            env["integration.flow.service"]._watch_promises,
            env["integration.system"]._watch_health,
        ):
            try:
                with cr.savepoint():
                    look(now)
            except psycopg2.errors.SerializationFailure:
                raise
            except Exception:
                # One of them must not blind the others; the log has the reason.
                _logger.exception("The watch failed in %s", look.__qualname__)
                env.invalidate_all(flush=False)
        cr.execute(SQL("UPDATE integration_health_mark SET watched_at = %s", now))
        env.flush_all()
        return True

    @api.model
    def _catch_up(self):
        """Do the work of the scheduled actions when they have not run for two minutes.

        A mark in the future, of a clock that was set back since, tells nothing of them.

        :return: whether something was done
        """
        with self.env.cr.savepoint(flush=False):
            self.env.cr.execute(BRIEF_LOCKS)
            self.env.cr.execute(
                SQL("SELECT watched_at FROM integration_health_mark"), log_exceptions=False
            )
            found = self.env.cr.fetchone()
        age = (fields.Datetime.now() - found[0]).total_seconds() if found else 0
        stale = age >= CATCH_UP_SECONDS or age < -CLOCK_SKEW.total_seconds()
        if not stale or not self._watch(CATCH_UP_SECONDS):
            return False
        with self.env.registry.cursor() as cr:
            cr.execute(BRIEF_LOCKS)
            self.env(cr=cr, user=SUPERUSER_ID, su=True)["integration.message"]._sweep()
        return True

    # -- the answer

    @api.model
    def _status(self):
        """Return what is found now, or was within the last seconds in this process.

        :return: dict ``{"status": "ok" or "down", "checked_at", "parts": list of parts}``
        """
        dbname = self.env.cr.dbname
        age, known = self._cached(dbname)
        if age < CACHE_SECONDS:
            return known
        lock = _locks.setdefault(dbname, threading.Lock())
        if not lock.acquire(timeout=0 if age < STALE_SECONDS else 5):
            return known or self._evaluate()
        try:
            age, known = self._cached(dbname)
            if age >= CACHE_SECONDS:
                self._try_catch_up()
                known = self._evaluate()
                _cache[dbname] = (time.monotonic(), known)
            return known
        finally:
            lock.release()

    @api.model
    def _cached(self, dbname):
        """:return: (age in seconds, what was found); infinite and None for nothing"""
        at, known = _cache.get(dbname, (float("-inf"), None))
        return time.monotonic() - at, known

    @api.model
    def _try_catch_up(self):
        """Catch up; a question for the health is answered even when that fails."""
        try:
            self._catch_up()
        except Exception:
            # Whatever the sweep stumbled over is no reason to leave the question unanswered.
            _logger.warning("The watch could not catch up", exc_info=True)

    @api.model
    def _evaluate(self):
        """Look at every part, each for half a second at most.

        :return: as :meth:`_status`
        """
        now = fields.Datetime.now()
        cr = self.env.cr
        self.env.flush_all()
        parts = []
        cr.execute(SQL("SELECT current_setting('statement_timeout')"))
        before = cr.fetchone()[0]
        cr.execute(SQL("SELECT set_config('statement_timeout', %s, true)", str(PART_TIMEOUT_MS)))
        for name in PARTS:
            try:
                with cr.savepoint(flush=False):
                    status, value, unit, since, message = getattr(self, f"_part_{name}")(now)
            except psycopg2.Error as error:
                # A part that cannot be read in time is no part that is well.
                _logger.warning("Health of %s: %s", name, type(error).__name__)
                status, value, unit, since = "down", None, None, now
                message = self.env._("This could not be read from the database in time.")
            parts.append(
                {
                    "name": name,
                    "status": status,
                    "value": value,
                    "unit": unit,
                    "since": f"{since.isoformat(timespec='seconds')}Z" if since else None,
                    "message": message,
                }
            )
        cr.execute(SQL("SELECT set_config('statement_timeout', %s, true)", before))
        down = any(part["status"] == "down" for part in parts)
        return {
            "status": "down" if down else "ok",
            "checked_at": f"{now.isoformat(timespec='seconds')}Z",
            "parts": parts,
        }
