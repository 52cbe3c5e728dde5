"""A purchase that was placed goes to the vendor, and so does what becomes of it."""

import json
from urllib.parse import quote

from odoo import models

from odoo.addons.integration_monitor.handlers.integration_handler_wms_release import plain_number
from odoo.addons.integration_monitor.tools.errors import BusinessError, RetryLater
from odoo.addons.integration_monitor.tools.iso_time import utc_text
from odoo.addons.integration_monitor.tools.replay import Verdict

from ..tools.purchase_snapshot_sql import ASKED_ANEW, ASKED_REVISION
from .integration_purchase_document import PLACED

#: What a vendor is told of a purchase that it knows.
FOLLOWING_EVENTS = ("purchase.changed", "purchase.cancelled")
#: In place of a revision: the vendor was told of the cancellation.
GONE = "cancelled"
SETTLES_SECONDS = 30


class IntegrationHandlerPurchaseOrder(models.AbstractModel):
    """Sends a purchase as JSON, when it is placed; the flow's event is ``purchase.confirmed``.

    Changes and the cancellation follow on the same flow, one after another. A message tells how the
    purchase stands when it is sent: those behind it that have nothing more to tell are cancelled.
    """

    _name = "integration.handler.purchase.order"
    _inherit = ["integration.purchase.document", "integration.handler"]
    _description = "Vendor: purchase order"

    def _directions(self):
        return ("outbound",)

    def _further_events(self):
        return FOLLOWING_EVENTS

    def _withdraws_event(self, event_code):
        """What follows tells all of the purchase: it waits for no message that failed."""
        return event_code in FOLLOWING_EVENTS

    def _wanted(self, flow, records):
        """Leave out the purchases of other vendors than the system's."""
        vendor = flow.system_id.partner_id.commercial_partner_id
        if not vendor or records._name != "purchase.order":
            return records
        return records.filtered(lambda order: order.partner_id.commercial_partner_id == vendor)

    def _prepare(self, message):
        """Build the purchase; None when the vendor knows that already, or need not know.

        :raise BusinessError: a product without a code
        """
        order = self.env["purchase.order"].browse(message.res_id).exists()
        if message.res_model != "purchase.order" or not order:
            return None
        told = self._told_revision(message, order)
        # A draft in between may have gone to another vendor.
        if order.state != PLACED or not self._wanted(message.flow_id, order):
            if told is None:
                return None
            return {
                "order": order.name,
                "status": "cancelled",
                "revision": order.integration_revision,
            }
        if told == order.integration_revision:
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
            "status": "placed" if told is None else "changed",
            "revision": order.integration_revision,
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
        if payload.get("status") in ("changed", "cancelled"):
            return {"method": "PUT", "path": f"/orders/{quote(payload['order'], safe='')}"}
        return {"method": "POST", "path": "/orders"}

    def _told_revision(self, message, order):
        """Return the revision that the vendor knows, -1 if one from before, None if none.

        :raise RetryLater: an attempt is not settled yet
        """
        told = (order.integration_told or {}).get(str(message.flow_id.id))
        if told is not None:
            return None if told == GONE else told
        # Which messages there are is the engine's knowledge, not the account's.
        before = self.env["integration.message"].sudo().search(
            [
                ("id", "!=", message.id),
                ("flow_id", "=", message.flow_id.id),
                ("res_model", "=", order._name),
                ("res_id", "=", order.id),
                ("state", "in", ("done", "processing", "retry")),
            ]
        )  # fmt: skip
        if any(other.state != "done" and other.id < message.id for other in before):
            raise RetryLater(
                SETTLES_SECONDS, self.env._("Purchase %s is not settled yet.", order.name)
            )
        return -1 if any(other.state == "done" for other in before) else None

    def _on_success(self, message, response):
        """Remember what the vendor knows now."""
        order = self.env["purchase.order"].browse(message.res_id).exists()
        if message.res_model != "purchase.order" or not order:
            return
        told = json.loads(message.sudo().payload or "{}")  # built by us: it names the revision
        revision = GONE if told.get("status") == "cancelled" else told.get("revision")
        if revision is None:
            return
        flow, known = str(message.flow_id.id), order.integration_told or {}
        values = {"integration_told": {**known, flow: revision}}
        again = told.get("status") == "changed" or flow in known
        if again and revision not in (GONE, known.get(flow)):
            # What the vendor acknowledged until now was another purchase.
            asked_at = message.sudo().claimed_at or self.env.cr.now()
            values["integration_told"][ASKED_ANEW] = asked_at.isoformat(timespec="seconds")
            # Placed once more it may have the revision that it had before.
            changed = told.get("status") == "changed"
            values["integration_told"][ASKED_REVISION] = revision if changed else None
            values["acknowledged"] = False
        order.write(values)

    def _replay_verdict(self, message, document, *, new_key=False):
        """With a new key the vendor would deliver twice."""
        verdict = super()._replay_verdict(message, document, new_key=new_key)
        if verdict.state == "none":
            return Verdict("refuse", "none", self.env._("There is no purchase to send."))
        if verdict.action == "replay" and new_key:
            text = self.env._("The vendor would take %s for another order.", document.display_name)
            return Verdict("refuse", verdict.state, text, overridable=True)
        return verdict
