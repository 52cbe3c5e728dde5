from odoo import models
from odoo.tools import SQL

from odoo.addons.integration_monitor.tools.errors import ContractError, RetryLater

from ..tools.tracking import (
    ENDED_STATUSES,
    PROBLEM_STATUSES,
    RESTING_STATUSES,
    STATUS_RANK,
    move_on,
    numbers_of,
    parse_tracking_event,
    standing,
)
from .integration_carrier_invoice import DELIVERING

# The answer to a booking is settled within seconds; an event that overtakes it is tried again.
BOOKING_SETTLES_SECONDS = 20


class IntegrationHandlerCarrierTracking(models.AbstractModel):
    """Moves deliveries along as the carrier reports them; invoices once all is delivered."""

    _name = "integration.handler.carrier.tracking"
    _inherit = ["integration.handler", "integration.carrier.invoice"]
    _description = "Carrier: tracking events"

    def _directions(self):
        return ("inbound",)

    def _required_groups(self):
        """Deliveries are moved along; delivered orders are invoiced."""
        return (
            "stock.group_stock_user",
            "sales_team.group_sale_salesman_all_leads",
            "account.group_account_invoice",
        )

    def _handle(self, message, payload):
        try:
            event = parse_tracking_event(payload)
        except ValueError as error:
            raise ContractError(
                self.env._("Tracking event not understood: %(error)s.", error=error)
            ) from error
        pickings = self._find_pickings(message, event.tracking_code)
        if not pickings:
            pickings = self._find_returns(message, event.tracking_code)
        if not pickings and event.status in RESTING_STATUSES:
            # The carrier confirms what was cancelled in Odoo, or comes late to the booking of it.
            if former := self._find_former(message, event.tracking_code):
                for picking in former:
                    # What its present numbers come to, or came to, stays.
                    parcels = picking._integration_known_parcels()
                    parcels = move_on(parcels, event, message.flow_id.id)
                    picking.integration_parcels = parcels
                return former
        if not pickings:
            raise RetryLater(
                BOOKING_SETTLES_SECONDS,
                self.env._(
                    "No delivery has the tracking number %(tracking)s yet. If it was booked "
                    "outside of Odoo, enter the number on the delivery, then press Retry.",
                    tracking=event.tracking_code,
                ),
            )
        moved = pickings.filtered(
            lambda picking: event.rank > self._parcel_rank(picking, event.tracking_code)
        )
        arrived = self._move_on(message.flow_id, pickings, event)
        if moved and event.status in PROBLEM_STATUSES:
            self._report_problem(message, moved, event)
        elif event.status == "delivered":
            moved._integration_settle_parcels([event.tracking_code])
        self._record_milestones(message, pickings, event)
        self._invoice_arrived(message.flow_id, arrived)
        return pickings

    def _parcel_rank(self, picking, number):
        """Return how far one parcel of a delivery has come."""
        return STATUS_RANK[picking._integration_known_parcels().get(number, ("unknown",))[0]]

    def _move_on(self, flow, pickings, event):
        """Note where a parcel is, and what its deliveries come to with all their parcels.

        :return: the deliveries that arrived with it
        """
        arrived = pickings.browse()
        for picking in pickings:
            parcels = move_on(picking._integration_known_parcels(), event, flow.id)
            status, arrived_at = standing(numbers_of(picking.carrier_tracking_ref), parcels)
            before = picking.integration_tracking_status or "unknown"
            if parcels == (picking.integration_parcels or {}) and status == before:
                continue
            values = {"integration_parcels": parcels}
            if status != before:
                values["integration_tracking_status"] = status
                values["integration_tracking_at"] = event.occurred_at
                values["integration_delivered_at"] = arrived_at
            picking.write(values)
            if not arrived_at and event.status in ENDED_STATUSES:
                # A parcel of it came back, and arrived when it was sent again.
                arrived |= picking.filtered(lambda one: one._integration_arrived_at())
            elif arrived_at and before != status:
                arrived |= picking
        return arrived

    def _stake(self, message, payload):
        """Name the parcel on the exception, not the carrier's event."""
        try:
            event = parse_tracking_event(payload)
        except ValueError:
            return {}
        return {
            "reference": event.tracking_code,
            "about": self.env._("Parcel %s", event.tracking_code),
            "document": self._find_pickings(message, event.tracking_code)[:1],
            # A parcel only moves on: what was scanned later counts for more.
            "version": f"{event.rank:03d}",
        }

    def _find_returns(self, message, tracking_code):
        """Return the transfers that bring goods back from customers and carry the number."""
        return self._find_pickings(message, tracking_code, ("incoming",)).filtered(
            lambda picking: picking.location_id.usage == "customer"
        )

    def _find_pickings(self, message, tracking_code, codes=DELIVERING):
        """Return the done deliveries that carry the number, in the flow's company.

        A picking may hold several numbers, separated by commas; the chain before the delivery
        may carry them too, so only transfers to customers count, also those of vendors.
        """
        candidates = self.env["stock.picking"].search(
            [
                ("company_id", "=", message.company_id.id),
                ("picking_type_code", "in", codes),
                ("carrier_tracking_ref", "like", tracking_code),
            ],
            limit=50,
        )
        return candidates.filtered(
            lambda picking: tracking_code in numbers_of(picking.carrier_tracking_ref)
        )

    def _find_former(self, message, tracking_code):
        """Return the deliveries that carried the number until it was taken off, or cancelled."""
        self.env["stock.picking"].flush_model(["company_id", "integration_parcels"])
        rows = self.env.execute_query(
            SQL(
                # Without an index, which each transfer would pay for: such events are few.
                """SELECT id FROM stock_picking
                    WHERE integration_parcels IS NOT NULL AND company_id = %s
                      AND integration_parcels ? %s""",
                message.company_id.id,
                tracking_code,
            )
        )
        return self.env["stock.picking"].browse([row[0] for row in rows])._filtered_access("write")

    def _record_milestones(self, message, pickings, event):
        """Record what the carrier saw on the transactions of the deliveries."""
        values = [
            value
            for picking in pickings
            for value in picking._integration_parcel_reports(
                event.in_transit_at,
                event.status in ENDED_STATUSES and picking._integration_arrived_at(),
                message.id,
            )
        ]
        if values:
            # The recorder's tables are written by code only, whoever runs the handler.
            self.env["integration.milestone"].sudo()._record(values)

    def _report_problem(self, message, pickings, event):
        """Open one exception for a parcel that will not arrive as promised."""
        transactions = pickings.integration_transaction_ids
        picking = pickings[:1]
        # Exceptions are opened by code only, whoever runs the handler.
        self.env["integration.exception"].sudo()._open(
            [
                {
                    "dedupe_key": picking._integration_parcel_key(event.tracking_code),
                    "name": self.env._(
                        "%(picking)s: %(status)s",
                        picking=picking.name,
                        status=dict(
                            picking._fields["integration_tracking_status"]._description_selection(
                                self.env
                            )
                        )[event.status],
                    ),
                    "category": "partner",
                    "error_class": "business",
                    "error_message": self.env._(
                        "%(carrier)s reports “%(detail)s” for parcel %(tracking)s. Call the "
                        "carrier or the customer; the exception closes when the parcel is "
                        "delivered.",
                        carrier=event.carrier or message.flow_id.system_id.name,
                        detail=event.detail or event.status,
                        tracking=event.tracking_code,
                    ),
                    "flow_id": message.flow_id.id,
                    "system_id": message.flow_id.system_id.id,
                    "transaction_id": transactions[:1].id,
                    "res_model": picking._name,
                    "res_id": picking.id,
                    "company_id": message.company_id.id,
                }
            ]
        )
