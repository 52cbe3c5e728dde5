"""The technical side of a transaction: trace, log and evidence, for those who look after it."""

import json
from datetime import timedelta

from odoo import fields, models

VIEWER = "integration_monitor.group_viewer"
LOG_LINES = 100
# What led to an order happened shortly before: PostgreSQL skips older partitions of the log.
LOG_MARGIN = timedelta(days=31)


class IntegrationTransactionTechnical(models.Model):
    _inherit = "integration.transaction"

    open_exception_ids = fields.Many2many(
        "integration.exception",
        string="Open Problems",
        compute="_compute_open_exception_ids",
        groups=VIEWER,
    )
    trace_ids_text = fields.Char(
        string="Traces", compute="_compute_trace_ids_text", groups=VIEWER, help="Of its messages."
    )
    log_ids = fields.Many2many(
        "integration.log",
        string="Log",
        compute="_compute_log_ids",
        groups=VIEWER,
        help="The newest lines of its correlation id.",
    )
    evidence_text = fields.Text(
        string="Evidence in Full", compute="_compute_evidence_text", groups=VIEWER
    )

    def _compute_open_exception_ids(self):
        """Find the open exceptions, the worst first."""
        problems = self.env["integration.exception"].search(
            [("transaction_id", "in", self.ids), ("is_open", "=", True)],
            order="severity_rank, opened_at, id",
        )
        for transaction in self:
            transaction.open_exception_ids = problems.filtered(
                lambda problem, owner=transaction: problem.transaction_id == owner
            )

    def _compute_trace_ids_text(self):
        """List the traces that its messages belong to."""
        groups = self.env["integration.message"]._read_group(
            [("transaction_id", "in", self.ids), ("trace_id", "!=", False)],
            ["transaction_id"],
            ["trace_id:array_agg_distinct"],
        )
        traces = {owner.id: ", ".join(found) for owner, found in groups}
        for transaction in self:
            transaction.trace_ids_text = traces.get(transaction.id, False)

    def _compute_log_ids(self):
        """Find what the log saw, the newest first; read for one transaction at a time."""
        for transaction in self:
            transaction.log_ids = self.env["integration.log"].search(
                transaction._log_domain(), limit=LOG_LINES
            )

    def _compute_evidence_text(self):
        for transaction in self:
            evidence = transaction.evidence
            transaction.evidence_text = evidence and json.dumps(
                evidence, indent=2, ensure_ascii=False, sort_keys=True
            )

    def action_open_technical(self):
        """Open the technical view: ids, traces, log lines, messages and evidence."""
        self.ensure_one()
        view = self.env.ref("integration_monitor.integration_transaction_view_form_technical")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%s: Technical View", self.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[view.id, "form"]],
        }

    def action_open_log(self):
        """Show all log lines of the correlation id, the newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_log"
        )
        return {
            **action,
            "name": self.env._("Log of %s", self.name),
            "domain": self._log_domain(),
            "context": {},
        }

    def _log_domain(self):
        """Return the domain of its lines of the log."""
        self.ensure_one()
        return [
            ("correlation_id", "=", self.correlation_id),
            ("occurred_at", ">=", self.started_at - LOG_MARGIN),
        ]
