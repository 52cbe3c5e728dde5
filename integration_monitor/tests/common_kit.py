"""Kits as ``sale_mrp`` writes them, on which the suite does not depend; its own where it is."""

from odoo import Command


class KitCommon:
    """Beside a case with orders: a kit is three screws and one shade.

    Its moves bring the components, and what was delivered is counted in whole kits.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screw, cls.shade = cls.env["product.product"].create(
            [
                {"name": name, "is_storable": True, "taxes_id": [Command.clear()]}
                for name in ("Brass Screw", "Linen Shade")
            ]
        )
        cls.needs = {cls.screw: 3, cls.shade: 1}
        cls.real = "mrp.bom" in cls.env
        if cls.real:
            cls.env["mrp.bom"].create(
                {
                    "product_tmpl_id": cls.product.product_tmpl_id.id,
                    "type": "phantom",
                    "bom_line_ids": [
                        Command.create({"product_id": part.id, "product_qty": need})
                        for part, need in cls.needs.items()
                    ],
                }
            )

    @classmethod
    def kits(cls, quantity=2, stock=True):
        """:return: an order of kits, whose moves demand the components"""
        if stock:
            for part, need in cls.needs.items():
                cls.stock(part, need * quantity)
        order = cls.order(quantity)
        if cls.real:
            return order
        whole = order.order_line.move_ids
        parts = cls.env["stock.move"].create(
            [
                {
                    "product_id": part.id,
                    "product_uom": part.uom_id.id,
                    "product_uom_qty": need * quantity,
                    "picking_id": whole.picking_id.id,
                    "location_id": whole.location_id.id,
                    "location_dest_id": whole.location_dest_id.id,
                    "company_id": whole.company_id.id,
                    "date_deadline": whole.date_deadline,
                    "sale_line_id": order.order_line.id,
                }
                for part, need in cls.needs.items()
            ]
        )
        whole._action_cancel()
        whole.unlink()
        parts._action_confirm()
        parts._action_assign()
        cls.record()
        return order

    @classmethod
    def ship_kits(cls, picking, screws, shades):
        """Let so many components leave; the rest makes a back order. :return: the back order"""
        picking.action_assign()
        for move in picking.move_ids:
            move.quantity = screws if move.product_id == cls.screw else shades
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        cls.delivered(picking.sale_id)
        return picking.sale_id.picking_ids.filtered(lambda other: other.backorder_id == picking)

    @classmethod
    def delivered(cls, order):
        """The customer has so many whole kits, by what left and came back."""
        if cls.real:
            cls.record()
            return
        done = order.order_line.move_ids.filtered(lambda move: move.state == "done")
        kits = []
        for part, need in cls.needs.items():
            moves = done.filtered(lambda move, part=part: move.product_id == part)
            left = moves.filtered(lambda move: move.location_dest_id.usage == "customer")
            back = (moves - left).filtered("to_refund")
            kits.append((sum(left.mapped("quantity")) - sum(back.mapped("quantity"))) // need)
        # Odoo without manufacturing counted none: its own answer first, then this one.
        cls.env.flush_all()
        order.order_line.qty_delivered = min(kits)
        cls.record()

    @classmethod
    def return_kits(cls, picking, screws, shades):
        """So many components come back to be refunded."""
        back = cls.send_back(picking, {cls.screw: screws, cls.shade: shades})
        cls.delivered(picking.sale_id)
        return back
