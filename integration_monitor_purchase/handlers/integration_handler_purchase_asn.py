"""A vendor announces a shipment."""

from collections import defaultdict

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.shop_order.reading import Reader

#: Transfers that bring what was bought, to us or straight to the customer.
BRINGING = frozenset({"incoming", "dropship"})


class IntegrationHandlerPurchaseAsn(models.AbstractModel):
    """Schedules the receipt for the day on which its goods should come, and notes what comes."""

    _name = "integration.handler.purchase.asn"
    _inherit = ["integration.purchase.document", "integration.handler"]
    _description = "Vendor: advance ship notice"

    def _directions(self):
        return ("inbound",)

    def _handle(self, message, payload):
        """Apply a notice.

        :return: the receipts that are announced
        :raise ContractError: no order, shipment or line, a quantity that is none
        :raise BusinessError: unknown purchase or line, nothing awaited, more than is awaited
        """
        data = Reader(payload, "notice")
        order = self._purchase_of(message, data)
        number = data.text("shipment")
        if not number:
            raise ContractError(self.env._("The %(what)s has no “shipment”.", what=data.where))
        lines = defaultdict(float)
        for item in data.children("lines", "line"):
            quantity = float(item.number("quantity"))
            if quantity <= 0:
                raise ContractError(self.env._("The %(what)s announces nothing.", what=item.where))
            lines[self._line_of(order, item)] += quantity
        if not lines:
            raise ContractError(self.env._("The %(what)s has no lines.", what=data.where))
        receipts = self._receipts(order, lines)
        if moment := data.moment("expected_at"):
            receipts.scheduled_date = moment
        text = self._note(number, data.text("tracking"), lines)
        for receipt in receipts:
            receipt.message_post(body=text)
        return receipts

    def _receipts(self, order, lines):
        """:return: the open receipts of the announced lines

        :raise BusinessError: more is announced than is awaited
        """
        receipts = self.env["stock.picking"]
        for line, quantity in lines.items():
            moves = line.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
                and move.picking_id.picking_type_code in BRINGING
                and move.location_id.usage != "customer"
            )
            awaited = sum(
                move.product_uom._compute_quantity(move.product_uom_qty, line.product_uom_id)
                for move in moves
            )
            if line.product_uom_id.compare(quantity, awaited) > 0:
                raise BusinessError(
                    self.env._(
                        "The vendor announces %(quantity)g of %(line)s for %(order)s, and "
                        "%(awaited)g are awaited. Change the purchase, then press Retry; or tell "
                        "the vendor.",
                        quantity=quantity,
                        line=line.name,
                        order=order.name,
                        awaited=awaited,
                    )
                )
            receipts |= moves.picking_id
        return receipts

    def _note(self, number, tracking, lines):
        """:return: what people of the warehouse read on the receipt"""
        goods = ", ".join(f"{quantity:g} × {line.name}" for line, quantity in lines.items())
        if tracking:
            return self.env._(
                "The vendor ships %(goods)s with %(number)s, parcel %(tracking)s.",
                goods=goods,
                number=number,
                tracking=tracking,
            )
        return self.env._("The vendor ships %(goods)s with %(number)s.", goods=goods, number=number)

    def _stake(self, message, payload):
        """A corrected notice of the same shipment makes up for one that was refused."""
        number = payload.get("order") if isinstance(payload, dict) else None
        if not isinstance(number, str):
            return {}
        shipment = payload.get("shipment")
        about = self.env._("Shipment %(shipment)s of %(order)s", shipment=shipment, order=number)
        return {
            "reference": number,
            "subject": f"asn:{number}:{shipment}" if shipment else None,
            "about": about,
        }
