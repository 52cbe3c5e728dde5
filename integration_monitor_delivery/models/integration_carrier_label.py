"""Labels that a carrier sold: does a transfer carry their number?"""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_loose_reference_mixin import (
    LooseMany2one,
)

from ..tools.carrier_operation import BOOK, CANCEL, RETURN_LABEL
from .stock_picking import NUMBERS

_logger = logging.getLogger(__name__)

# So many labels become exceptions together.
PAGE = 200
# A transaction number of another server (a restored dump) tells nothing: after so long none runs.
LONGEST = "1 day"
#: What the redactor leaves of a number that reads like one of a payment card.
MASKED = "[redacted]"

_OF_LABEL = SQL("string_to_array(replace(label.tracking_number, ' ', ''), ',')")
_CARRIED = SQL(
    """EXISTS (SELECT FROM stock_picking p WHERE p.carrier_tracking_ref IS NOT NULL
                   AND %s @> %s)
       OR (label.tracking_number = %s AND EXISTS (
           SELECT FROM stock_picking p
            WHERE p.id = label.picking_id AND p.carrier_tracking_ref IS NOT NULL))""",
    SQL(NUMBERS.replace("carrier_tracking_ref", "p.carrier_tracking_ref")),
    _OF_LABEL,
    MASKED,
)
# A return label stands on no transfer: the transaction that bought it left a row that says so.
_KEPT = SQL(
    """EXISTS (
        SELECT FROM integration_carrier_label twin
         WHERE COALESCE(twin.kept, false) <> COALESCE(label.kept, false)
           AND twin.picking_id = label.picking_id
           AND (twin.tracking_number = label.tracking_number
                OR %(masked)s IN (twin.tracking_number, label.tracking_number)))""",
    masked=MASKED,
)
# The transaction that bought it ended before this statement began to look.
_ENDED = SQL(
    """(label.xact IS NULL
        OR pg_visible_in_snapshot(label.xact::xid8, pg_current_snapshot())
        -- What this very transaction bought (tests share one) never enters its snapshot.
        OR label.xact::xid8 = pg_current_xact_id_if_assigned()
        OR label.booked_at < (now() AT TIME ZONE 'UTC') - %s::interval)""",
    LONGEST,
)


class IntegrationCarrierLabel(models.Model):
    """A label that the log has as bought, until a transfer carries its number.

    A label is bought in the middle of a database transaction. If that fails, or is repeated after
    a conflict, the carrier has sold a label that nothing in Odoo knows of, except the log, which
    outlives the transaction. Rows that are settled are deleted: few are left at any time.

    No transfer carries the number of a return label. The transaction that buys one leaves a row
    that is ``kept``, and that vanishes with it; the label's own row is settled by it.
    """

    _name = "integration.carrier.label"
    _description = "Label that no transfer carries yet"
    _inherit = ["integration.loose.reference.mixin"]
    _log_access = False
    _order = "booked_at desc, id desc"
    _rec_name = "tracking_number"

    booked_at = fields.Datetime(required=True, readonly=True)
    tracking_number = fields.Char(required=True, readonly=True)
    price = fields.Float(readonly=True, aggregator=None)
    currency = fields.Char(readonly=True)
    carrier_id = LooseMany2one("delivery.carrier", readonly=True)
    carrier_name = fields.Char(readonly=True)
    picking_id = LooseMany2one("stock.picking", readonly=True)
    picking_name = fields.Char(readonly=True)
    order_name = fields.Char(readonly=True)
    system_id = LooseMany2one("integration.system", readonly=True)
    correlation_id = fields.Char(readonly=True)
    xact = fields.Char(
        "Database Transaction", readonly=True, help="The one in which the label was bought."
    )
    company_id = LooseMany2one("res.company", readonly=True)
    exception_id = fields.Many2one(
        "integration.exception", readonly=True, ondelete="set null", index="btree_not_null"
    )
    told = fields.Boolean(readonly=True, help="Somebody was told of it.")
    kept = fields.Boolean(
        default=False,
        readonly=True,
        help="Left by what bought a return label; until the log tells of the label.",
    )

    @api.model
    def _note_kept(self, carrier, pickings, answers):
        """Note return labels in the transaction that bought them; observing breaks nothing.

        :param answers: what the provider answered, see ``carrier_operation.answered``
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self._keep(carrier, pickings, answers)
        except Exception:  # the label is bought, whatever becomes of our note
            _logger.warning("A return label cannot be followed.", exc_info=True)

    @api.model
    def _keep(self, carrier, pickings, answers):
        """Create the rows that say that labels were kept."""
        if not isinstance(answers, list | tuple):
            return
        numbers = [isinstance(one, dict) and one.get("tracking_number") for one in answers]
        # The engine's bookkeeping, whoever buys.
        self.sudo().create(
            [
                {
                    "booked_at": fields.Datetime.now(),
                    "tracking_number": str(number),
                    "carrier_id": carrier.id,
                    "picking_id": picking.id,
                    "company_id": picking.company_id.id,
                    "kept": True,
                }
                for picking, number in zip(pickings, numbers, strict=False)
                if number
            ]
        )

    @api.model
    def _follow(self, new):
        """Take in what the new lines of the log tell, and look where the labels are.

        :param SQL new: condition on ``integration_log_data`` that holds for the new lines
        """
        self.env.flush_all()
        self._take_in(new)
        self._settle(new)
        self._report()
        self.invalidate_model(flush=False)

    @api.model
    def _take_in(self, new):
        """Note the labels that were bought."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO integration_carrier_label (
                       booked_at, tracking_number, price, currency, carrier_id, carrier_name,
                       picking_id, picking_name, order_name, system_id, correlation_id, xact,
                       company_id, kept)
                SELECT occurred_at, detail ->> 'tracking_number', (detail ->> 'price')::float,
                       detail ->> 'currency', (detail ->> 'carrier_id')::int,
                       detail ->> 'carrier', res_id, detail ->> 'document', detail ->> 'order',
                       system_id, correlation_id, detail ->> 'transaction', company_id,
                       false
                  FROM integration_log_data
                 WHERE %s AND kind = 'custom' AND outcome = 'ok'
                   AND (operation = %s OR (operation = %s AND detail ? 'transaction'))
                   AND detail ->> 'tracking_number' <> ''
                """,
                new,
                BOOK,
                RETURN_LABEL,
            )
        )

    @api.model
    def _settle(self, new):
        """Forget labels that a transfer carries, that were cancelled, or that a person closed."""
        cancelled = SQL(
            """EXISTS (
                SELECT FROM (SELECT * FROM integration_log_data
                              WHERE %s AND kind = 'custom' AND operation = %s
                                AND outcome = 'ok') line
                 WHERE line.detail ->> 'carrier_id' = label.carrier_id::text
                   AND line.occurred_at >= label.booked_at
                   AND string_to_array(replace(line.detail ->> 'tracking_number', ' ', ''), ',')
                       @> %s)""",
            new,
            CANCEL,
            _OF_LABEL,
        )
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM integration_carrier_label label
                 WHERE %(kept)s
                    OR (label.kept AND label.booked_at
                                       < (now() AT TIME ZONE 'UTC') - %(longest)s::interval)
                    OR (label.kept IS NOT TRUE AND (
                        %(carried)s OR %(cancelled)s
                        OR (told AND NOT EXISTS (
                            SELECT FROM integration_exception e
                             WHERE e.id = label.exception_id AND e.is_open))))
             RETURNING exception_id
                """,
                kept=_KEPT,
                longest=LONGEST,
                carried=_CARRIED,
                cancelled=cancelled,
            )
        )
        ids = [row[0] for row in rows if row[0]]
        self.env["integration.exception"].browse(ids)._resolve("auto")

    @api.model
    def _report(self):
        """Open an exception for each label whose transaction is over and that nothing carries."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT label.id, owner.id
                  FROM integration_carrier_label label
                  LEFT JOIN integration_transaction owner
                    ON owner.correlation_id = label.correlation_id
                 WHERE label.told IS NOT TRUE AND label.kept IS NOT TRUE AND %s
                 ORDER BY label.id
                 LIMIT %s
                """,
                _ENDED,
                PAGE,
            )
        )
        if not rows:
            return
        labels = self.browse([row[0] for row in rows])
        transactions = self.env["integration.transaction"]
        exceptions = self.env["integration.exception"]._open(
            [
                # A transfer without an order belongs to none.
                label._lost_values(transactions.browse(owner_id or ()))
                for label, (_id, owner_id) in zip(labels, rows, strict=True)
            ]
        )
        for label, exception in zip(labels, exceptions, strict=True):
            label.write({"exception_id": exception.id, "told": True})
        self.env.flush_all()

    def _lost_values(self, transaction):
        """:return: values of the exception of one label that nothing carries"""
        self.ensure_one()
        company = self.company_id or self.env.company
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", self.currency)], limit=1) or company.currency_id
        picking = self.picking_id
        return {
            "name": self.env._(
                "%(carrier)s: label %(number)s is on no transfer",
                carrier=self.carrier_name,
                number=self.tracking_number,
            ),
            "dedupe_key": f"carrier.label:{self.id}",
            "category": "technical",
            "error_class": "unknown",
            "error_message": self.env._(
                "%(carrier)s sold label %(number)s for %(price)s (%(picking)s, %(order)s, "
                "%(moment)s UTC), but what Odoo did with it was undone. Cancel this label with the "
                "carrier, or enter its number on the transfer that it travels with: this closes "
                "by itself then.",
                carrier=self.carrier_name,
                number=self.tracking_number,
                price=currency.format(self.price or 0.0),
                picking=self.picking_name or "?",
                order=self.order_name or "?",
                moment=self.booked_at,
            ),
            "system_id": self.system_id.id,
            "transaction_id": transaction.id,
            "res_model": "stock.picking" if picking else False,
            "res_id": picking.id,
            "partner_id": transaction.partner_id.id,
            "amount_at_stake": currency._convert(
                self.price or 0.0, company.currency_id, company, self.booked_at
            ),
            "company_id": company.id,
        }
