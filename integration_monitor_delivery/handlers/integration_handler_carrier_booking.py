import json

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError


class IntegrationHandlerCarrierBooking(models.AbstractModel):
    """Books a done delivery at the carrier and keeps tracking number, price and label.

    The booking is a message of its own, sent after the delivery was committed: a carrier that is
    down never blocks the warehouse, and a rolled-back delivery never leaves a bought label
    behind. The delivery's own key makes a repeated call harmless.
    """

    _name = "integration.handler.carrier.booking"
    _inherit = "integration.handler"
    _description = "Carrier: book a shipment"

    def _directions(self):
        return ("outbound",)

    def _required_groups(self):
        """Deliveries are read and written, prices come from the order's lines."""
        return ("stock.group_stock_user", "sales_team.group_sale_salesman_all_leads")

    def _wanted(self, flow, records):
        """Deliveries whose delivery method names the flow: each parcel has one carrier."""
        # What the vendor ships himself he books himself.
        return records.filtered(
            lambda picking: picking.carrier_id.integration_flow_id == flow
            and picking.picking_type_code != "dropship"
        )

    def _prepare(self, message):
        picking = self.env["stock.picking"].browse(message.res_id).exists()
        if not picking or picking.state != "done" or picking.carrier_tracking_ref:
            # Nothing to book any more: deleted, or booked by hand in the meantime.
            return None
        if not picking.partner_id.country_id:
            raise BusinessError(
                self.env._(
                    "Delivery %(picking)s cannot be booked: the address of %(partner)s has no "
                    "country. Complete the address, then press Retry.",
                    picking=picking.name,
                    partner=picking.partner_id.display_name,
                ),
                source={"res_model": "res.partner", "key": "id", "value": picking.partner_id.id},
            )
        order = picking.sale_id
        currency = order.currency_id or picking.company_id.currency_id
        return {
            "reference": picking.name,
            "order": order.name or picking.origin or "",
            "service": picking.carrier_id.integration_service or "standard",
            "from": self._postal_address(
                picking.picking_type_id.warehouse_id.partner_id or picking.company_id.partner_id
            ),
            "to": self._postal_address(picking.partner_id),
            "parcels": [{"weight": round(picking._get_estimated_weight() or 0.1, 3)}],
            "value": round(
                sum(
                    move.quantity * move.sale_line_id.price_reduce_taxinc
                    for move in picking.move_ids
                    if move.sale_line_id
                ),
                currency.decimal_places,
            ),
            "currency": currency.name,
        }

    def _request(self, message, payload):
        return {"method": "POST", "path": "/shipments"}

    def _on_success(self, message, response):
        picking = self.env["stock.picking"].browse(message.res_id).exists()
        if not picking:
            return None
        try:
            answer = json.loads(response.body)
            tracking = answer["tracking_number"]
            price = float(answer.get("price") or 0.0)
        except (ValueError, KeyError, TypeError) as error:
            raise ContractError(
                self.env._(
                    "The carrier accepted %(picking)s but its answer cannot be read: it has no "
                    "“tracking_number”. Ask the carrier; Retry asks it for the answer again, with "
                    "the same key.",
                    picking=picking.name,
                )
            ) from error
        if picking.carrier_tracking_ref != tracking:
            picking.write({"carrier_tracking_ref": tracking, "carrier_price": price})
            self._keep_label(picking, answer, tracking)
            self._retry_tracking(message, tracking)
        return picking

    def _retry_tracking(self, message, tracking):
        """Take up events that came before the number was known, and gave up waiting for it."""
        # Messages are the engine's, and the account of the booking need not read those.
        messages = (
            self.env["integration.message"]
            .sudo()
            .search(
                [
                    ("flow_id.handler", "=", "integration.handler.carrier.tracking"),
                    ("company_id", "=", message.company_id.id),
                    ("subject_key", "=", f"ref:{tracking}"),
                    ("state", "=", "dead"),
                ],
                order="id",
            )
        )
        messages._retry()

    def _keep_label(self, picking, answer, tracking):
        """Attach the label to the delivery and tell its readers once."""
        label = answer.get("label_base64")
        attachments = self.env["ir.attachment"]
        if label:
            attachments = attachments.create(
                {
                    "name": f"Label-{tracking}.pdf",
                    "datas": label,
                    "mimetype": "application/pdf",
                    "res_model": picking._name,
                    "res_id": picking.id,
                }
            )
        picking.message_post(
            body=self.env._(
                "Booked with %(carrier)s, tracking number %(tracking)s.",
                carrier=picking.carrier_id.name,
                tracking=tracking,
            ),
            attachment_ids=attachments.ids,
        )
