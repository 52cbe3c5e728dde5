"""From the snapshot of an order to its transaction and milestones as they should be."""

import uuid
from collections import defaultdict

from odoo import api, fields, models

from ..tools import blame as judging
from ..tools import milestone_reports, order_counts
from ..tools import milestones as progress
from ..tools.milestones import Milestone, Report
from ..tools.order_store_sql import FIXED_COLUMNS, TRANSACTION_COLUMNS
from .integration_transaction_evidence import RootCauses


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
        #: ids of orders from before the installation, which carry no correlation id yet
        self.unnamed = []


class IntegrationTransactionAdvance(models.Model):
    _inherit = "integration.transaction"

    def _advance(self, orders, notes):
        """Bring transactions in line with the snapshot of their orders.

        :param list orders: rows of :meth:`_snapshot`
        :return: transaction id by order id
        """
        now = self.env.cr.now().replace(microsecond=0)
        reports = self._reports_by_owner(notes.reports, now)
        changes = Changes()
        owner_by_order = {}
        partners = self._records("res.partner", orders, "partner_id")
        warehouses = self._records("stock.warehouse", orders, "warehouse_id")
        roots = RootCauses(self.env)
        for order in orders:
            order["root_causes"] = roots
            owner = order["owner"]
            order["partner"] = partners[order["partner_id"]]
            order["warehouse"] = warehouses.get(order["warehouse_id"])
            begun = order["id"] in notes.begun
            if not owner and not begun and order["state"] != "sale":
                continue
            process_id = owner["process_id"] if owner else self.env[
                "integration.process"
            ]._for_root("sale.order", order["company_id"])  # fmt: skip
            if not process_id:
                continue
            values, milestones = self._judge_order(
                order, process_id, notes.message_ids.get(order["id"]), reports, now
            )
            values["id"] = owner_id = owner_by_order[order["id"]] = order["owner_id"]
            if not owner:
                changes.created.append(values)
                if begun:
                    changes.linked.append(values["correlation_id"])
                if not order["correlation_id"]:
                    changes.unnamed.append(order["id"])
            elif names := _changed_columns(owner, values):
                changes.updated.append(values)
                changes.columns.update(names)
            rows = order_counts.document_changes(order)
            changes.documents += [{"transaction_id": owner_id, **row} for row in rows]
            changes.milestones += [{"transaction_id": owner_id, **row} for row in milestones]
        if changes.created or changes.updated or changes.documents or changes.milestones:
            self._store(changes)
        if changes.milestones and self.env["integration.gate"]._in_use():
            owners = {row["transaction_id"] for row in changes.milestones}
            self.env["integration.message"]._release_gated(owners)
        return owner_by_order

    @api.model
    def _records(self, model, orders, column):
        """Records by id, read together once the name of one is asked for; most often none is."""
        ids = {order[column] for order in orders if order[column]}
        # Nothing but the name: a partner has dozens of other columns.
        records = self.env[model].with_context(prefetch_fields=False).browse(ids)
        return {record.id: record for record in records}

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
        pickings = [order_counts.Picking(*row) for row in order["pickings"] or ()]
        invoices = [order_counts.Invoice(*row) for row in order["invoices"] or ()]
        steps = self.env["integration.process"]._definition(process_id)
        old = {row[0]: _milestone(*row) for row in order["milestones"] or ()}
        counts = order_counts.count_order(order, pickings, invoices)
        sources = self.env["integration.process.step"]._sources(order["company_id"])
        told = (order["evidence"] or {}).get("told") or ()
        counts.update(
            milestone_reports.expected_reports(
                steps, sources, counts, order["warehouse_id"], old, told
            )
        )
        self._count_further(order, steps, pickings, old, counts)
        found = reports.get(owner.get("id"), []) + reports.get(order["correlation_id"], [])
        if message_id and (created := counts.get("sale.created")):
            created.message_id = message_id
        new = progress.advance(steps, counts, old, found, now)
        started = order_counts.moment(owner.get("started_at") or order["create_date"])
        promised = order_counts.moment(order["commitment_date"])
        if not owner:
            progress.plan(steps, new, started, promised)
        sequences = {step.id: step.sequence for step in steps}
        changes = [
            _milestone_values(milestone, sequences[milestone.step_id])
            for milestone in new
            if milestone.step_id not in old or old[milestone.step_id].facts() != milestone.facts()
        ]
        values = self._root_values(order, owner, process_id, started)
        values.update(self._progress_values(order, steps, new, pickings, invoices, now))
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
            "res_model": "sale.order",
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

    def _progress_values(self, order, steps, milestones, pickings, invoices, now):
        """State, awaited step, timeliness and blame of one transaction."""
        owner = order["owner"] or {}
        step = progress.awaited(steps, milestones)
        last = max((m.reached_at for m in milestones if m.reached_at), default=now)
        if order["state"] == "cancel" or order_counts.is_undone(order, pickings, invoices):
            state, step = "cancelled", None
        else:
            state = "in_progress" if step else "completed"
        since = None
        if step and step.id == owner.get("waits_for_step_id"):
            since = order_counts.moment(owner["waits_since"])
        elif step:
            since = now if owner else last
        gone = any(
            milestone.state == "reached"
            for step_of, milestone in zip(steps, milestones, strict=True)
            if step_of.event_code == "picking.out.done"
        )
        due_at = judging.due(
            step,
            since,
            order_counts.scheduled(step, pickings, invoices),
            None if gone else order_counts.moment(order["commitment_date"]),
        )
        timeliness, tick_at = judging.timeliness(since, due_at, now)
        if not step and owner:
            # How it ended stays readable: late is late.
            timeliness = owner["timeliness"]
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
            "due_at": due_at,
            "tick_at": tick_at,
            "timeliness": timeliness,
            **self._blame_values(verdict, order),
        }


def _changed_columns(owner, values):
    """Return which columns of the stored row, as JSON, differ from the values it should have."""
    names = []
    for name, kind in TRANSACTION_COLUMNS.items():
        if name in FIXED_COLUMNS:
            continue
        stored, value = owner[name], values[name]
        if stored is not None and kind == "timestamp":
            stored = order_counts.moment(stored)
        elif stored is not None and kind == "numeric":
            stored, value = round(stored, 6), round(value or 0, 6)
        if (stored or None) != (value or None):
            names.append(name)
    return names


def _milestone(
    step_id, state, reached_at, planned_at, expected, reached, model, res_id, message_id, source,
    evidence, history,
):  # fmt: skip
    """The stored form of a milestone, from JSON."""
    return Milestone(
        step_id, state, order_counts.moment(reached_at), order_counts.moment(planned_at),
        expected or 0, reached or 0, model, res_id, message_id, source, evidence or {},
        history or [],
    )  # fmt: skip


def _milestone_values(milestone, sequence):
    """The columns of a milestone."""
    return {
        "step_id": milestone.step_id,
        "sequence": sequence,
        "state": milestone.state,
        "planned_at": milestone.planned_at,
        "reached_at": milestone.reached_at,
        "expected_count": milestone.expected,
        "reached_count": milestone.reached,
        "res_model": milestone.res_model,
        "res_id": milestone.res_id,
        "message_id": milestone.message_id,
        "source": milestone.source,
        "evidence": milestone.evidence or None,
        "history": milestone.history or None,
    }
