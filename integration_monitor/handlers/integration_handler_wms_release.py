"""A reserved transfer is released to the warehouse system."""

import json

from odoo import models

from ..tools.errors import BusinessError, ContractError
from .integration_wms_withdrawal import CANCELLED


class IntegrationHandlerWmsRelease(models.AbstractModel):
    """Tells a warehouse what to ship: the reserved quantities of one transfer.

    Sent when the first transfer of a delivery becomes reserved; what comes short is released
    again with the back order, once the warehouse closed the release and that is reserved. A
    transfer that is cancelled later is withdrawn.
    """

    _name = "integration.handler.wms.release"
    _inherit = ["integration.handler", "integration.wms.withdrawal"]
    _description = "Warehouse: release an order"

    def _directions(self):
        return ("outbound",)

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return ("stock.group_stock_user", "sales_team.group_sale_salesman_all_leads")

    def _further_events(self):
        return (CANCELLED,)

    def _withdraws_event(self, event_code):
        return event_code == CANCELLED

    def _wanted(self, flow, records):
        """Leave out what the warehouse was told already, and what it need not withdraw."""
        cancelled = records.filtered(lambda picking: picking.state == "cancel")
        fresh = (records - cancelled).filtered(lambda picking: not picking.integration_release_ref)
        return fresh | self._told(cancelled) if cancelled else fresh

    def _prepare(self, message):
        """Build the release, or its withdrawal; None when the transfer needs none any more.

        :raise BusinessError: a product has no internal reference
        :raise RetryLater: the release to withdraw is not settled yet
        """
        picking = self.env["stock.picking"].browse(message.res_id).exists()
        if self._withdraws(message):
            return self._prepare_withdrawal(picking)
        moves = picking.move_ids.filtered(
            lambda move: move.state in ("assigned", "partially_available")
        )
        if picking.state != "assigned" or not moves or picking.integration_release_ref:
            return None
        skus = self._skus(message.flow_id, picking, moves.product_id)
        order = picking.sale_id
        return {
            "reference": picking.name,
            "warehouse": (picking.picking_type_id.warehouse_id.code or "").strip(),
            "order": order.name or picking.origin or "",
            "customer_reference": order.client_order_ref or "",
            "priority": "urgent" if picking.priority == "1" else "normal",
            "requested_at": (picking.date_deadline or picking.scheduled_date).isoformat() + "Z",
            "ship_to": self._ship_to(picking),
            "carrier": self._release_carrier(picking),
            "lines": [
                {
                    "line_id": move.id,
                    "sku": skus[move.product_id],
                    "quantity": plain_number(
                        move.product_uom._compute_quantity(
                            move.quantity, move.product_id.uom_id, rounding_method="HALF-UP"
                        )
                    ),
                }
                for move in moves
            ],
        }

    def _skus(self, flow, picking, products):
        """Return the warehouse system's SKU of each product: mapped, else internal reference.

        :raise BusinessError: products without either; the text names them
        """
        mappings = self.env["integration.mapping"].search(
            [
                ("system_id", "=", flow.system_id.id),
                ("flow_id", "in", (flow.id, False)),
                ("kind", "=", "product"),
                ("res_model", "=", "product.product"),
                ("res_id", "in", products.ids),
            ],
            order="flow_id DESC",  # NULLs sort first: the flow's own mapping is taken last
        )
        mapped = {mapping.res_id: mapping.external_value for mapping in mappings}
        skus = {product: mapped.get(product.id) or product.default_code for product in products}
        nameless = [product for product, sku in skus.items() if not sku]
        if nameless:
            raise BusinessError(
                self.env._(
                    "Transfer %(picking)s cannot be released: %(products)s have no internal "
                    "reference, by which the warehouse knows products. Fill it in, then press "
                    "Retry.",
                    picking=picking.name,
                    products=", ".join(product.display_name for product in nameless),
                ),
                source={
                    "res_model": "product.product",
                    "key": "id",
                    "value": nameless[0].id,
                },
            )
        return skus

    def _ship_to(self, picking):
        """Return where the goods go, also when they pass a packing area first."""
        partner = picking.sale_id.partner_shipping_id or picking.partner_id
        email = partner.email or picking.sale_id.partner_id.email or ""
        return {**self._postal_address(partner), "email": email}

    def _release_carrier(self, picking):
        """Return the carrier's name for the release; for delivery addons."""
        return ""

    def _request(self, message, payload):
        """Say how the release is sent.

        :raise BusinessError: cancelled while earlier attempts failed: never send it again
        """
        if self._withdraws(message):
            return self._request_withdrawal(payload)
        picking = self.env["stock.picking"].browse(message.res_id).exists()
        if picking.state == "cancel":
            raise BusinessError(
                self.env._(
                    "Transfer %s was cancelled before the warehouse accepted it. Its withdrawal "
                    "is sent next and closes this exception.",
                    picking.name,
                )
            )
        return {"method": "POST", "path": "/releases"}

    def _after_response(self, message, response):
        response = super()._after_response(message, response)
        if self._withdraws(message):
            picking = self.env["stock.picking"].browse(message.res_id).exists()
            return self._judge_withdrawal(picking, response)
        return response

    def _on_success(self, message, response):
        """Keep the number of the release on the transfer.

        :raise ContractError: an answer without number
        """
        picking = self.env["stock.picking"].browse(message.res_id).exists()
        if not picking:
            return None
        if self._withdraws(message):
            picking._message_log(body=self.env._("The warehouse withdrew the release."))
            return picking
        try:
            number = str(json.loads(response.body)["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise ContractError(
                self.env._(
                    "The warehouse accepted %(picking)s but its answer cannot be read: it has no "
                    "“id”. Ask the warehouse; Retry asks it for the answer again, with the same "
                    "key.",
                    picking=picking.name,
                )
            ) from error
        if picking.integration_release_ref != number:
            picking.integration_release_ref = number
        return picking


def plain_number(quantity):
    """Return a whole number as int, so that JSON shows 3 and not 3.0."""
    return int(quantity) if float(quantity).is_integer() else quantity
