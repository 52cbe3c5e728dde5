"""Observes one operation of a delivery provider: a line in the log for each document."""

import logging
import time

import psycopg2

from odoo.addons.integration_monitor.instrumentation import failures, log_buffer, log_writer
from odoo.addons.integration_monitor.instrumentation.wrapping import flush_outside_executions
from odoo.addons.integration_monitor.tools import classify, context, tracing
from odoo.addons.integration_monitor.tools.observation import Observation, utcnow

from .tools.carrier_operation import BOOK, SELLING, TRACK, error_class_of, price_of

_logger = logging.getLogger(__name__)

# A link that is put together from the number is no exchange: nobody would find the others.
_TRACK_MS = 50


class carrier_operation:  # noqa: N801 - used like a function, as ``exchange`` is
    """Observe what a provider does about documents (orders or transfers).

    Exceptions pass through unchanged, and nothing that goes wrong in observing reaches the caller.
    Calls that the provider makes inside of the block belong to the operation.

    :param carrier: the ``delivery.carrier``
    :param str operation: one of ``tools.carrier_operation.OPERATIONS``
    :param documents: ``sale.order`` or ``stock.picking`` records
    """

    def __init__(self, carrier, operation, documents):
        self._carrier = carrier
        self._operation = operation
        self._documents = documents
        self._facts = []
        self._bound = self._refusal = self._xact = None
        self._answers = []

    def answered(self, answers):
        """Keep what the provider answered: dicts with ``tracking_number``, ``exact_price``."""
        self._answers = list(answers) if isinstance(answers, list | tuple) else []

    def refused(self, words):
        """Note that the provider said no without raising anything."""
        self._refusal = words or ""

    def __enter__(self):
        try:
            self._begin()
        except Exception:  # observing must never break what it observes
            _logger.warning("%s cannot be described.", self._operation, exc_info=True)
        return self

    def __exit__(self, kind, error, traceback):
        if self._bound is None:
            return False
        try:
            self._record(error)
        except Exception:  # observing must never break what it observes
            _logger.warning("%s cannot be recorded.", self._operation, exc_info=True)
        finally:
            self._bound.__exit__(None, None, None)
        return False

    def _begin(self):
        """Note everything that cannot be read any more after a failed statement."""
        # Who books or rates need not read orders, systems and endpoints.
        carrier = self._carrier.sudo()
        documents = self._documents.sudo()
        orders = documents if documents._name == "sale.order" else documents.sale_id
        self._facts = [_facts_of(document) for document in documents]
        self._system_id = carrier.integration_system_id.id
        self._endpoint_id = carrier.integration_endpoint_id.id
        self._detail = {
            "carrier_id": carrier.id,
            "carrier": carrier.name,
            "provider": carrier.delivery_type,
            "environment": "production" if carrier.prod_environment else "test",
        }
        if self._operation in SELLING:
            self._xact = _transaction_of(carrier.env.cr)
        current = context.current()
        self._trace_id = current.trace_id or tracing.new_trace_id()
        self._span_id = tracing.new_span_id()
        self._parent_span_id = current.span_id
        correlation_id = orders[:1].integration_correlation_id or current.correlation_id
        self._occurred_at, self._began = utcnow(), time.monotonic()
        # A warehouse's message that ships goods answers for none of the carrier's faults.
        bound = context.bound(
            correlation_id=correlation_id,
            trace_id=self._trace_id,
            span_id=self._span_id,
            flow_id=None,
            endpoint_id=None,
        )
        bound.__enter__()
        self._bound = bound

    def _record(self, error):
        duration = (time.monotonic() - self._began) * 1000
        call, failed_class = _last_call(self._span_id)
        if self._operation == TRACK and not (error or call or duration >= _TRACK_MS):
            return
        outcome, error_class, message = self._outcome(error, call, failed_class)
        env = self._carrier.env
        for position, facts in enumerate(self._facts):
            answer = self._answers[position] if position < len(self._answers) else None
            log_writer.record(
                env.cr.dbname,
                Observation(
                    kind="custom",
                    outcome=outcome,
                    occurred_at=self._occurred_at,
                    direction="outbound",
                    system_id=self._system_id or None,
                    endpoint_id=self._endpoint_id or None,
                    correlation_id=facts["correlation_id"],
                    trace_id=self._trace_id,
                    span_id=self._span_id,
                    parent_span_id=self._parent_span_id,
                    host=call and call.host,
                    operation=self._operation,
                    error_class=error_class,
                    error_message=message,
                    duration_ms=duration,
                    company_id=facts["company_id"],
                    user_id=env.uid,
                    res_model=self._documents._name,
                    res_id=facts["res_id"],
                    detail=self._line_detail(facts, answer if outcome == "ok" else None),
                ),
            )
        # In a thread of the caller's own nobody else would write it.
        flush_outside_executions()

    def _outcome(self, error, call, failed_class):
        """:return: tuple (outcome, error class, message)"""
        if error is None and self._refusal is None:
            return "ok", None, None
        if error is None:
            return "error", error_class_of("business", failed_class), self._refusal
        outcome, told, message = failures.described(error)
        if isinstance(error, psycopg2.Error):
            return outcome, "unknown", message  # our database, none of the carrier's faults
        behind = failed_class if call else classify.error_class_of(error)
        return outcome, error_class_of(told, behind), message

    def _line_detail(self, facts, answer):
        """:return: the small facts of one document's line"""
        detail = {
            **self._detail,
            "document": facts["name"],
            "order": facts["order"],
            "currency": facts["currency"],
        }
        if len(self._facts) > 1:
            detail["batch"] = len(self._facts)
        number = None if self._operation == BOOK else facts["tracking_number"]
        sold = self._operation == BOOK
        if isinstance(answer, dict):
            sold = sold or bool(answer.get("tracking_number"))
            number = answer.get("tracking_number") or number
            price = price_of(answer.get("exact_price", answer.get("price")))
            if price is not None:
                detail["price"] = price
        if number:
            detail["tracking_number"] = str(number)
        if self._xact and sold:
            detail["transaction"] = self._xact
        return detail


def _facts_of(document):
    """What a line tells of its document, which may be gone when the line is written."""
    transfer = document._name == "stock.picking"
    order = document.sale_id if transfer else document
    company = document.company_id or document.env.company
    return {
        "res_id": document.id if isinstance(document.id, int) else None,
        "name": document.name,
        "order": order.name or None,
        "correlation_id": order.integration_correlation_id or None,
        "company_id": company.id,
        "currency": (order.currency_id or company.currency_id).name,
        "tracking_number": document.carrier_tracking_ref if transfer else None,
    }


def _transaction_of(cr):
    """:return: number of the database transaction, as text: did it live to carry the label?"""
    try:
        cr.execute("SELECT pg_current_xact_id()::text")
        return cr.fetchone()[0]
    except psycopg2.Error:
        # It had failed before; whatever the provider does, Odoo cannot keep.
        return None


def _last_call(span_id):
    """:return: tuple (last call that belongs to a span or None, its class if it failed)"""
    for line in reversed(log_buffer.current().lines):
        observation = line.observation
        if observation.kind == "http_out" and observation.parent_span_id == span_id:
            failed = observation.outcome != "ok"
            return observation, observation.error_class if failed else None
    return None, None
