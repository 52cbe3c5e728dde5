"""Batches whose control totals do not agree become exceptions, and complete ones close them."""

import logging

from odoo import api, models
from odoo.tools import SQL

from ..instrumentation.log_rows import BATCH_MARK
from ..tools.errors import category_of

_logger = logging.getLogger(__name__)

# So many become exceptions together; one that cannot be written takes no others along.
PAGE = 200


class IntegrationException(models.Model):
    """One exception for each batch of a flow that is incomplete.

    The log tells: its lines outlive a rollback of whoever ran the exchange.
    """

    _inherit = "integration.exception"

    @api.model
    def _check_batches(self, new):
        """Open and close exceptions by the newest new line of each batch, in this transaction.

        :param SQL new: condition on ``integration_log_data`` that holds for the new lines
        """
        lines = self._batch_lines(new)
        for start in range(0, len(lines), PAGE):
            self._judge_batches(lines[start : start + PAGE])

    @api.model
    def _judge_batches(self, lines):
        """Open or close the exception of each batch, told by its newest line."""
        # Also what was opened when batches were told apart by their shown names alone.
        complete = [
            key for line in lines if line["outcome"] == "ok" for key in (line["key"], line["shown"])
        ]
        partial = [line for line in lines if line["outcome"] == "error"]
        try:
            with self.env.cr.savepoint():
                if complete:
                    self.search([("is_open", "=", True), ("dedupe_key", "in", complete)])._resolve(
                        "auto"
                    )
                if partial:
                    self._open([self._batch_values(line) for line in partial])
        except Exception:
            # The figures must go on; the failed lines stay in the log and in their issue.
            _logger.exception("Exceptions of %d batches could not be written", len(lines))
            self.env["integration.metric"]._note_failure(self.env.cr)

    @api.model
    def _batch_lines(self, new):
        """:return: list of dicts, the newest new line of each batch of a known flow"""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (l.flow_id, batch, mark)
                       l.flow_id, COALESCE(l.detail ->> 'batch', l.operation, '') AS batch,
                       l.detail ->> %s AS mark,
                       l.outcome, l.operation, l.error_class, l.error_message, l.fingerprint,
                       f.name AS flow_name
                  FROM (SELECT * FROM integration_log_data
                         WHERE %s AND kind = 'custom' AND flow_id IS NOT NULL
                           AND COALESCE(records_announced, records_received, records_applied)
                               IS NOT NULL) l
                  JOIN integration_flow f ON f.id = l.flow_id
                 ORDER BY l.flow_id, batch, mark, l.occurred_at DESC, l.id DESC
                """,
                BATCH_MARK,
                new,
            )
        )
        lines = self.env.cr.dictfetchall()
        for line in lines:
            line["shown"] = f"batch:{line['flow_id']}:{line['batch']}"
            line["key"] = f"{line['shown']}:{line['mark']}" if line["mark"] else line["shown"]
        return lines

    @api.model
    def _batch_values(self, line):
        """:return: the values of the exception of an incomplete batch"""
        label = line["batch"] or line["flow_name"]
        return {
            "name": self.env._(
                "Batch “%(batch)s” is incomplete (%(flow)s)", batch=label, flow=line["flow_name"]
            ),
            "dedupe_key": line["key"],
            "category": category_of(line["error_class"]),
            "error_class": line["error_class"],
            "error_message": line["error_message"],
            "fingerprint": line["fingerprint"],
            "flow_id": line["flow_id"],
        }
