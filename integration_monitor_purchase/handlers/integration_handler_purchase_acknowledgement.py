"""A vendor says whether it takes a purchase, and until when it delivers."""

from decimal import Decimal

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.shop_order.reading import Reader

#: What may be said of a purchase, and of each line.
STATUSES = ("accepted", "changed", "rejected")


class IntegrationHandlerPurchaseAcknowledgement(models.AbstractModel):
    """Takes over dates; another quantity or price, and a refusal, are for a person.

    All or nothing: what needs a person leaves the purchase as it is. Once it was changed to what
    was agreed, *Retry* applies the rest.
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
        dates = {}
        for item in data.children("lines", "line"):
            line = self._line_of(order, item)
            self._check_status(order, item, line.name)
            self._check_terms(order, line, item)
            if moment := item.moment("expected_at"):
                dates[line] = moment
        whole = data.moment("expected_at")
        for line in order.order_line.filtered(lambda line: not line.display_type):
            moment = dates.get(line) or whole
            if moment and line.date_planned != moment:
                line.date_planned = moment
        values = {"acknowledged": True}
        if data.text("reference") and not order.partner_ref:
            values["partner_ref"] = data.text("reference")
        order.write(values)
        return order

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
