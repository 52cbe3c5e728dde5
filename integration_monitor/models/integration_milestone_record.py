"""Recording milestones: from changed documents and from what messages report."""

import functools
import logging
from collections import defaultdict
from typing import NamedTuple

from psycopg2 import Error, OperationalError

from odoo import api, models

from ..instrumentation import log_writer
from ..tools import context
from ..tools.lazy_savepoint import LazySavepoint
from ..tools.notes import Notes
from ..tools.observation import Observation
from ..tools.stock_root import STOCK
from .integration_flow_drain import CONFLICT_CODES
from .integration_flow_wake import CHANNEL

_logger = logging.getLogger(__name__)

NOTES = "integration_monitor.notes"


class Event(NamedTuple):
    """Something that happened to a document; what flows are triggered by."""

    code: str
    res_model: str
    res_id: int
    transaction_id: int | None
    company_id: int
    warehouse_id: int | None = None
    correlation_id: str | None = None


class IntegrationMilestoneRecord(models.Model):
    _inherit = "integration.milestone"

    @api.model
    def _notes(self):
        """Return the notes of this database transaction, which are recorded before it commits."""
        callbacks = self.env.cr.precommit
        notes = callbacks.data.get(NOTES)
        if notes is None:
            notes = callbacks.data[NOTES] = Notes()
            # Milestones are the engine's bookkeeping: who moves a document need not write them.
            callbacks.add(functools.partial(self.sudo()._record_pending))
        return notes

    @api.model
    def _record(self, reports):
        """Record milestones that messages and partners report; repeated reports count once.

        :param list reports: dicts of ``transaction_id`` or ``correlation_id``, ``step_code``,
            ``occurred_at`` (UTC), ``res_model`` and ``res_id`` of the document it speaks of,
            ``message_id`` and ``source`` (message, external)
        """
        if reports:
            self._notes().reports.extend(reports)
            self.sudo()._record_pending()

    @api.model
    def _record_pending(self):
        """Write the milestones of everything noted so far, trigger the flows, tell subscribers."""
        # Other hooks may have changed documents since the cursor flushed; this notes them too.
        self.env.flush_all()
        notes = self.env.cr.precommit.data.pop(NOTES, None)
        if notes is None:
            return
        if notes.levels:
            self._emit_levels(notes)
        self.env["integration.event"]._publish(notes, self._record_documents(notes))

    @api.model
    def _record_documents(self, notes):
        """Write the milestones of the noted documents, and trigger the flows.

        :return: the ``Event`` tuples of what happened to them
        """
        roots = {model: list(changes) for model, changes in notes.documents.items()}
        owner_ids = {report["transaction_id"] for report in notes.reports
                     if report.get("transaction_id")}  # fmt: skip
        roots["integration.transaction"] = list(owner_ids)
        roots["correlation"] = list({
            report["correlation_id"] for report in notes.reports
            if not report.get("transaction_id") and report.get("correlation_id")
        })  # fmt: skip
        orders, owner_by_order = self._bring_up_to_date(
            notes,
            roots,
            payments="account.payment" in roots or "account.move" in roots,
            further=notes.further,
            new=notes.has_new_documents(),
        )
        if not orders:
            return []
        self._forget_banners(orders)
        events = self._events(orders, notes, owner_by_order)
        if events and self.env["integration.flow"]._emit_for_events(events):
            # What they wait for now, with the messages that were just made.
            owner_ids = {event.transaction_id for event in events if event.transaction_id}
            again, _owners = self._bring_up_to_date(Notes(), {"integration.transaction": owner_ids})
            self._forget_banners(again)
        return events

    @api.model
    def _bring_up_to_date(self, notes, roots, **reading):
        """Bring the transactions of documents up to date; a fault here does not stop a sale.

        What a fault prevents is recorded by a job, which fails for as long as it is there.

        :param dict roots: ids by model, as for ``integration.transaction._snapshot``
        :return: the rows of their root documents, and the transaction ids by model and id of them
        """
        Transaction, cr = self.env["integration.transaction"], self.env.cr
        savepoint, orders = LazySavepoint("integration_record"), []
        try:
            orders = Transaction._snapshot(roots, savepoint=savepoint, **reading)
            orders = Transaction._date_unnoticed(orders, notes)
            owner_by_order = Transaction._advance(orders, notes, savepoint)
            savepoint.release(cr)
            return orders, owner_by_order
        except Exception as error:  # noqa: BLE001 - told, in the log and in the figures
            if not self._survives(error, savepoint, notes):
                raise
            savepoint.rollback(cr)
            if orders and isinstance(error, OperationalError):
                # A lane settled a message of the order meanwhile: who moves a document, be it a
                # scheduled action that nobody repeats, need not suffer for our bookkeeping.
                Transaction._catch_up_later(orders)
            else:
                self._tell_fault(error, orders)
                self._record_later(notes, roots, orders)
            return orders, self._known_owners(orders)

    @api.model
    def _survives(self, error, savepoint, notes):
        """:return: whether a user's own work goes on after an error of the recorder"""
        if context.current().message_id or notes.insistent:
            # The engine's own work: it is tried again as a whole, and dies readably.
            return False
        if isinstance(error, OperationalError):
            # A lost connection is lost.
            return error.pgcode in CONFLICT_CODES and not notes.reports and savepoint.is_open
        return savepoint.is_open or not isinstance(error, Error)

    @api.model
    def _tell_fault(self, error, orders):
        """Write a fault of the recorder to both logs."""
        names = ", ".join(str(order["name"]) for order in orders[:10])
        _logger.error("Milestones could not be recorded for %s", names or "?", exc_info=error)
        log_writer.record(
            self.env,
            Observation(
                kind="custom",
                outcome="error",
                company_id=self.env.company.id,
                user_id=self.env.uid,
                error_class="unknown",
                error_message=f"{type(error).__name__}: {error}",
            ),
        )

    @api.model
    def _record_later(self, notes, roots, orders):
        """Let a job record what a fault prevented; requeue it when the fault is mended."""
        owner_ids = sorted(roots.get("integration.transaction", ()))
        self.with_delay(
            channel=CHANNEL,
            description=self.env._("Milestones after a fault of the monitor"),
        )._record_again(notes.dump(), owner_ids)

    @api.model
    def _record_again(self, noted, owner_ids):
        """Record what was noted before a fault; the job of :meth:`_record_later`.

        :param dict noted: of ``Notes.dump``
        :param list owner_ids: ids of transactions whose messages changed
        :raises Exception: the fault, as long as it is there
        """
        notes = Notes.load(noted)
        notes.insistent = True
        if owner_ids:
            self.env["integration.transaction"].browse(owner_ids).exists()._refresh_blame()
        self.env["integration.event"]._publish(notes, self._record_documents(notes))

    @api.model
    def _known_owners(self, orders):
        """:return: as of :meth:`_bring_up_to_date`, of orders that have a transaction already"""
        return {
            (order["root_model"], order["id"]): order["owner"]["id"]
            for order in orders
            if order["owner"]
        }

    @api.model
    def _emit_levels(self, notes):
        """Let the flows that watch stock levels tell of the products that changed.

        What the process follows is noted: the messages own its transactions.
        """
        by_event = self.env["integration.flow"]._flow_ids_by_event()
        products_by_flow = defaultdict(set)
        for (company_id, warehouse_id), product_ids in notes.levels.items():
            for flow_id in by_event.get(("stock.changed", company_id), ()):
                flow = self.env["integration.flow"].browse(flow_id)
                if not flow.warehouse_ids or warehouse_id in flow.warehouse_ids.ids:
                    products_by_flow[flow].update(product_ids)
        for flow, product_ids in products_by_flow.items():
            products = self.env["product.product"].browse(sorted(product_ids))
            messages = flow._emit(products, "stock.changed")
            if flow._levels_followed():
                notes.begin(STOCK.model, messages.ids)

    @api.model
    def _forget_banners(self, orders):
        """Let the documents show their banners anew: they are computed from what was written."""
        ids = defaultdict(list)
        for order in orders:
            ids[order["root_model"]].append(order["id"])
            ids["stock.picking"] += [row[0] for row in order["pickings"] or ()]
            ids["account.move"] += [row[0] for row in order["invoices"] or ()]
            ids["account.payment"] += [row[0] for row in order["payments"] or ()]
        fields = self.env["integration.document.mixin"]._integration_fields()
        for model, record_ids in ids.items():
            # A message shows no banner.
            if record_ids and model != STOCK.model:
                records = self.env[model].browse(record_ids)
                self.env["integration.transaction"]._forget_cached(records, fields)

    @api.model
    def _events(self, orders, notes, owner_by_order):
        """Return the events between the first old and the last new states of noted documents.

        :rtype: list of Event
        """
        events = {}
        roots = self.env["integration.transaction"]._roots()
        for order in orders:
            root = roots[order["root_model"]]
            owner_id = owner_by_order.get((root.model, order["id"]))
            for code, model, res_id in root.events(order, notes.of_root(root.model)):
                event = Event(
                    code,
                    model,
                    res_id,
                    owner_id,
                    order["company_id"],
                    order["warehouse_id"],
                    order["correlation_id"],
                )
                events.setdefault((code, model, res_id), event)
        return list(events.values())
