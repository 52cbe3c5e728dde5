from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_monitor.models.integration_document_mixin import PREFETCH

from ..tools.tracking import (
    numbers_of,
    parse_time,
    renumber,
    standing,
    told_last,
)

#: The tracking numbers of a transfer, in SQL; as the index has them.
NUMBERS = "string_to_array(replace(carrier_tracking_ref, ' ', ''), ',')"


class StockPicking(models.Model):
    _inherit = "stock.picking"

    _integration_numbers_idx = models.Index(
        f"USING gin (({NUMBERS})) WHERE carrier_tracking_ref IS NOT NULL"
    )

    integration_tracking_status = fields.Selection(
        [
            ("unknown", "Unknown"),
            ("pre_transit", "Announced"),
            ("in_transit", "In transit"),
            ("out_for_delivery", "Out for delivery"),
            ("available_for_pickup", "Ready for pickup"),
            ("failure", "Delivery failed"),
            ("error", "Carrier error"),
            ("return_to_sender", "Returned to sender"),
            ("cancelled", "Cancelled"),
            ("delivered", "Delivered"),
        ],
        string="Parcel",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The parcel's last state, as the carrier reported it. Of several parcels: delivered "
        "when all are; else what is wrong with one, or where the one is that is furthest behind.",
    )
    integration_parcels = fields.Json(
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The last state of each parcel, when it was seen and which flow told it, by tracking "
        "number; also of numbers that were taken off.",
    )
    integration_tracking_at = fields.Datetime(
        string="Parcel Seen At", copy=False, readonly=True, prefetch=PREFETCH
    )
    integration_delivered_at = fields.Datetime(
        string="Delivered At", copy=False, readonly=True, prefetch=PREFETCH
    )

    integration_booking = fields.Selection(
        [("booked", "Booked"), ("failed", "Not booked"), ("cancelled", "Cancelled")],
        string="Booking",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="What the provider of the delivery method answered last.",
    )

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_booking",
            "integration_parcels",
            "integration_tracking_status",
            "integration_tracking_at",
            "integration_delivered_at",
        }

    def write(self, vals):
        if {"carrier_tracking_ref", "carrier_id", "integration_booking"}.intersection(vals) and (
            self.env["delivery.carrier"]._integration_has_providers()
        ):
            # What shows that a provider booked changes: the orders are looked at anew.
            self._integration_note(("state",))
        if "carrier_id" in vals and self.env["integration.cut.off"]._by_carrier():
            # Another carrier comes at other times.
            self._integration_note(())
        former = {}
        if "carrier_tracking_ref" in vals:
            numbers = vals["carrier_tracking_ref"]
            former = {
                picking: (picking._integration_known_parcels(), picking.carrier_tracking_ref)
                for picking in self
                if picking.carrier_tracking_ref and picking.carrier_tracking_ref != numbers
            }
        result = super().write(vals)
        for picking, (parcels, numbers) in former.items():
            picking._integration_renumber(parcels, numbers_of(numbers))
        return result

    def _integration_known_parcels(self):
        """Return what is known of the parcels of a delivery: number to (status, ISO time, flow).

        Earlier versions noted one status for all of them.
        """
        status, seen_at = self.integration_tracking_status, self.integration_tracking_at
        if self.integration_parcels or not status:
            return self.integration_parcels or {}
        told = (status, seen_at.isoformat() if seen_at else None)
        return dict.fromkeys(numbers_of(self.carrier_tracking_ref), told)

    def _integration_renumber(self, parcels, before):
        """Judge a delivery anew whose numbers changed: another parcel tells whether it arrived.

        :param dict parcels: what was known of its parcels
        :param list before: its numbers until now
        """
        numbers = numbers_of(self.carrier_tracking_ref)
        parcels = renumber(parcels, before, numbers)
        values = {"integration_parcels": parcels}
        arrived_at, was_delivered = None, self.integration_delivered_at
        # What has arrived has arrived, even if somebody empties its number.
        if numbers or not was_delivered:
            told = [parcels[number] for number in numbers if number in parcels]
            status, arrived_at = standing(numbers, parcels) if told else (False, None)
            values["integration_tracking_status"] = status
            values["integration_tracking_at"] = max(filter(None, map(_seen_at, told)), default=None)
            values["integration_delivered_at"] = arrived_at
        # The engine's fields, milestones and exceptions, whoever changes the number.
        picking = self.sudo()
        picking.write(values)
        picking._integration_settle_parcels([number for number in before if number not in numbers])
        if arrived_at and not was_delivered:
            reports = picking._integration_parcel_reports(None, arrived_at)
            picking.env["integration.milestone"]._notes().reports.extend(reports)
            picking._integration_invoice_arrived()

    def _integration_invoice_arrived(self):
        """Invoice a delivery that arrived by its numbers, as with the carrier's report."""
        flow = self._integration_tracking_flow()
        if flow.invoice_on_delivery and flow._account_works():
            # The account's work, as ever: whoever changes a number need not see invoices.
            flow = flow._as_service()
            flow.env["integration.carrier.invoice"]._invoice_arrived(flow, self.with_env(flow.env))

    def _integration_tracking_flow(self):
        """:return: the flow that told of the parcels; if nobody knows, the one that invoices"""
        flows = self.env["integration.flow"].sudo()  # settings, which people need not read
        told_by = told_last(numbers_of(self.carrier_tracking_ref), self.integration_parcels or {})
        if told_by:
            return flows.browse(told_by).exists()
        domain = [("company_id", "=", self.company_id.id), ("invoice_on_delivery", "=", True)]
        flows = flows.search(domain, limit=2)
        return flows if len(flows) == 1 else flows.browse()

    def _integration_parcel_reports(self, in_transit_at, delivered_at, message_id=False):
        """Return what the carrier saw of a delivery, for the recorder: a dict a milestone.

        A milestone counts deliveries: one travels with its first parcel, arrives with its last.

        :param in_transit_at: when it was seen (UTC), if it was
        :param delivered_at: when its last parcel arrived (UTC), if it has
        """
        self.ensure_one()
        told = self._integration_tells_of()
        moments = {
            picking: (
                ("in_transit", in_transit_at),
                ("delivered", delivered_at and picking._integration_arrived_at()),
            )
            for picking in told
        }
        return [
            {
                "transaction_id": transaction.id,
                "step_code": code,
                "occurred_at": moment,
                "res_model": self._name,
                "res_id": picking.id,
                "message_id": message_id,
                "source": "external",
            }
            for picking in told
            for transaction in self.integration_transaction_ids
            # An exchange belongs to a return, too, whose own parcel goes the other way; a return
            # to its order, whose parcel arrived.
            if (transaction.res_model == self._name) == (self.picking_type_code == "incoming")
            for code, moment in moments[picking]
            if moment
        ]

    def _integration_parcel_key(self, number):
        """One open exception for a parcel, however often the carrier reports trouble."""
        return f"tracking:{self.id}:{number}"

    def _integration_settle_parcels(self, numbers):
        """Close the exceptions of parcels that arrived after all, or are none of theirs."""
        keys = [picking._integration_parcel_key(number) for picking in self for number in numbers]
        # Earlier versions opened one for the whole delivery.
        keys += [f"tracking:{one.id}" for one in self if one.integration_delivered_at]
        if not keys:
            return
        # Exceptions are closed by code only, whoever runs the handler.
        self.env["integration.exception"].sudo().search(
            [("is_open", "=", True), ("dedupe_key", "in", keys)]
        )._resolve("auto")

    def send_to_shipper(self):
        """Compute the price as Odoo does; a flow books the parcel once the delivery is done.

        What a provider answered is kept: a batch of transfers survives the failure of one.
        """
        if self.carrier_id.integration_flow_id:
            self = self.with_context(integration_books_later=True)
        if not self.carrier_id._integration_provides("send_shipping"):
            return super().send_to_shipper()
        try:
            result = super().send_to_shipper()
        except UserError:
            self._integration_booked("failed")
            raise
        self._integration_booked("booked")
        return result

    def cancel_shipment(self):
        result = super().cancel_shipment()
        self.filtered(
            lambda picking: picking.carrier_id._integration_provides("cancel_shipment")
        )._integration_booked("cancelled")
        return result

    def _integration_booked(self, state):
        """Note what the provider did; the engine's field, whoever asked for it."""
        if self:
            self.sudo().integration_booking = state

    def message_post(self, **kwargs):
        """Say who books the parcel, where Odoo would note "sent with tracking number False"."""
        if self.env.context.get("integration_books_later"):
            kwargs["body"] = self.env._(
                "%(carrier)s is asked to collect this shipment. The tracking number follows.",
                carrier=self.carrier_id.name,
            )
        return super().message_post(**kwargs)


def _seen_at(told):
    """When a parcel was seen, of (status, ISO time)."""
    return parse_time(told[1])
