"""A warehouse reports what it shipped: the transfers are done with the real quantities."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.exceptions import LockError

from ..tools.errors import BusinessError, ContractError, RetryLater
from ..tools.shop_order.reading import Reader

EVENT = "shipment.confirmed"


class IntegrationHandlerWmsShipment(models.AbstractModel):
    """Validates the released transfer and those that follow it, up to the customer.

    What was not shipped becomes a back order, which is reserved and released again. A shipment
    counts once: repeated it changes nothing, and a second one for the same release is refused.
    """

    _name = "integration.handler.wms.shipment"
    _inherit = "integration.handler"
    _description = "Warehouse: shipment confirmation"

    def _directions(self):
        return ("inbound",)

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return ("stock.group_stock_user", "sales_team.group_sale_salesman_all_leads")

    def _handle(self, message, payload):
        """Apply a shipment; return the released transfer and those done after it.

        :raise ContractError: no shipment, or a quantity below zero
        :raise BusinessError: unknown transfer, line or SKU, too many pieces, done already
        """
        flow = message.flow_id
        self = self.with_company(flow.company_id)
        event = Reader(payload, "event")
        if event.text("type") != EVENT:
            raise ContractError(
                self.env._(
                    "The warehouse sent “%(type)s”, this flow takes “%(expected)s” only.",
                    type=event.text("type"),
                    expected=EVENT,
                )
            )
        data = event.child("data")
        data.where = f"shipment {data.text('shipment_id')}"
        for key in ("reference", "shipment_id"):
            if not data.text(key):
                raise ContractError(self.env._("The shipment has no “%s”.", key))
        picking = self._released_picking(flow, data)
        if picking.state == "done" and picking.integration_shipment_ref == data.text("shipment_id"):
            return picking
        self._check_open(picking, data)
        quantities = self._quantities(flow, picking, data)
        return self._ship(picking, quantities, data)

    def _released_picking(self, flow, data):
        """Return the transfer that the shipment names, locked.

        :raise BusinessError: no such transfer in the flow's warehouses
        :raise RetryLater: somebody is changing it at this moment
        """
        reference = data.text("reference")
        warehouses = flow.warehouse_ids or flow.warehouse_id
        domain = [("name", "=", reference), ("company_id", "=", flow.company_id.id)]
        if warehouses:
            domain.append(("picking_type_id.warehouse_id", "in", warehouses.ids))
        picking = self.env["stock.picking"].search(domain, limit=1)
        if not picking:
            raise BusinessError(
                self.env._(
                    "The warehouse shipped “%(reference)s” (shipment %(shipment)s), but there is "
                    "no such transfer in %(warehouses)s. Ask the warehouse for the right "
                    "reference, correct it, then press Retry.",
                    reference=reference,
                    shipment=data.text("shipment_id"),
                    warehouses=", ".join(warehouses.mapped("name")) or flow.company_id.name,
                ),
                source={"res_model": "stock.picking", "key": "name", "value": reference},
            )
        code = data.text("warehouse")
        # Odoo cuts the code out of the warehouse's name, at a space too.
        own = (picking.picking_type_id.warehouse_id.code or "").strip()
        if code and code != own:
            raise self._refusal(
                picking,
                self.env._(
                    "belongs to warehouse %(own)s, the shipment names %(other)s",
                    own=own,
                    other=code,
                ),
            )
        try:
            picking.lock_for_update()
        except LockError as error:
            raise RetryLater(2, self.env._("%s is being changed.", picking.name)) from error
        return picking

    def _check_open(self, picking, data):
        """Refuse a shipment for a transfer that is done, cancelled or not reserved."""
        if picking.state == "done":
            by = picking.integration_shipment_ref
            what = (
                self.env._("is done already with shipment %s", by)
                if by
                else self.env._("is done already, validated by hand")
            )
            raise self._refusal(picking, what)
        if picking.state == "cancel":
            raise self._refusal(picking, self.env._("is cancelled"))
        release = data.text("release_id")
        known = picking.integration_release_ref
        if release and known and release != known:
            raise self._refusal(
                picking,
                self.env._(
                    "was released as %(known)s, the shipment names %(other)s",
                    known=known,
                    other=release,
                ),
            )

    def _quantities(self, flow, picking, data):
        """Return the shipped quantity of each move, in the move's unit.

        :return: dict of ``stock.move`` → (quantity, list of (lot name, quantity))
        """
        moves = {move.id: move for move in picking.move_ids if move.state != "cancel"}
        mapped = self.env["integration.mapping"]._search_values(
            flow, "product", (line.text("sku") for line in data.children("lines", "line"))
        )
        pieces = defaultdict(Decimal)
        lots = defaultdict(list)
        for line in data.children("lines", "line"):
            move = moves.get(int(line.number("line_id")))
            if not move:
                what = self.env._("has no line %s", line.text("line_id"))
                raise self._refusal(picking, what)
            sku = line.text("sku")
            product = move.product_id
            if sku != product.default_code and mapped.get(sku) != product:
                raise self._refusal(
                    picking,
                    self.env._(
                        "has %(own)s on line %(line)s, the shipment names %(other)s",
                        own=product.default_code or product.display_name,
                        line=move.id,
                        other=sku,
                    ),
                )
            quantity = line.number("quantity")
            if quantity < 0:
                raise ContractError(
                    self.env._("The shipment has the quantity %s, which is below zero.", quantity)
                )
            pieces[move] += quantity
            for lot in line.children("lots", "lot"):
                lots[move].append((lot.text("name"), float(lot.number("quantity"))))
        if not any(pieces.values()):
            raise self._refusal(picking, self.env._("left the warehouse with no piece at all"))
        return {
            move: (self._checked_quantity(picking, move, pieces[move]), lots[move])
            for move in moves.values()
        }

    def _checked_quantity(self, picking, move, pieces):
        """Return shipped pieces in the move's unit.

        :raise BusinessError: more than ordered
        """
        quantity = move.product_id.uom_id._compute_quantity(
            float(pieces), move.product_uom, rounding_method="HALF-UP"
        )
        if move.product_uom.compare(quantity, move.product_uom_qty) > 0:
            raise self._refusal(
                picking,
                self.env._(
                    "needs %(wanted)s of %(product)s, the shipment has %(shipped)s",
                    wanted=f"{move.product_uom_qty:g}",
                    product=move.product_id.default_code or move.product_id.display_name,
                    shipped=f"{quantity:g}",
                ),
            )
        return quantity

    def _ship(self, picking, quantities, data):
        """Do the transfer and carry its quantities through the chain.

        :return: the transfers that are done now, the released one first
        """
        shipment = data.text("shipment_id")
        done = self.env["stock.picking"]
        waiting = [(picking, quantities)]
        while waiting:
            current, amounts = waiting.pop(0)
            self._validate(current, amounts, shipment)
            done |= current
            waiting += self._following(current)
        packages = ", ".join(
            package.text("sscc", "id") for package in data.children("packages", "package")
        )
        picking._message_log(
            body=self.env._(
                "Shipped by the warehouse: shipment %(shipment)s at %(moment)s. Packages: "
                "%(packages)s.",
                shipment=shipment,
                moment=data.text("shipped_at") or "–",
                packages=packages or "–",
            )
        )
        return done

    def _validate(self, picking, quantities, shipment):
        """Set the real quantities and validate without a question.

        :raise BusinessError: Odoo does not let the transfer be done
        """
        for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            quantity, lots = quantities.get(move, (0.0, []))
            if lots and move.has_tracking != "none":
                self._set_lots(picking, move, lots)
            elif move.product_uom.compare(move.quantity, quantity):
                move.quantity = quantity
            move.picked = bool(quantity)
        picking.integration_shipment_ref = shipment
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
        if picking.state != "done":
            raise self._refusal(
                picking, self.env._("cannot be done without a decision: open it and validate it")
            )

    def _set_lots(self, picking, move, lots):
        """Replace what was reserved by the lots that were really shipped.

        :raise BusinessError: an unknown lot
        """
        found = self.env["stock.lot"].search(
            [
                ("name", "in", [name for name, _quantity in lots]),
                ("product_id", "=", move.product_id.id),
                ("company_id", "in", (picking.company_id.id, False)),
            ]
        )
        by_name = {lot.name: lot for lot in found}
        move.move_line_ids.unlink()
        vals_list = []
        for name, quantity in lots:
            if name not in by_name:
                raise self._refusal(
                    picking,
                    self.env._(
                        "was shipped with lot %(lot)s of %(product)s, which does not exist",
                        lot=name,
                        product=move.product_id.display_name,
                    ),
                )
            vals_list.append(
                {
                    **move._prepare_move_line_vals(quantity=quantity),
                    "lot_id": by_name[name].id,
                    "quantity": quantity,
                }
            )
        self.env["stock.move.line"].create(vals_list)

    def _following(self, picking):
        """Return the next transfers of the chain with the quantities that reached them."""
        reached = defaultdict(float)
        for move in picking.move_ids.filtered(lambda m: m.state == "done"):
            left = move.quantity
            for following in move.move_dest_ids:
                if following.state in ("done", "cancel") or left <= 0:
                    continue
                part = min(
                    left,
                    following.product_uom._compute_quantity(
                        following.product_uom_qty, move.product_uom
                    ),
                )
                reached[following] += move.product_uom._compute_quantity(
                    part, following.product_uom, rounding_method="HALF-UP"
                )
                left -= part
        by_picking = defaultdict(dict)
        for move, quantity in reached.items():
            if move.picking_id and quantity:
                by_picking[move.picking_id][move] = (quantity, [])
        return list(by_picking.items())

    def _refusal(self, picking, what):
        """Return the error for a shipment that does not fit the transfer."""
        return BusinessError(
            self.env._(
                "Transfer %(picking)s %(what)s. Clear it with the warehouse, then press Retry, or "
                "Ignore.",
                picking=picking.name,
                what=what,
            ),
            source={"res_model": "stock.picking", "key": "id", "value": picking.id},
        )
