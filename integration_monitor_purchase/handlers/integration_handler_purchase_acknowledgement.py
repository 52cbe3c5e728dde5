"""A vendor says whether it takes a purchase, and until when it delivers."""

from datetime import timedelta
from decimal import Decimal

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.order_counts import moment
from odoo.addons.integration_monitor.tools.shop_order.reading import Reader

from ..tools.purchase_snapshot_sql import ASKED_ANEW, ASKED_REVISION

#: Vendors' clocks differ from ours by as much, as receivers of signed messages grant.
CLOCKS_DIFFER = timedelta(seconds=300)
#: What may be said of a purchase, and of each line.
STATUSES = ("accepted", "changed", "rejected")


class IntegrationHandlerPurchaseAcknowledgement(models.AbstractModel):
    """Takes over dates; another quantity or price, and a refusal, are for a person.

    All or nothing: what needs a person leaves the purchase as it is. Once it was changed to what
    was agreed, *Retry* applies the rest. What a vendor sent before it was told of a change says
    nothing about the change, however late it comes to be handled.
    """

    _name = "integration.handler.purchase.acknowledgement"
    _inherit = ["integration.purchase.document", "integration.handler"]
    _description = "Vendor: acknowledgement of a purchase"

    def _directions(self):
        return ("inbound",)

    def _handle(self, message, payload):
        """Apply an acknowledgement.

        :return: the purchase
        :raise ContractError: no order, or a status that nobody knows
        :raise BusinessError: unknown purchase or line, a refusal, another quantity or price
        """
        data = Reader(payload, "acknowledgement")
        order = self._purchase_of(message, data)
        self = self.with_company(order.company_id)
        self._check_status(order, data, order.name)
        items = data.children("lines", "line")
        if self._is_outdated(message, order, data, items):
            for item in items:
                self._check_status(order, item, item.where)
            return order
        dates = {}
        for item in items:
            line = self._line_of(order, item)
            self._check_status(order, item, line.name)
            self._check_terms(order, line, item)
            if expected_at := item.moment("expected_at"):
                dates[line] = expected_at
        whole = data.moment("expected_at")
        for line in order.order_line.filtered(lambda line: not line.display_type):
            expected_at = dates.get(line) or whole
            if expected_at and line.date_planned != expected_at:
                line.date_planned = expected_at
        values = {"acknowledged": True}
        if data.text("reference") and not order.partner_ref:
            values["partner_ref"] = data.text("reference")
        order.write(values)
        return order

    def _is_outdated(self, message, order, data, items):
        """Tell whether the vendor was told of a change after it sent this.

        The revision that it names decides, else whether it came before, or was sent so long before
        that no clock explains it. Other terms, to which a person changed the purchase before he
        pressed *Retry*, are those of the change.
        """
        told = order.integration_told or {}
        asked_at = moment(told.get(ASKED_ANEW))
        if not asked_at:
            return False
        # What people did, and when something came, is the engine's to note.
        noted = message.sudo()
        if noted.by_person and any("quantity" in item or "price" in item for item in items):
            return False
        sent_at, asked = noted.occurred_at or noted.received_at, told.get(ASKED_REVISION)
        if asked is not None and "revision" in data:
            outdated = data.number("revision") < asked
        else:
            came_before = bool(noted.received_at) and noted.received_at < asked_at
            outdated = came_before or bool(sent_at) and sent_at < asked_at - CLOCKS_DIFFER
        if outdated:
            # Nor does the report of the message count, which has no other evidence.
            before = asked_at - timedelta(seconds=1)
            noted.occurred_at = min(sent_at or before, before)
        return outdated

    def _check_status(self, order, data, name):
        status = data.text("status") or "accepted"
        if status not in STATUSES:
            raise ContractError(
                self.env._(
                    "The %(what)s has the status “%(status)s”; known are %(known)s.",
                    what=data.where,
                    status=status,
                    known=", ".join(STATUSES),
                )
            )
        if status == "rejected":
            raise BusinessError(
                self.env._(
                    "The vendor refuses %(name)s of purchase %(order)s: %(reason)s. Order it "
                    "elsewhere and cancel it here, then ignore this.",
                    name=name,
                    order=order.name,
                    reason=data.text("reason") or "–",
                )
            )

    def _check_terms(self, order, line, data):
        """:raise BusinessError: another quantity or price than was ordered"""
        told = {
            "quantity": data.number("quantity") if "quantity" in data else None,
            "price": data.number("price") if "price" in data else None,
        }
        quantity, price = told["quantity"], told["price"]
        other = quantity is not None and line.product_uom_id.compare(
            float(quantity), line.product_qty
        )
        dearer = price is not None and order.currency_id.compare_amounts(
            float(price), line.price_unit
        )
        if other or dearer:
            raise BusinessError(
                self.env._(
                    "The vendor confirms %(quantity)s at %(price)s of %(line)s, ordered were "
                    "%(ordered)s at %(agreed)s in %(order)s. Change the purchase to what was "
                    "agreed, then press Retry; or tell the vendor.",
                    quantity=_shown(quantity, line.product_qty),
                    price=_shown(price, line.price_unit),
                    line=line.name,
                    ordered=_shown(None, line.product_qty),
                    agreed=_shown(None, line.price_unit),
                    order=order.name,
                )
            )

    def _stake(self, message, payload):
        """Each acknowledgement of a purchase makes up for an earlier one that was refused."""
        number = payload.get("order") if isinstance(payload, dict) else None
        if not isinstance(number, str):
            return {}
        about = self.env._("Acknowledgement of %s", number)
        return {"reference": number, "subject": f"purchase:{number}", "about": about}


def _shown(told, ordered):
    """:return: a number without idle zeros"""
    number = Decimal(str(ordered)) if told is None else told
    return f"{number.normalize():f}"
