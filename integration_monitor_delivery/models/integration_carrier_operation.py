"""What providers of deliveries did, by carrier; for lists, graphs and pivots."""

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_log import ERROR_CLASSES, OUTCOMES
from odoo.addons.integration_monitor.models.integration_loose_reference_mixin import (
    LooseMany2one,
)

from ..tools.carrier_operation import BOOK, CANCEL, OPERATIONS, RATE, RETURN_LABEL, TRACK

KINDS = [
    (RATE, "Rate"),
    (BOOK, "Booking"),
    (RETURN_LABEL, "Return label"),
    (TRACK, "Tracking"),
    (CANCEL, "Cancellation"),
]
INDEX = "integration_log_data_carrier_idx"
# As the index has them, too. Whatever else may use such a name for an exchange is no number.
_CARRIER = SQL(
    "CASE WHEN jsonb_typeof(detail -> 'carrier_id') = 'number'"
    " THEN (detail ->> 'carrier_id')::int END"
)
_OURS = SQL(  # an index takes literals only: constants of this addon
    "kind = 'custom' AND operation IN (%s)", SQL(", ".join(f"'{code}'" for code in OPERATIONS))
)


class IntegrationCarrierOperation(models.Model):
    """Lines of the log that are operations of a provider; their ids are those of the lines."""

    _name = "integration.carrier.operation"
    _description = "Operation of a carrier"
    _inherit = ["integration.loose.reference.mixin"]
    _auto = False
    _order = "occurred_at desc, id desc"
    _rec_name = "document_name"

    occurred_at = fields.Datetime("When", readonly=True)
    carrier_id = LooseMany2one("delivery.carrier", "Delivery Method", readonly=True)
    operation = fields.Selection(KINDS, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    success = fields.Float(
        "Success Rate",
        readonly=True,
        aggregator="avg",
        help="Share of the operations that succeeded.",
    )
    duration_ms = fields.Float("Duration (ms)", readonly=True, aggregator="avg", digits=(12, 1))
    price = fields.Float(readonly=True, aggregator=None)
    currency = fields.Char(readonly=True)
    tracking_number = fields.Char(readonly=True)
    document_name = fields.Char("Document", readonly=True)
    order_name = fields.Char("Order", readonly=True)
    error_class = fields.Selection(ERROR_CLASSES, readonly=True)
    error_message = fields.Text(readonly=True)
    system_id = LooseMany2one("integration.system", readonly=True)
    endpoint_id = LooseMany2one("integration.endpoint", readonly=True)
    user_id = LooseMany2one("res.users", "User", readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)

    def init(self):
        """Let the log find the operations of a carrier; each new partition has the index, too."""
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS %s ON integration_log_data ((%s), occurred_at)"
                " WHERE %s",
                SQL.identifier(INDEX),
                _CARRIER,
                _OURS,
            )
        )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT id, occurred_at, %s AS carrier_id, operation, outcome,
                   CASE outcome WHEN 'ok' THEN 1.0 ELSE 0.0 END AS success, duration_ms,
                   CASE WHEN jsonb_typeof(detail -> 'price') = 'number'
                        THEN (detail ->> 'price')::float END AS price,
                   detail ->> 'currency' AS currency,
                   detail ->> 'tracking_number' AS tracking_number,
                   detail ->> 'document' AS document_name, detail ->> 'order' AS order_name,
                   error_class, error_message, system_id, endpoint_id, user_id, company_id
              FROM integration_log_data
             WHERE %s
            """,
            _CARRIER,
            _OURS,
        )

    def action_open_log(self):
        """Open the line of the log, from which the document and all related lines are a click."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.log",
            "res_id": self.id,
            "views": [(False, "form")],
        }
