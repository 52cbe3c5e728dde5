"""From the snapshot of an order to its transaction and milestones as they should be."""

import uuid
from collections import defaultdict

from odoo import api, fields, models

from ..tools import blame as judging
from ..tools import document_moments, milestone_waits, order_counts, timing
from ..tools import milestones as progress
from ..tools.milestone_rows import columns_of, stored_milestone
from ..tools.milestones import Report
from ..tools.order_store_sql import FIXED_COLUMNS, PROGRESS_COLUMNS, TRANSACTION_COLUMNS
from ..tools.root import SALE
from .integration_transaction_evidence import Batch


class Changes:
    """What the recorder has to write."""

    __slots__ = ("columns", "created", "documents", "linked", "milestones", "unnamed", "updated")

    def __init__(self):
        #: values of new transactions, with their ids
        self.created = []
        #: values of changed ones, and the names of all columns that changed
        self.updated = []
        self.columns = set()
        #: values of documents and milestones, new or changed
        self.documents = []
        self.milestones = []
        #: correlation ids of new transactions whose messages came before them
        self.linked = []
        #: by root: correlation ids of orders from before the installation, by order
        self.unnamed = defaultdict(dict)


class IntegrationTransactionAdvance(models.Model):
    _inherit = "integration.transaction"

    def _advance(self, orders, notes, savepoint=None):
        """Bring transactions in line with the snapshot of their orders.

        :param list orders: rows of :meth:`_snapshot`
        :param savepoint: see :meth:`_store`
        :return: transaction id by model and id of the root document
        """
        now = self.env.cr.now().replace(microsecond=0)
        reports = self._reports_by_owner(notes.reports, now)
        changes, owner_by_order = Changes(), {}
        roots, batch, speaking = self._roots(), Batch(self.env, orders), {}
        # What is sold may wait for what is bought: that is judged first.
        for order in sorted(orders, key=_is_sold):
            order["batch"] = batch
            owner = order["owner"]
            root, key = roots[order["root_model"]], (order["root_model"], order["id"])
            order["root"] = root
            begun = key in notes.begun
            if not owner and not (begun or self._begins(order, root)):
                continue
            process_id = owner["process_id"] if owner else self._process_of(order)
            if not process_id:
                continue
            company_id = order["company_id"]
            if company_id not in speaking:
                speaking[company_id] = self._in_words_of(company_id)
            values, milestones = speaking[company_id]._judge_order(
                order, process_id, notes.message_ids.get(key), reports, now
            )
            order["judged"] = values
            values["id"] = owner_id = owner_by_order[key] = order["owner_id"]
            if not owner:
                values["adopted_at"] = order.get("adopted_at")
                changes.created.append(values)
                if begun:
                    changes.linked.append(values["correlation_id"])
                if not order["correlation_id"]:
                    changes.unnamed[root][order["id"]] = values["correlation_id"]
            elif names := _changed_columns(owner, values, order):
                changes.updated.append(values)
                changes.columns.update(names)
            rows = root.document_changes(order)
            for row in rows:
                row["transaction_id"] = owner_id
            for row in milestones:
                row["transaction_id"] = owner_id
            changes.documents += rows
            changes.milestones += milestones
        changes.documents += self._related_documents(orders, owner_by_order)
        if changes.created or changes.updated or changes.documents or changes.milestones:
            self._store(changes, savepoint)
        if changes.milestones and self.env["integration.gate"]._in_use():
            owners = {row["transaction_id"] for row in changes.milestones}
            self.env["integration.message"]._release_gated(owners)
        return owner_by_order

    @api.model
    def _begins(self, order, root):
        """:return: whether a document that has no transaction yet gets one"""
        # One that was read for the sake of others is adopted, or moves by itself.
        return order["state"] in root.followed and not order.get("aside")

    @api.model
    def _process_of(self, order):
        """:return: id of the process that a new transaction follows for good, or False"""
        return self.env["integration.process"]._for_root(
            order["root_model"], order["company_id"], order.get("kind") or False
        )

    @api.model
    def _related_documents(self, orders, owner_by_order):
        """Return links to root documents of other transactions, see ``tools.related``; a hook.

        :param list orders: rows, with what was judged of them as ``judged``
        :param dict owner_by_order: transaction id by model and id of the root document
        :return: values of links that are new or have another name
        """
        return []

    @api.model
    def _reports_by_owner(self, rows, now):
        """Index the reports by transaction id and by correlation id."""
        result = defaultdict(list)
        for row in rows:
            model, res_id = row.get("res_model"), row.get("res_id")
            result[row.get("transaction_id") or row.get("correlation_id")].append(
                Report(
                    row["step_code"],
                    f"{model},{res_id}" if model and res_id else "all",
                    row.get("occurred_at") or now,
                    model,
                    res_id,
                    row.get("message_id"),
                    row.get("source") or "external",
                )
            )
        return result

    def _judge_order(self, order, process_id, message_id, reports, now):
        """Return the values of an order's transaction, and those of its changed milestones."""
        owner = order["owner"] or {}
        root = order["root"]
        pickings = [root.picking(*row) for row in order["pickings"] or ()]
        invoices = [root.invoice(*row) for row in order["invoices"] or ()]
        steps = self.env["integration.process"]._definition(process_id)
        old = {row[0]: stored_milestone(row) for row in order["milestones"] or ()}
        created_by = message_id or next(
            (old[step.id].message_id for step in steps
             if step.event_code == "sale.created" and step.id in old),
            None,
        )  # fmt: skip
        counts = root.count(order, pickings, invoices, created_by)
        if "moments" in order:
            document_moments.date_counts(counts, invoices, order["moments"], now)
        sources = self.env["integration.process.step"]._sources(order["company_id"])
        counts.update(root.expected_reports(order, steps, sources, counts, old))
        self._count_further(order, steps, pickings, old, counts)
        found = reports.get(owner.get("id"), []) + reports.get(order["correlation_id"], [])
        new = progress.advance(steps, counts, old, found, now)
        started = order_counts.moment(owner.get("started_at") or order["create_date"])
        dates = self._dates(order, process_id, steps, new, pickings, invoices, started)
        timing.plan(steps, new, dates, fixed=timing.planned_for_good(old, new))
        changes = [
            columns_of(milestone, step.sequence)
            for step, milestone in zip(steps, new, strict=True)
            if _is_news(step, milestone, old and old.get(step.id))
        ]
        values = self._root_values(order, owner, process_id, started)
        values.update(self._progress_values(order, steps, old, new, pickings, invoices, dates, now))
        return values, changes

    @api.model
    def _count_further(self, order, steps, pickings, old, counts):
        """Add to the counts what other addons know of the order's documents; a hook.

        :param list pickings: ``order_counts.Picking``
        :param dict old: stored ``Milestone`` by step id
        :param dict counts: ``Count`` by event code, changed in place
        """

    @api.model
    def _root_values(self, order, owner, process_id, started):
        """What the transaction takes over from its order."""
        return {
            "name": order["name"],
            "process_id": process_id,
            "correlation_id": owner.get("correlation_id")
            or order["correlation_id"]
            or uuid.uuid4().hex,
            "res_model": order["root_model"],
            "res_id": order["id"],
            "partner_id": order["partner_id"],
            "company_id": order["company_id"],
            "warehouse_id": order["warehouse_id"],
            "user_id": order["user_id"],
            "amount_total": order["amount_total"],
            "currency_id": order["currency_id"],
            "amount_company": order["amount_company"],
            "started_at": started,
            "promised_at": order_counts.moment(order["commitment_date"]),
            "evidence": order["evidence"],
        }

    def _progress_values(self, order, steps, old, milestones, pickings, invoices, dates, now):
        """State, awaited step, timeliness and blame of one transaction."""
        owner = order["owner"] or {}
        root = order["root"]
        opened = milestone_waits.open_steps(steps, milestones)
        last = max((m.reached_at for m in milestones if m.reached_at), default=now)
        if order["state"] == "cancel" or root.is_undone(order, pickings, invoices):
            state, opened = "cancelled", []
        else:
            state = "in_progress" if opened else "completed"
        step, since = next(iter(opened), None), None
        if step and step.id == owner.get("waits_for_step_id"):
            since = order_counts.moment(owner["waits_since"])
        elif step and owner and not owner["waits_for_step_id"]:
            since = now  # it was over, and goes on
        elif step:
            since = milestone_waits.waiting_since(steps, old, milestones, step, now)
        open_since = {
            other.id: milestone_waits.open_since(steps, milestones, other, dates.started)
            for other in opened[1:]
        }
        if step:
            open_since[step.id] = since
        times = timing.timing(steps, milestones, open_since, dates, now)
        evidence = self._evidence(order, step, pickings)
        if step:
            evidence.update(self._document_evidence(order, step, pickings, invoices))
            evidence["released_gone"] = self._released_gone(steps, milestones)
            evidence["gate"] = self._gate_evidence(step, order, steps, milestones)
        verdict = self._rooted(judging.judge(step, evidence, fields.Datetime.now()), order)
        ended = order_counts.moment(owner.get("completed_at")) or last
        return {
            "state": state,
            "completed_at": ended if state == "completed" else None,
            "waits_for_step_id": step.id if step else None,
            "waits_since": since,
            "due_at": times.due_at,
            "due_step_id": times.step.id if times.step else None,
            "tick_at": times.changes_at,
            # How it ended stays readable: late is late.
            "timeliness": times.timeliness if step or not owner else owner["timeliness"],
            **self._blame_values(verdict, order),
        }


def _is_sold(order):
    return order["root_model"] == SALE.model


def _is_news(step, milestone, before):
    """Tell whether a milestone has to be written; what was not started has no row."""
    if not before:
        return progress.started(step, milestone)
    return before.facts() != milestone.facts()


#: The columns that may change, and what kind they are: all, and those of the progress alone.
_CHANGING = [
    (name, kind) for name, kind in TRANSACTION_COLUMNS.items() if name not in FIXED_COLUMNS
]
_PROGRESSING = [(name, kind) for name, kind in _CHANGING if name in PROGRESS_COLUMNS]


def _changed_columns(owner, values, order):
    """Return which columns of the stored row differ from the values it should have."""
    names = []
    # What was taken from the transaction is equal.
    for name, kind in _PROGRESSING if "of_owner" in order else _CHANGING:
        stored, value = owner[name], values[name]
        if stored == value:
            continue
        if kind == "timestamp":
            stored = order_counts.moment(stored)
        elif stored is not None and kind == "numeric":
            stored, value = round(stored, 6), round(value or 0, 6)
        if (stored or None) != (value or None):
            names.append(name)
    return names
