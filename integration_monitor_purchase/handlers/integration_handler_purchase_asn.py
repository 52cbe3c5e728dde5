"""A vendor announces a shipment."""

from collections import defaultdict

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.iso_time import parse_iso
from odoo.addons.integration_monitor.tools.shop_order.reading import Reader

from ..tools.announcements import Announced

#: Transfers that bring what was bought, to us or straight to the customer.
BRINGING = frozenset({"incoming", "dropship"})


class IntegrationHandlerPurchaseAsn(models.AbstractModel):
    """Schedules the receipts that a shipment fills for the day on which it should come.

    Lines keep what is under way: several shipments together may bring no more than is awaited. What
    is missing of a shipment that came short keeps no other from being announced.
    """

    _name = "integration.handler.purchase.asn"
    _inherit = ["integration.purchase.document", "integration.handler"]
    _description = "Vendor: advance ship notice"

    def _directions(self):
        return ("inbound",)

    def _handle(self, message, payload):
        """Apply a notice.

        :return: the receipts that the shipment fills
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
        moment = data.moment("expected_at")
        filled = self._announce(message, order, number, lines, moment)
        receipts = self.env["stock.picking"].browse(filled)
        if moment:
            self._schedule(receipts)
        text = self._note(number, data.text("tracking"), lines)
        for receipt in receipts:
            receipt.message_post(body=text)
        return receipts or self._arrived_with(order, number)

    def _announce(self, message, order, number, lines, moment):
        """Keep with each line what is under way of it. :return: ids of the receipts that it fills

        :raise BusinessError: more is announced than is awaited
        """
        filled, short = [], []
        for line in order.order_line:
            announced = Announced(line.integration_announced, line.qty_received)
            quantity = lines.get(line)
            if quantity:
                awaited = self._awaited(line)
                announced.announce(number, quantity, moment and moment.isoformat())
                missed = self._check_quantity(line, announced, number, sum(awaited.values()))
                short += [(line, shipment) for shipment in missed]
                filled += announced.fill(number, awaited.items())
            else:
                announced.forget(number)
            if quantity or line.integration_announced:
                line.integration_announced = announced.dump()
        order.order_line._integration_settle_short()
        if short:
            self._report_short(message, number, short)
        return list(dict.fromkeys(filled))

    def _awaited(self, line):
        """:return: what open receipts await of a line, by their ids, those that are due first"""
        moves = line.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
            and move.picking_id.picking_type_code in BRINGING
            and move.location_id.usage != "customer"
        )
        awaited = defaultdict(float)
        for move in moves.sorted(lambda move: (move.picking_id.scheduled_date, move.id)):
            awaited[move.picking_id.id] += move.product_uom._compute_quantity(
                move.product_uom_qty, line.product_uom_id
            )
        return awaited

    def _check_quantity(self, line, announced, number, awaited):
        """:return: the shipments whose missing pieces make way for this one

        :raise BusinessError: more is under way than is awaited
        """
        [own] = (shipment for shipment in announced.shipments if shipment.number == number)
        beside = announced.beside(number)
        under_way = own.under_way + sum(shipment.under_way for shipment in beside)
        if line.product_uom_id.compare(under_way, awaited) <= 0:
            return []
        # What is missing of those that came short may never come: it stops no other.
        late = sum(shipment.under_way for shipment in beside if shipment.arrived)
        if line.product_uom_id.compare(under_way - late, awaited) <= 0:
            return announced.give_up(number, awaited - (under_way - late))
        values = {
            "quantity": own.quantity,
            "number": number,
            "line": line.name,
            "order": line.order_id.name,
            "awaited": awaited,
        }
        if beside:
            raise BusinessError(
                self.env._(
                    "The vendor announces %(quantity)g of %(line)s for %(order)s with %(number)s, "
                    "beside %(others)s, which has not come yet; %(awaited)g are awaited. Change "
                    "the purchase, or let the vendor correct one of the shipments, then press "
                    "Retry.",
                    others=", ".join(
                        self.env._(
                            "%(quantity)g with %(number)s",
                            quantity=shipment.under_way,
                            number=shipment.number,
                        )
                        for shipment in beside
                    ),
                    **values,
                )
            )
        raise BusinessError(
            self.env._(
                "The vendor announces %(quantity)g of %(line)s for %(order)s with %(number)s, and "
                "%(awaited)g are awaited. Change the purchase, then press Retry; or tell the "
                "vendor.",
                **values,
            )
        )

    def _report_short(self, message, number, short):
        """Open one exception for each shipment that came short, and that others made way for.

        :param list short: (line, shipment)
        """
        # Exceptions are opened by code only, whoever runs the handler.
        self.env["integration.exception"].sudo()._open(
            [
                {
                    "dedupe_key": line._integration_short_key(shipment.number),
                    "name": self.env._(
                        "%(order)s: shipment %(number)s came short",
                        order=line.order_id.name,
                        number=shipment.number,
                    ),
                    "category": "partner",
                    "error_class": "business",
                    "error_message": self.env._(
                        "%(missing)g of %(line)s for %(order)s did not come with %(number)s, which "
                        "announced %(quantity)g; %(next)s brings what is awaited since. Ask the "
                        "vendor for the rest. This closes when the vendor corrects %(number)s, or "
                        "when nothing is awaited any more.",
                        missing=shipment.missing,
                        line=line.name,
                        order=line.order_id.name,
                        number=shipment.number,
                        quantity=shipment.quantity,
                        next=number,
                    ),
                    "flow_id": message.flow_id.id,
                    "system_id": message.flow_id.system_id.id,
                    "transaction_id": line.order_id.sudo().integration_transaction_ids[:1].id,
                    "res_model": line.order_id._name,
                    "res_id": line.order_id.id,
                    "partner_id": line.order_id.partner_id.id,
                    "company_id": message.company_id.id,
                }
                for line, shipment in short
            ]
        )

    def _schedule(self, receipts):
        """Expect each receipt when the first of the shipments that fill it comes."""
        for receipt in receipts:
            receipt.scheduled_date = min(
                parse_iso(shipment.expected)
                for line in receipt.move_ids.purchase_line_id
                for shipment in Announced(line.integration_announced, line.qty_received).shipments
                if receipt.id in shipment.receipts and shipment.expected and shipment.under_way
            )

    def _arrived_with(self, order, number):
        """:return: the receipts that a shipment filled which has come altogether"""
        ids = [
            receipt_id
            for line in order.order_line
            for shipment in Announced(line.integration_announced, line.qty_received).shipments
            if shipment.number == number
            for receipt_id in shipment.receipts
        ]
        return self.env["stock.picking"].browse(dict.fromkeys(ids)).exists() or order

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
