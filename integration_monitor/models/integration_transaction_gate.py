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
        """:return: a document of the order that is ready and that the gate keeps back, or none"""
        Gate = self.env["integration.gate"]
        root = order["root"]
        if rule.document_step == "invoice":
            if not rule.covers_warehouse(order["warehouse_id"]):
                return None
            invoices = (root.invoice(*row) for row in order["invoices"] or ())
            ids = [invoice.id for invoice in invoices if invoice.state == "draft"]
        else:
            pickings = (root.picking(*row) for row in order["pickings"] or ())
            ids = [picking.id for picking in pickings if picking.state == "assigned"]
        if not ids:
            return None
        documents = self.env[gates.MODELS[rule.document_step]].sudo().browse(ids)
        passed = Gate._passed(documents)
        covered = Gate._covered(rule, documents)
        return covered.filtered(lambda document: (rule.id, document.id) not in passed)[:1]

    @api.model
    def _gate_facts(self, rule, step, document, order):
        """:return: what the verdict says; see :meth:`_gate_evidence`"""
        sources = self.env["integration.process.step"]._sources(order["company_id"])
        source = step.message_type and milestone_reports.source_of(
            step, sources, order["warehouse_id"]
        )
        return {
            "gate": rule.name,
            "document": document.display_name,
            "step": self.env["integration.process.step"].sudo().browse(step.id).name,
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
