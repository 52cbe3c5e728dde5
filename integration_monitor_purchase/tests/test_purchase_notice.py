from datetime import datetime

from odoo.tests import tagged

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError

from .common_vendor import VendorCommon

MONDAY, FRIDAY = datetime(2031, 3, 3, 6), datetime(2031, 3, 7, 6)


@tagged("post_install", "-at_install")
class TestPurchaseNotice(VendorCommon):
    """A vendor announces what it ships, in as many shipments as it likes."""

    def notice(self, order, shipment, quantity, expected=None, **values):
        """Apply a notice of some pieces of the only line. :return: the receipts"""
        line = {"line_id": order.order_line.id, "quantity": quantity}
        payload = {"order": order.name, "shipment": shipment, "lines": [line], **values}
        if expected:
            payload["expected_at"] = expected.isoformat()
        return self.told(self.announcing, payload)

    def split(self, order, quantity):
        """Split the receipt, as people do. :return: the part with that many, the rest"""
        first = order.picking_ids
        first.move_ids.quantity = quantity
        first.action_split_transfer()
        self.record()
        first.scheduled_date = MONDAY
        rest = order.picking_ids - first
        rest.scheduled_date = FRIDAY
        self.record()
        return first, rest

    def test_announced(self):
        """The receipt is expected when the goods come, and says what is in the parcel."""
        order = self.purchase(quantity=5)
        payload = {
            "order": order.name,
            "shipment": "ASN-1",
            "tracking": "1Z999",
            "expected_at": "2031-03-05T06:00:00Z",
            "lines": [{"sku": "HOOK", "quantity": 3}],
        }
        receipt = self.told(self.announcing, payload)
        self.assertEqual(receipt, order.picking_ids)
        self.assertEqual(receipt.scheduled_date, datetime(2031, 3, 5, 6))
        self.assertIn("1Z999", receipt.message_ids[0].body)
        self.report(self.announcing, receipt)
        self.assertEqual(self.milestone(order, "announced").state, "reached")

    def test_too_much_is_announced(self):
        order = self.purchase(quantity=5)
        notice = {"order": order.name, "shipment": "ASN-1"}
        with self.assertRaisesRegex(BusinessError, "6 of"):
            self.told(self.announcing, {**notice, "lines": [{"sku": "HOOK", "quantity": 6}]})
        for lines in ([], [{"sku": "HOOK", "quantity": 0}], [{"sku": "HOOK"}]):
            with self.assertRaises(ContractError):
                self.told(self.announcing, {**notice, "lines": lines})

    def test_two_shipments_announce_too_much(self):
        """Three and three of five are both taken without a word."""
        order = self.purchase(quantity=5)
        receipt = self.notice(order, "ASN-1", 3, MONDAY)
        with self.assertRaises(BusinessError) as caught:
            self.notice(order, "ASN-2", 3, FRIDAY)
        for told in ("ASN-1", "ASN-2", order.order_line.name, order.name):
            self.assertIn(told, str(caught.exception))
        self.assertEqual(receipt.scheduled_date, MONDAY)
        self.notice(order, "ASN-2", 2)
        # Changed to what the vendor ships, the refused notice fits.
        order.order_line.product_qty = 6
        self.notice(order, "ASN-2", 3)

    def test_receipt_of_what_nobody_announced(self):
        """Every receipt costs a statement more, although no vendor ever sends a notice."""
        order = self.purchase(quantity=5)
        receipt = order.picking_ids
        self.env.invalidate_all()
        # What Odoo itself reads when it receives.
        receipt.move_ids.purchase_line_id.mapped("qty_received")
        with self.assertQueryCount(0):
            receipt._integration_settle_short()

    def test_what_came_is_not_announced_any_more(self):
        """The first shipment came, and counts against the second one for ever."""
        order = self.purchase(quantity=5)
        self.notice(order, "ASN-1", 3)
        self.ship(order.picking_ids, quantity=3)
        rest = self.open_transfers(order)
        self.assertEqual(self.notice(order, "ASN-2", 2, FRIDAY), rest)
        self.assertEqual(rest.scheduled_date, FRIDAY)
        with self.assertRaisesRegex(BusinessError, "ASN-2"):
            self.notice(order, "ASN-3", 1)

    def short(self, order):
        """:return: the exceptions about shipments of a purchase that came short"""
        keys = [f"asn.short:{line.id}:" for line in order.order_line]
        found = (
            self.env["integration.exception"].sudo().search([("dedupe_key", "like", "asn.short:")])
        )
        return found.filtered(lambda one: one.dedupe_key.startswith(tuple(keys)))

    def came_short(self):
        """:return: a purchase of five; of three that were announced two came"""
        order = self.purchase(quantity=5)
        self.notice(order, "ASN-1", 3)
        self.ship(order.picking_ids, quantity=2)
        return order

    def test_missing_piece_of_a_shipment(self):
        """A shipment came short, and no other one is taken until the vendor corrects it."""
        order = self.came_short()
        rest = self.open_transfers(order)
        self.assertEqual(self.notice(order, "ASN-2", 3, FRIDAY), rest)
        self.assertEqual(rest.scheduled_date, FRIDAY)
        short = self.short(order)
        self.assertTrue(short.is_open)
        self.assertEqual((short.res_model, short.res_id), (order._name, order.id))
        self.assertEqual(short.transaction_id, self.owner(order).sudo())
        for told in ("ASN-1", "ASN-2", "1 of", order.order_line.name, order.name):
            self.assertIn(told, short.error_message)
        # A repeated notice opens nothing that a person has closed.
        short._resolve("manual")
        self.notice(order, "ASN-2", 3)
        self.assertFalse(short.is_open)
        self.assertEqual(len(self.short(order)), 1)
        # Together they are too many still.
        with self.assertRaisesRegex(BusinessError, "3 with ASN-2"):
            self.notice(order, "ASN-3", 1)

    def test_missing_piece_fits(self):
        """Two of the three that are awaited are announced: the missing one may come yet."""
        order = self.came_short()
        self.notice(order, "ASN-2", 2)
        self.assertFalse(self.short(order))
        with self.assertRaisesRegex(BusinessError, "2 with ASN-2"):
            self.notice(order, "ASN-3", 2)

    def test_missing_piece_is_corrected(self):
        """The vendor corrects what it announced, and the exception stays."""
        order = self.came_short()
        self.notice(order, "ASN-2", 3)
        self.notice(order, "ASN-1", 2)
        self.assertFalse(self.short(order).is_open)
        # That it comes after all is too much, beside the others.
        with self.assertRaisesRegex(BusinessError, "3 with ASN-2"):
            self.notice(order, "ASN-1", 3)

    def test_missing_piece_is_not_missed(self):
        """All of the purchase has come, and somebody has still to look after the first shipment."""
        order = self.came_short()
        self.notice(order, "ASN-2", 3)
        self.ship(self.open_transfers(order), quantity=1)
        self.assertTrue(self.short(order).is_open)
        self.ship(self.open_transfers(order))
        self.assertFalse(self.short(order).is_open)
        given_up = self.came_short()
        self.notice(given_up, "ASN-2", 3)
        self.open_transfers(given_up).action_cancel()
        self.assertFalse(self.short(given_up).is_open)

    def test_corrected_and_repeated(self):
        """A corrected notice counts beside the one that it corrects, a repeated one twice."""
        order = self.purchase(quantity=5)
        self.notice(order, "ASN-1", 4)
        self.notice(order, "ASN-1", 3)
        self.notice(order, "ASN-2", 2)
        self.notice(order, "ASN-2", 2)
        receipt = order.picking_ids
        self.ship(receipt, quantity=3)
        rest = self.open_transfers(order)
        planned = rest.scheduled_date
        self.assertEqual(self.notice(order, "ASN-1", 3, FRIDAY), receipt)
        self.assertEqual(rest.scheduled_date, planned)

    def test_corrected_to_another_line(self):
        """The corrected notice names another line, and the first one stays announced."""
        order = self.purchase(quantity=5)
        wrong = order.order_line
        order.write({"order_line": [(0, 0, {"product_id": self.product.id, "product_qty": 5,
                                            "price_unit": 1.0})]})  # fmt: skip
        right = order.order_line - wrong
        for line in (wrong, right):
            lines = [{"line_id": line.id, "quantity": 5}]
            self.told(self.announcing, {"order": order.name, "shipment": "ASN-1", "lines": lines})
        lines = [{"line_id": wrong.id, "quantity": 5}]
        self.told(self.announcing, {"order": order.name, "shipment": "ASN-2", "lines": lines})

    def test_only_what_it_fills_is_moved(self):
        """A notice of two pieces puts off the whole purchase."""
        order = self.purchase(quantity=5)
        first, rest = self.split(order, 2)
        later = datetime(2031, 3, 5, 6)
        self.assertEqual(self.notice(order, "ASN-1", 2, later), first)
        self.assertEqual((first.scheduled_date, rest.scheduled_date), (later, FRIDAY))
        self.assertFalse("ASN-1" in str(rest.message_ids.mapped("body")))
        # Those are taken: the next pieces are for the other receipt, however late the first is.
        self.notice(order, "ASN-1", 2, datetime(2031, 3, 20, 6))
        self.assertEqual(self.notice(order, "ASN-2", 3, datetime(2031, 3, 10, 6)), rest)
        self.assertEqual(first.scheduled_date, datetime(2031, 3, 20, 6))
        self.assertEqual(rest.scheduled_date, datetime(2031, 3, 10, 6))

    def test_pieces_for_two_receipts(self):
        """Pieces of the second receipt are left out, or its date stays."""
        order = self.purchase(quantity=5)
        first, rest = self.split(order, 2)
        self.assertEqual(self.notice(order, "ASN-1", 3, FRIDAY), first | rest)

    def test_two_shipments_for_one_receipt(self):
        """The second shipment puts off a receipt whose first goods come on Monday."""
        order = self.purchase(quantity=5)
        receipt = order.picking_ids
        self.notice(order, "ASN-1", 3, MONDAY)
        self.notice(order, "ASN-2", 2, FRIDAY)
        self.assertEqual(receipt.scheduled_date, MONDAY)
        self.ship(receipt, quantity=3)
        self.notice(order, "ASN-2", 2, FRIDAY)
        self.assertEqual(self.open_transfers(order).scheduled_date, FRIDAY)
