"""A warehouse reports what it shipped: the transfers are done with the real quantities."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.exceptions import LockError

from ..tools.errors import BusinessError, ContractError, MappingError, RetryLater
from ..tools.shop_order.reading import Reader

EVENT = "shipment.confirmed"
RELEASE = "wms.release"


class IntegrationHandlerWmsShipment(models.AbstractModel):
    """Validates the released transfer and those that follow it, up to the customer.

    What was not shipped becomes a back order, which is reserved and released again. A shipment
    with ``"close": false`` leaves its release open: the back order is still the warehouse's, and
    its next shipments take from it. A shipment counts once: repeated it changes nothing, and one
    for a release that is closed is refused.
    """

    _name = "integration.handler.wms.shipment"
    _inherit = ["integration.handler", "integration.wms.transfer"]
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
        parts = self._parts(picking)
        shipped = parts.filtered(
            lambda p: p.state == "done" and p.integration_shipment_ref == data.text("shipment_id")
        )
        if shipped:
            return shipped
        picking = parts[-1]
        self._check_open(picking, data)
        self._check_released(flow, picking)
        quantities = self._quantities(flow, parts, data)
        if quantities is None:
            return self._close_release(picking, data)
        return self._ship(picking, quantities, data)

    def _stake(self, message, payload):
        """Name the transfer that a refused shipment is about.

        Each shipment has pieces of its own: another shipment of the same transfer does not make up
        for one that was refused, the same one corrected does.
        """
        data = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("reference"), str):
            return {}
        reference = data["reference"]
        picking = self.env["stock.picking"].search(
            self._transfer_domain(message.flow_id, reference), limit=1
        )
        about = self.env._(
            "Shipment %(shipment)s of %(reference)s",
            shipment=data.get("shipment_id") or "?",
            reference=reference,
        )
        stake = {"about": about, "document": picking}
        if data.get("shipment_id"):
            stake["reference"] = f"{reference}/{data['shipment_id']}"
        return stake

    def _transfer_domain(self, flow, reference):
        """:return: the domain of the transfer with this name in the flow's warehouses"""
        warehouses = flow.warehouse_ids or flow.warehouse_id
        domain = [
            ("name", "=", reference),
            ("company_id", "=", flow.company_id.id),
            # A warehouse ships; what comes in is counted by somebody else.
            ("picking_type_code", "in", ("internal", "outgoing")),
        ]
        if warehouses:
            domain.append(("picking_type_id.warehouse_id", "in", warehouses.ids))
        return domain

    def _released_picking(self, flow, data):
        """Return the transfer that the shipment names, locked.

        :raise BusinessError: no such transfer in the flow's warehouses
        :raise RetryLater: somebody is changing it at this moment
        """
        reference = data.text("reference")
        warehouses = flow.warehouse_ids or flow.warehouse_id
        picking = self.env["stock.picking"].search(self._transfer_domain(flow, reference), limit=1)
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

    def _check_released(self, flow, picking):
        """Refuse a transfer that nobody asked the warehouse to ship.

        A release that was sent counts before its answer is settled: the shipment is the proof that
        it arrived, also when a crash swallowed the answer.

        :raise RetryLater: its release is about to be sent
        :raise BusinessError: it was not released
        """
        if picking.integration_release_ref or not self._releases(flow, picking):
            return
        # Which messages there are is the engine's knowledge, not the account's.
        messages = self.env["integration.message"].sudo()
        releases = messages.search(
            [
                ("res_model", "=", picking._name),
                ("res_id", "=", picking.id),
                ("message_type", "=", RELEASE),
                ("state", "!=", "cancelled"),
            ]
        )
        if any(release.attempt_count for release in releases):
            return
        if releases:
            raise RetryLater(10, self.env._("%s is about to be released.", picking.name))
        raise self._refusal(picking, self.env._("was never released to this warehouse"))

    def _releases(self, flow, picking):
        """:return: whether Odoo releases transfers of this kind to the warehouse's system"""
        warehouse = picking.picking_type_id.warehouse_id
        flows = (
            self.env["integration.flow"]
            .sudo()
            .search(  # as above
                [("system_id", "=", flow.system_id.id), ("message_type", "=", RELEASE)]
            )
        )
        return any(not f.warehouse_ids or warehouse in f.warehouse_ids for f in flows)

    def _quantities(self, flow, parts, data):
        """Return the shipped quantity of each move, in the move's unit.

        :param parts: the transfers of the release, the open one last
        :return: dict of ``stock.move`` → (quantity, list of (lot name, quantity)); None when the
            warehouse closes a release of which nothing more is shipped
        """
        picking = parts[-1]
        moves = self._moves_by_line(parts)
        mapped = self.env["integration.mapping"]._search_values(
            flow, "product", (line.text("sku") for line in data.children("lines", "line"))
        )
        pieces = defaultdict(Decimal)
        lots = defaultdict(list)
        for line in data.children("lines", "line"):
            number = int(line.number("line_id"))
            if number not in moves:
                what = self.env._("has no line %s", line.text("line_id"))
                raise self._refusal(picking, what)
            move = moves[number]
            if not move:
                if line.number("quantity"):
                    what = self.env._("needs nothing more of line %s", line.text("line_id"))
                    raise self._refusal(picking, what)
                continue  # shipped before; reports may list each line of the release
            sku = line.text("sku")
            product = move.product_id
            if sku != product.default_code and mapped.get(sku) != product:
                refusal = self._refusal(
                    picking,
                    self.env._(
                        "has %(own)s on line %(line)s, the shipment names %(other)s",
                        own=product.default_code or product.display_name,
                        line=move.id,
                        other=sku,
                    ),
                )
                # A person may say that the two are one.
                raise MappingError("product.product", "default_code", sku, refusal.message)
            quantity = line.number("quantity")
            if quantity < 0:
                raise ContractError(
                    self.env._("The shipment has the quantity %s, which is below zero.", quantity)
                )
            pieces[move] += quantity
            for lot in line.children("lots", "lot"):
                lots[move].append((lot.text("name"), float(lot.number("quantity"))))
        if not any(pieces.values()):
            if len(parts) > 1 and data.flag("close", default=True):
                return None
            raise self._refusal(picking, self.env._("left the warehouse with no piece at all"))
        return {
            move: (self._checked_quantity(picking, move, pieces[move]), lots[move])
            for move in moves.values()
            if move
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
