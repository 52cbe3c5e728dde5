"""What a provider could not do becomes an exception of the order; its success closes it."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.tools.errors import category_of

from ..tools.carrier_operation import BOOK, CANCEL, RETURN_LABEL

PAGE = 200
# A rate that cannot be had stops nothing: the log and its issue tell of it.
REPORTED = (BOOK, CANCEL, RETURN_LABEL)


class IntegrationException(models.Model):
    """The log tells: what failed is undone, with everything that was written of it."""

    _inherit = "integration.exception"

    @api.model
    def _check_carriers(self, new):
        """Open and close exceptions by the newest line of each transfer and operation.

        :param SQL new: condition on ``integration_log_data`` that holds for the new lines
        """
        lines = self._carrier_lines(new)
        for start in range(0, len(lines), PAGE):
            page = lines[start : start + PAGE]
            done = [line["key"] for line in page if line["outcome"] == "ok"]
            failed = [self._carrier_values(line) for line in page if line["outcome"] != "ok"]
            if done:
                self.search([("is_open", "=", True), ("dedupe_key", "in", done)])._resolve("auto")
            if failed:
                self._open(failed)
        self._settle_bookings()

    @api.model
    def _carrier_lines(self, new):
        """:return: list of dicts, the newest new line of each operation about a transfer"""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (l.operation, l.res_id)
                       l.operation || ':' || l.res_id AS key, l.operation, l.res_id, l.outcome,
                       l.error_class, l.error_message, l.fingerprint, endpoint.id AS endpoint_id,
                       system.id AS system_id, company.id AS company_id,
                       l.detail ->> 'carrier' AS carrier,
                       l.detail ->> 'document' AS document, owner.id AS transaction_id,
                       owner.partner_id, owner.amount_company
                  FROM (SELECT * FROM integration_log_data
                         WHERE %s AND kind = 'custom' AND operation IN %s
                           AND res_model = 'stock.picking' AND res_id IS NOT NULL) l
                  LEFT JOIN integration_transaction owner
                    ON owner.correlation_id = l.correlation_id
                  -- What a line names may be gone.
                  LEFT JOIN integration_endpoint endpoint ON endpoint.id = l.endpoint_id
                  LEFT JOIN integration_system system ON system.id = l.system_id
                  LEFT JOIN res_company company ON company.id = l.company_id
                 ORDER BY l.operation, l.res_id, l.occurred_at DESC, l.id DESC
                """,
                new,
                REPORTED,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _carrier_values(self, line):
        """:return: values of the exception of one failed operation"""
        words = {
            BOOK: self.env._("%(document)s: %(carrier)s did not book the shipment", **_who(line)),
            CANCEL: self.env._(
                "%(document)s: %(carrier)s did not cancel the shipment", **_who(line)
            ),
            RETURN_LABEL: self.env._(
                "%(document)s: %(carrier)s gave no return label", **_who(line)
            ),
        }
        return {
            "name": words[line["operation"]],
            "dedupe_key": line["key"],
            "category": category_of(line["error_class"]),
            "error_class": line["error_class"],
            "error_message": line["error_message"],
            "fingerprint": line["fingerprint"],
            "endpoint_id": line["endpoint_id"],
            "system_id": line["system_id"],
            "company_id": line["company_id"] or self.env.company.id,
            "transaction_id": line["transaction_id"],
            "partner_id": line["partner_id"],
            "amount_at_stake": line["amount_company"] or 0.0,
            "res_model": "stock.picking",
            "res_id": line["res_id"],
        }

    @api.model
    def _settle_bookings(self):
        """Close what was booked by hand since, or needs no booking any more."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id FROM integration_exception e
                 WHERE e.is_open AND e.dedupe_key LIKE %s
                   AND NOT EXISTS (SELECT FROM stock_picking p
                                    WHERE p.id = e.res_id AND p.state <> 'cancel'
                                      AND COALESCE(p.carrier_tracking_ref, '') = '')
                """,
                f"{BOOK}:%",
            )
        )
        self.browse([row[0] for row in rows])._resolve("auto")


def _who(line):
    return {"document": line["document"] or "?", "carrier": line["carrier"] or "?"}
