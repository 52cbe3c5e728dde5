"""Around queue_job's controller: each run of a job leaves a line, and carries its correlation.

The correlation id is a column of the job: written when it is enqueued (``models/queue_job.py``),
read with the job itself, bound while it runs. Jobs that it enqueues carry on the same.
"""

import functools
import time
from contextvars import ContextVar

from odoo.addons.queue_job import job as queue_job
from odoo.addons.queue_job.controllers.main import RunJobController

from ..tools import context, tracing
from ..tools.observation import Observation, utcnow
from . import log_writer
from .failures import described
from .wrapping import has_suite

_MARK = "_integration_monitor_wrapped"
_error = ContextVar("integration_job_error", default=None)


def install():
    """Wrap how jobs are read, performed and run; once."""
    if getattr(RunJobController._runjob, _MARK, False):
        return
    Job = queue_job.Job
    Job._load_from_db_record = classmethod(_wrap_load(Job._load_from_db_record.__func__))
    Job.perform = _wrap_perform(Job.perform)
    RunJobController._runjob = classmethod(_wrap_run(RunJobController._runjob.__func__))


def _wrap_load(original):
    @functools.wraps(original)
    def _load_from_db_record(cls, record):
        job = original(cls, record)
        # Read with the rest of the row: no query of its own.
        job.integration_correlation_id = getattr(record, "integration_correlation_id", None)
        job.integration_trace_id = getattr(record, "integration_trace_id", None)
        # About to run, and begun before: the worker that began died, or it would be cleared.
        job.integration_died = bool(
            record.state == queue_job.ENQUEUED
            and record.date_started
            and getattr(record, "integration_death_attempt", None) != record.retry
        )
        return job

    return _load_from_db_record


def _wrap_perform(original):
    @functools.wraps(original)
    def perform(self):
        try:
            return original(self)
        except Exception as error:
            _error.set(error)  # the controller keeps a failure that is tried again to itself
            raise

    return perform


def _wrap_run(original):
    @functools.wraps(original)
    def _runjob(cls, env, job):
        if not has_suite(env.cr.dbname):
            return original(cls, env, job)
        began, occurred_at, dbname = time.perf_counter(), utcnow(), env.cr.dbname
        if getattr(job, "integration_died", False):
            log_writer.record(
                dbname,
                death(
                    job.uuid, job.model_name, job.method_name, job.channel, job.retry,
                    job.company_id, job.user_id, job.integration_correlation_id,
                    job.integration_trace_id, False,
                ),
            )  # fmt: skip
            # This run may kill its worker as well, and nothing that waits in it would be left.
            log_writer.flush()
        trace = tracing.continued(getattr(job, "integration_trace_id", None))
        token = _error.set(None)
        raised = None
        try:
            with context.bound(
                correlation_id=getattr(job, "integration_correlation_id", None) or None,
                trace_id=trace.trace_id,
                span_id=trace.span_id,
            ):
                return original(cls, env, job)
        except Exception as error:
            raised = error
            raise
        finally:
            try:
                error = raised or (_error.get() if job.state != queue_job.DONE else None)
                log_writer.record(
                    dbname, _observation(job, error, trace, began, occurred_at, raised is None)
                )
            except Exception:  # the job's outcome stands, whatever we make of it
                log_writer.note_failure("A job was not recorded.")
            _error.reset(token)

    setattr(_runjob, _MARK, True)
    return _runjob


def _observation(job, error, trace, began, occurred_at, again):
    """Describe one run. ``again``: a failure that queue_job tries another time."""
    outcome, error_class, message = described(error)
    failed = error is not None or job.state != queue_job.DONE
    detail = {"uuid": job.uuid, "channel": job.channel}
    if failed and again:
        detail["retry"] = True
    # Since when it could run: it was made, or its time had come. One that ran before, or waited for
    # another, could do so since the runner took it up.
    again_or_after = job.retry > 1 or bool(job.depends_on)
    due = job.eta or (job.date_enqueued if again_or_after else job.date_created)
    if due and job.date_created:
        due = max(due, job.date_created)
    lag = (occurred_at - due).total_seconds() * 1000 if due else None
    return Observation(
        kind="job",
        outcome="error" if failed else outcome,
        occurred_at=occurred_at,
        operation=f"{job.model_name}.{job.method_name}",
        error_class=error_class or ("unknown" if failed else None),
        error_message=message or (str(job.result)[:500] if failed and job.result else None),
        attempt=job.retry or None,
        duration_ms=(time.perf_counter() - began) * 1000,
        lag_ms=max(lag, 0.0) if lag is not None else None,
        correlation_id=getattr(job, "integration_correlation_id", None) or None,
        trace_id=trace.trace_id,
        span_id=trace.span_id,
        company_id=job.company_id or None,
        user_id=job.user_id,
        detail=detail,
    )


def death(
    uuid, model_name, method_name, channel, attempt, company_id, user_id, correlation_id, trace_id,
    given_up,
):  # fmt: skip
    """Describe a run whose worker died, as the columns of the job tell it."""
    return Observation(
        kind="job",
        outcome="error",
        operation=f"{model_name}.{method_name}",
        error_class="server",
        error_message="The worker died too often while the job ran; it was given up."
        if given_up
        else "The worker died while the job ran; the job is run again.",
        attempt=attempt or None,
        company_id=company_id or None,
        user_id=user_id or None,
        correlation_id=correlation_id or None,
        trace_id=trace_id or None,
        detail={"uuid": uuid, "channel": channel, "dead": True},
    )
