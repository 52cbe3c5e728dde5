"""Transactions whose next document a gate keeps back."""

from odoo import api, models

from ..tools import gates, milestone_reports
from .integration_flow_wake import CHANNEL

# So many transactions are judged anew in one job after a gate was changed.
REFRESH_BATCH = 200
REFRESH_LIMIT = 10000


class IntegrationTransactionGate(models.Model):
    _inherit = "integration.transaction"

    @api.model
    def _gate_evidence(self, awaited, order, steps, milestones):
        """Tell which gate keeps back a document of the order that is ready; without gates nothing.

        :param Step awaited: what the order waits for
        :param order: row of the snapshot
        :return: dict of ``gate``, ``document``, ``step``, ``waits_on``, ``system``, ``system_id``;
            or None
        """
        Gate = self.env["integration.gate"]
        rules = (*Gate._rules("stock.picking"), *Gate._rules("account.move"))
        if not rules:
            return None
        found = {step.code: (step, new) for step, new in zip(steps, milestones, strict=True)}
        for rule in rules:
            step, milestone = found.get(rule.step_code, (None, None))
            if (
                step is None
                or not rule.concerns(order["root_model"])
                or not rule.explains(awaited.code, awaited.event_code)
                or gates.is_open(
                    milestone.state, expected=milestone.expected, optional=step.optional
                )
            ):
                continue
            document = self._gated_document(rule, order)
            if document:
                return self._gate_facts(rule, step, document, order)
        return None

    @api.model
    def _gated_document(self, rule, order):
        """:return: the name of a document of the order that is ready and that the gate keeps back,
        or None"""
        ready = self._ready_documents(rule.document_step, order)
        if not ready:
            return None
        if rule.document_step == "invoice" and not rule.covers_warehouse(order["warehouse_id"]):
            return None
        kept_back = self._kept_back(rule, order["batch"])
        document = next((found for found in ready if found.id in kept_back), None)
        if not document or rule.document_step != "invoice":
            return document and document.name
        # A draft has no number: Odoo says what it is called.
        moves = self.env["account.move"].sudo()  # as below
        return moves.browse(document.id).with_prefetch(list(kept_back)).display_name

    @api.model
    def _ready_documents(self, document_step, order):
        """:return: the transfers that may be validated, or the invoices that may be posted, as the
        rows of the snapshot have them"""
        root = self._roots()[order["root_model"]]
        if document_step == "invoice":
            invoices = (root.invoice(*row) for row in order["invoices"] or ())
            return [invoice for invoice in invoices if invoice.state == "draft"]
        pickings = (root.picking(*row) for row in order["pickings"] or ())
        return [picking for picking in pickings if picking.state == "assigned"]

    @api.model
    def _kept_back(self, rule, batch):
        """Tell what one gate keeps back of a batch; read for all its orders when one asks.

        :param Batch batch: of rows of the snapshot
        :return: set of ids of documents that are ready
        """
        kept = batch.kept.setdefault("gates", {})
        if not kept:
            kept["ready"] = ready = self._all_ready(batch)
            kept["passed"] = self.env["integration.gate"]._read_ahead(ready)
        if rule not in kept:
            model = gates.MODELS[rule.document_step]
            # Whoever moves one document need not read the others.
            documents = self.env[model].sudo().browse(kept["ready"][model])
            kept[rule] = {
                document.id
                for document in self.env["integration.gate"]._covered(rule, documents)
                if (rule.id, model, document.id) not in kept["passed"]
            }
        return kept[rule]

    @api.model
    def _all_ready(self, batch):
        """:return: ids of :meth:`_ready_documents` of all orders of a batch, by model"""
        ids = {model: set() for model in gates.MODELS.values()}
        for document_step, model in gates.MODELS.items():
            for order in batch.orders:
                ids[model].update(found.id for found in self._ready_documents(document_step, order))
        return {model: sorted(found) for model, found in ids.items()}

    @api.model
    def _gate_facts(self, rule, step, document, order):
        """:return: what the verdict says; see :meth:`_gate_evidence`"""
        Step = self.env["integration.process.step"]
        source = step.message_type and milestone_reports.source_of(
            step, Step._sources(order["company_id"]), order["warehouse_id"]
        )
        return {
            "gate": rule.name,
            "document": document,
            "step": Step._name_of(step.id),
            "waits_on": step.waits_on,
            "system": source.system if source else None,
            "system_id": source.system_id if source else None,
        }

    @api.model
    def _refresh_gated_later(self):
        """Judge the running transactions anew after a gate was changed; by jobs."""
        running = self.search([("state", "=", "in_progress")], limit=REFRESH_LIMIT)
        for start in range(0, len(running), REFRESH_BATCH):
            batch = running[start : start + REFRESH_BATCH]
            batch.with_delay(
                channel=CHANNEL,
                description=self.env._("Gates of %(count)s transactions", count=len(batch)),
            )._refresh_blame()
