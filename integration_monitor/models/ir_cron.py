"""Scheduled actions leave a line each time they run."""

import time
from contextvars import ContextVar
from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import CompletionStatus, _intervalTypes

from ..instrumentation import log_writer
from ..instrumentation.failures import described
from ..tools import tracing
from ..tools.observation import Observation, utcnow

_KILLED = (
    "The scheduled action did not end: its process was killed (limit of time or memory, restart). "
    "It is run again."
)
_GIVEN_UP = (
    "The scheduled action did not end, for the third time in a row: its process was killed. "
    "Odoo leaves it until its next slot."
)

_run = ContextVar("integration_cron_run", default=None)


class CronRun:
    """One run of a scheduled action, of up to ten rounds."""

    __slots__ = ("began", "done", "error", "lag", "missed", "occurred_at", "ran", "remaining",
                 "reported", "rounds")  # fmt: skip

    def __init__(self, job, triggered_at, went_on_at):
        """Look at what is due.

        :param job: columns of the action, and of its last progress, as Odoo acquired them
        :param triggered_at: the oldest trigger that is due, or None
        :param went_on_at: when the last run left the rest of its work to this one, or None
        """
        self.began = time.perf_counter()
        self.occurred_at = utcnow()
        due = job["nextcall"]
        if triggered_at is not None:
            due = min(due, triggered_at)
        self.missed = 0
        if went_on_at is not None:
            # Its slot was taken by the run before, which told how late that was.
            due = went_on_at
        elif job["nextcall"] <= self.occurred_at:
            interval = _intervalTypes[job["interval_type"]](job["interval_number"])
            self.missed = _slots(job["nextcall"], self.occurred_at, interval)
        self.lag = max(self.occurred_at - due, timedelta())
        self.error = None
        self.rounds = self.done = self.remaining = 0
        self.ran = self.reported = False


class IrCron(models.Model):
    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, cron_cr, job):
        """Run the job in a log execution of its own, flushed when its cursor is closed.

        Each run begins a trace: the calls that it makes, and the jobs that it enqueues, belong to
        it. It has no correlation id, which is an order's. Odoo does not run an action that was
        killed three times in a row, but counts a failure.
        """
        trace = tracing.new_trace()
        with log_writer.execution(trace_id=trace.trace_id, span_id=trace.span_id):
            try:
                run = CronRun(job, *cls._integration_due(cron_cr, job))
            except Exception:  # the action runs, whatever is odd about its schedule
                log_writer.note_failure("A scheduled action is not observed.")
                return super()._process_job(cron_cr, job)
            token = _run.set(run)
            try:
                result = super()._process_job(cron_cr, job)
            finally:
                _run.reset(token)
            # Other modules may let an action run elsewhere, which is no death.
            if job["timed_out_counter"] and not run.ran:
                cls._integration_tell_death(job, run)
            return result

    @classmethod
    def _integration_due(cls, cron_cr, job):
        """Look up what made the action due, beside its schedule.

        Odoo triggers an action that has work left again, at the time at which it began: when it
        stopped, its last progress tells.

        :return: tuple (oldest trigger that is due or None, end of the run that this one continues
            or None)
        """
        cron_cr.execute(
            SQL(
                """
                SELECT min(t.call_at),
                       (SELECT p.write_date FROM ir_cron_progress p WHERE p.id = %s)
                  FROM ir_cron_trigger t
                 WHERE t.cron_id = %s AND t.call_at <= %s
                """,
                job.get("progress_id"),
                job["id"],
                cron_cr.now(),
            )
        )
        triggered_at, stopped_at = cron_cr.fetchone()
        # After a failure what remains is left to the next slot.
        continued = triggered_at and job.get("remaining") and not job["failure_count"]
        return triggered_at, stopped_at if continued else None

    @classmethod
    def _run_job(cls, job):
        """Run the rounds of the job; record lag, duration and outcome."""
        run = _run.get()
        if run is not None:
            run.ran = True
            if job["timed_out_counter"]:
                cls._integration_tell_death(job)
                # This run may end like the one before.
                log_writer.flush()
        status = super()._run_job(job)
        if run is not None:
            try:
                log_writer.record(cls.pool.db_name, cls._integration_observation(job, run, status))
            except Exception:  # the schedule goes on, whatever we make of the run
                log_writer.note_failure("A scheduled action was not recorded.")
        return status

    @classmethod
    def _integration_tell_death(cls, job, given_up=None):
        """Record that the last run did not end; nothing raises.

        :param given_up: the present ``CronRun``, in which Odoo gave up and ran nothing
        """
        try:
            detail = {"cron_id": job["id"], "dead": True}
            if given_up:
                detail.update(missed=given_up.missed, ended=CompletionStatus.FAILED)
            log_writer.record(
                cls.pool.db_name,
                Observation(
                    kind="cron",
                    outcome="error",
                    operation=job["cron_name"],
                    error_class="timeout",
                    error_message=_GIVEN_UP if given_up else _KILLED,
                    attempt=job["timed_out_counter"],
                    span_id=tracing.new_span_id(),
                    user_id=job["user_id"],
                    detail=detail,
                ),
            )
        except Exception:  # the schedule goes on, whatever we make of it
            log_writer.note_failure("The death of a scheduled action was not recorded.")

    def _callback(self, cron_name, server_action_id):
        """Count the round; keep the exception, which Odoo only logs."""
        run = _run.get()
        if run is None:
            return super()._callback(cron_name, server_action_id)
        run.rounds += 1
        try:
            return super()._callback(cron_name, server_action_id)
        except Exception as error:
            run.error = error
            raise

    def _commit_progress(self, processed=0, *, remaining=None, deactivate=False):
        """Note what the action itself reports."""
        run = _run.get()
        if run is not None:
            run.reported = True
            run.done += processed
            run.remaining = max(run.remaining - processed, 0) if remaining is None else remaining
        return super()._commit_progress(processed, remaining=remaining, deactivate=deactivate)

    @classmethod
    def _integration_observation(cls, job, run, status):
        """Describe one run. ``empty``: the action says that it found nothing to do."""
        failed = run.error is not None or status == CompletionStatus.FAILED
        outcome, error_class, message = described(run.error)
        if failed and run.error is None:
            error_class, message = "unknown", "The scheduled action could not be run."
        detail = {
            "cron_id": job["id"],
            "rounds": run.rounds,
            "missed": run.missed,
            "ended": status,
        }
        if run.reported:
            detail.update(done=run.done, remaining=run.remaining)
            detail["empty"] = not run.done and not run.remaining and not failed
        return Observation(
            kind="cron",
            outcome="error" if failed else outcome,
            occurred_at=run.occurred_at,
            operation=job["cron_name"],
            error_class=error_class,
            error_message=message,
            duration_ms=(time.perf_counter() - run.began) * 1000,
            lag_ms=run.lag.total_seconds() * 1000,
            user_id=job["user_id"],
            records_applied=run.done if run.reported else None,
            detail=detail,
        )


def _slots(due, now, interval):
    """How many times the action should have run since it was due, but for this one."""
    step = (due + interval) - due
    return max((now - due) // step, 0) if step > timedelta() else 0
