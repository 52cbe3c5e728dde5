"""Scheduled actions leave a line each time they run."""

import time
from contextvars import ContextVar
from datetime import timedelta

from odoo import models

from odoo.addons.base.models.ir_cron import CompletionStatus, _intervalTypes

from ..instrumentation import log_writer
from ..instrumentation.failures import described
from ..tools import tracing
from ..tools.observation import Observation, utcnow

_run = ContextVar("integration_cron_run", default=None)


class CronRun:
    """One run of a scheduled action, of up to ten rounds."""

    __slots__ = ("began", "done", "error", "lag", "missed", "occurred_at", "remaining", "reported",
                 "rounds")  # fmt: skip

    def __init__(self, job):
        self.began = time.perf_counter()
        self.occurred_at = utcnow()
        # An action that was triggered early is not late.
        self.lag = max(self.occurred_at - job["nextcall"], timedelta())
        interval = _intervalTypes[job["interval_type"]](job["interval_number"])
        self.missed = _slots(job["nextcall"], self.occurred_at, interval)
        self.error = None
        self.rounds = self.done = self.remaining = 0
        self.reported = False


class IrCron(models.Model):
    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, cron_cr, job):
        """Run the job in a log execution of its own, flushed when its cursor is closed.

        Each run begins a trace: the calls that it makes, and the jobs that it enqueues, belong to
        it. It has no correlation id, which is an order's.
        """
        trace = tracing.new_trace()
        with log_writer.execution(trace_id=trace.trace_id, span_id=trace.span_id):
            try:
                run = CronRun(job)
            except Exception:  # the action runs, whatever is odd about its schedule
                log_writer.note_failure("A scheduled action is not observed.")
                return super()._process_job(cron_cr, job)
            token = _run.set(run)
            try:
                return super()._process_job(cron_cr, job)
            finally:
                _run.reset(token)

    @classmethod
    def _run_job(cls, job):
        """Run the rounds of the job; record lag, duration and outcome."""
        status = super()._run_job(job)
        run = _run.get()
        if run is not None:
            try:
                log_writer.record(cls.pool.db_name, cls._integration_observation(job, run, status))
            except Exception:  # the schedule goes on, whatever we make of the run
                log_writer.note_failure("A scheduled action was not recorded.")
        return status

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
