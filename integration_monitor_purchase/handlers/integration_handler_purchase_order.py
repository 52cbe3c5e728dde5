"""A purchase that was placed goes to the vendor."""

from odoo import models

from odoo.addons.integration_monitor.handlers.integration_handler_wms_release import plain_number
from odoo.addons.integration_monitor.tools.errors import BusinessError
from odoo.addons.integration_monitor.tools.iso_time import utc_text
from odoo.addons.integration_monitor.tools.replay import Verdict

from .integration_purchase_document import PLACED


class IntegrationHandlerPurchaseOrder(models.AbstractModel):
    """Sends a purchase as JSON, when it is placed; the flow's event is ``purchase.confirmed``."""

    _name = "integration.handler.purchase.order"
    _inherit = ["integration.purchase.document", "integration.handler"]
    _description = "Vendor: purchase order"

    def _directions(self):
        return ("outbound",)

    def _wanted(self, flow, records):
        """Leave out the purchases of other vendors than the system's."""
        vendor = flow.system_id.partner_id.commercial_partner_id
        if not vendor or records._name != "purchase.order":
            return records
        return records.filtered(lambda order: order.partner_id.commercial_partner_id == vendor)

    def _prepare(self, message):
        """Build the purchase; None when it is not placed any more.

        :raise BusinessError: a product without a code
        """
        order = self.env["purchase.order"].browse(message.res_id).exists()
        if message.res_model != "purchase.order" or order.state != PLACED:
            return None
        lines = order.order_line.filtered(lambda line: not line.display_type)
        codes = {line: next(iter(self._codes_of(line)), None) for line in lines}
        nameless = [line for line, code in codes.items() if line.product_id and not code]
        if nameless:
            raise BusinessError(
                self.env._(
                    "Purchase %(order)s cannot be sent: %(products)s have neither a vendor's code "
                    "nor an internal reference. Fill one in, then press Retry.",
                    order=order.name,
                    products=", ".join(line.product_id.display_name for line in nameless),
                ),
                source={
                    "res_model": "product.product",
                    "key": "id",
                    "value": nameless[0].product_id.id,
                },
            )
        target = order.dest_address_id or order.picking_type_id.warehouse_id.partner_id
        return {
            "order": order.name,
            "vendor_reference": order.partner_ref or "",
            "ordered_at": utc_text(order.date_approve or order.date_order),
            "currency": order.currency_id.name,
            "total": order.amount_total,
            "buyer": self._postal_address(order.company_id.partner_id),
            "ship_to": self._postal_address(target or order.company_id.partner_id),
            "lines": [
                {
                    "line_id": line.id,
                    "sku": codes[line] or "",
                    "text": line.name,
                    "quantity": plain_number(line.product_qty),
                    "unit": line.product_uom_id.name or "",
                    "price": line.price_unit,
                    "discount": plain_number(line.discount),
                    "expected_at": utc_text(line.date_planned) if line.date_planned else None,
                }
                for line in lines
            ],
        }

    def _request(self, message, payload):
        return {"method": "POST", "path": "/orders"}

    def _replay_verdict(self, message, document, *, new_key=False):
        """With a new key the vendor would deliver twice."""
        verdict = super()._replay_verdict(message, document, new_key=new_key)
        if verdict.state == "none":
            return Verdict("refuse", "none", self.env._("There is no purchase to send."))
        if verdict.action == "replay" and new_key:
            text = self.env._("The vendor would take %s for another order.", document.display_name)
            return Verdict("refuse", verdict.state, text, overridable=True)
        return verdict
