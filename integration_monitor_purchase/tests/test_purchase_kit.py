"""Kits that are bought: their moves bring components, their bills ask for kits."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .test_business_rule import PurchaseRuleCase


@tagged("post_install", "-at_install")
class TestPurchaseKit(PurchaseRuleCase):
    """A kit is three screws and one shade, as ``purchase_mrp`` writes it; its own where it is."""

    check_code = "three_way_mismatch"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screw, cls.shade = cls.env["product.product"].create(
            [{"name": name, "is_storable": True} for name in ("Brass Screw", "Linen Shade")]
        )
        cls.needs = {cls.screw: 3, cls.shade: 1}
        cls.real = "mrp.bom" in cls.env
        if cls.real:
            parts = [{"product_id": part.id, "product_qty": n} for part, n in cls.needs.items()]
            cls.env["mrp.bom"].create(
                {
                    "product_tmpl_id": cls.goods.product_tmpl_id.id,
                    "type": "phantom",
                    "bom_line_ids": [Command.create(part) for part in parts],
                }
            )
        cls.goods.purchase_method = "purchase"

    def kits(self):
        """:return: a purchase of five kits, which are billed and have come; and the bill"""
        order = self.purchase()
        if not self.real:
            self.as_parts(order)
        bill = self.bill(order)
        self.ship(order.picking_ids)
        self.received(order)
        self.assertEqual(order.order_line.qty_received, 5)
        self.assertStates(order, billed="reached", matched="reached")
        return order, bill

    def as_parts(self, order):
        """Let the moves of a purchase bring the components."""
        whole = order.order_line.move_ids
        parts = self.env["stock.move"].create(
            [
                {
                    "product_id": part.id,
                    "product_uom": part.uom_id.id,
                    "product_uom_qty": need * 5,
                    "picking_id": whole.picking_id.id,
                    "location_id": whole.location_id.id,
                    "location_dest_id": whole.location_dest_id.id,
                    "company_id": whole.company_id.id,
                    "purchase_line_id": order.order_line.id,
                }
                for part, need in self.needs.items()
            ]
        )
        whole._action_cancel()
        whole.unlink()
        parts._action_confirm()

    def received(self, order):
        """We have so many whole kits, by what came and went back."""
        if not self.real:
            moves = order.order_line.move_ids.filtered(lambda move: move.state == "done")
            kits = []
            for part, need in self.needs.items():
                own = moves.filtered(lambda move, part=part: move.product_id == part)
                back = own.filtered(lambda move: move.location_dest_id.usage == "supplier")
                kept = sum((own - back).mapped("quantity")) - sum(back.mapped("quantity"))
                kits.append(kept // need)
            # Odoo without manufacturing counted none: its own answer first, then this one.
            self.env.flush_all()
            order.order_line.qty_received = min(kits)
        self.record()

    def sent_back(self, order, screws, shades):
        back = self.send_back(order.picking_ids, {self.screw: screws, self.shade: shades})
        self.received(order)
        return back

    def test_a_component_went_back(self):
        """A part of a part is owed: no refund ever answers it."""
        order, bill = self.kits()
        self.assertFalse(self.sweep())
        self.sent_back(order, 0, 1)
        self.assertStates(order, billed="partial")
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 10.0)
        self.refund_of(bill, quantity=1)
        self.assertClosed(exception)
        self.assertStates(order, billed="reached", matched="reached")

    def test_components_of_one_kit_went_back(self):
        """Two screws and a shade are one kit, and not three quarters of one."""
        order, bill = self.kits()
        self.sent_back(order, 2, 1)
        self.assertEqual(self.assertFound(order).amount_at_stake, 10.0)
        self.refund_of(bill, quantity=1)
        self.assertFalse(self.sweep())

    def test_since_it_went_back(self):
        """The day of grace begins with the way back of the component."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        order, bill = self.kits()
        self.moved_before(order.picking_ids.move_ids, 6)
        self.execute(
            "UPDATE account_move SET create_date = create_date - interval '8 days',"
            " invoice_date = invoice_date - 8 WHERE id = %s",
            bill.id,
        )
        back = self.sent_back(order, 0, 1)
        self.assertFalse(self.sweep())
        self.moved_before(back.move_ids, 3)
        self.assertFound(order)
