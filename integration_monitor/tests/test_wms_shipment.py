import json

from odoo.tests import tagged

from ..tools.errors import BusinessError, ContractError, RetryLater
from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestWmsShipment(WmsCase):
    """A shipment does the transfer with the real quantities, once."""

    def _released(self, quantities=(1, 2, 3)):
        order = self._order(quantities)
        picking = self._first(order)
        return order, picking, self._release(picking)

    def test_full_shipment(self):
        """Everything shipped: the transfer is done and the order delivered."""
        order, picking, release = self._released()
        done = self._ship(self._shipment(release, picking))
        self.assertEqual(done, picking)
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.integration_shipment_ref, "SHP-1")
        self.assertEqual(order.delivery_status, "full")
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])
        self.assertEqual(len(order.picking_ids), 1)

    def test_short_shipment(self):
        """What comes short is a back order, reserved and ready for its own release."""
        order, picking, release = self._released()
        self._ship(self._shipment(release, picking, IPOD2008BLACK=1, IPOD2008RED=0))
        self.assertEqual(picking.state, "done")
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 0, 1])
        backorder = picking.backorder_ids
        self.assertEqual(
            {move.product_id.default_code: move.product_uom_qty for move in backorder.move_ids},
            {"IPOD2008RED": 2, "IPOD2008BLACK": 2},
        )
        self.assertEqual(backorder.state, "assigned")
        self.assertFalse(backorder.integration_release_ref)
        second = self._release(backorder)
        self._ship(self._shipment(second, backorder, number="SHP-2"))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])
        self.assertEqual(order.delivery_status, "full")

    def test_same_shipment_again(self):
        """A repeated report changes nothing."""
        order, picking, release = self._released()
        event = self._shipment(release, picking, IPOD2008BLACK=1)
        self._ship(event)
        self.assertEqual(self._ship(event), picking)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 1])
        self.assertEqual(len(order.picking_ids), 2)

    def test_another_shipment_of_a_done_release(self):
        """A second shipment of one release is refused; nothing is done twice."""
        order, picking, release = self._released()
        self._ship(self._shipment(release, picking))
        with self.assertRaisesRegex(BusinessError, "done already with shipment SHP-1"):
            self._ship(self._shipment(release, picking, number="SHP-2"))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])

    def test_refusals(self):
        """A report that does not fit says what does not, and leaves the transfer alone."""
        _order, picking, release = self._released()

        def event(change):
            data = self._shipment(release, picking)
            change(data["data"])
            return data

        cases = (
            (lambda d: d.update(reference="WH/OUT/99999"), BusinessError, "no such transfer"),
            (lambda d: d.update(warehouse="ELSE"), BusinessError, "belongs to warehouse"),
            (lambda d: d.update(release_id="REL-0"), BusinessError, "was released as"),
            (lambda d: d["lines"][0].update(quantity=2), BusinessError, "needs 1 of IPOD2008GREEN"),
            (lambda d: d["lines"][0].update(sku="Bar3"), BusinessError, "shipment names Bar3"),
            (lambda d: d["lines"][0].update(line_id=0), BusinessError, "has no line 0"),
            (lambda d: d.update(lines=[]), BusinessError, "no piece"),
            (lambda d: d["lines"][0].update(quantity=-1), ContractError, "below zero"),
            (lambda d: d.update(shipment_id=None), ContractError, "shipment_id"),
        )
        for change, error, text in cases:
            with self.subTest(text=text), self.assertRaisesRegex(error, text):
                self._ship(event(change))
        with self.assertRaisesRegex(ContractError, "stock.snapshot"):
            self._ship({"type": "stock.snapshot", "data": {}})
        self.assertEqual(picking.state, "assigned")
        self.assertFalse(picking.integration_shipment_ref)

    def test_cancelled_transfer(self):
        """Goods that left for a cancelled order are a case for a person."""
        order, picking, release = self._released()
        order._action_cancel()
        with self.assertRaisesRegex(BusinessError, "is cancelled"):
            self._ship(self._shipment(release, picking))

    def test_other_warehouse(self):
        """A flow of one warehouse does nothing in another."""
        _order, picking, release = self._released()
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        self.shipment_flow.warehouse_id = other
        with self.assertRaisesRegex(BusinessError, "no such transfer in Other"):
            self._ship(self._shipment(release, picking))

    def test_lots(self):
        """The lots that were really shipped are the ones that leave."""
        product = self.products["IPOD2008GREEN"]
        self.env["stock.quant"]._update_available_quantity(
            product, self.warehouse.lot_stock_id, -100
        )
        product.tracking = "lot"
        lots = self.env["stock.lot"].create(
            [
                {"name": name, "product_id": product.id, "company_id": self.company.id}
                for name in ("L1", "L2")
            ]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(
                product, self.warehouse.lot_stock_id, 10, lot_id=lot
            )
        _order, picking, release = self._released((4, 1, 1))
        event = self._shipment(release, picking)
        event["data"]["lines"][0]["lots"] = [
            {"name": "L2", "quantity": 3},
            {"name": "L1", "quantity": 1},
        ]
        self._ship(event)
        lines = picking.move_ids[0].move_line_ids
        self.assertEqual(
            {line.lot_id.name: line.quantity for line in lines}, {"L1": 1.0, "L2": 3.0}
        )


@tagged("post_install", "-at_install")
class TestWmsShipmentChain(WmsCase):
    """In a warehouse that picks, packs and ships, one report does the whole chain."""

    delivery_steps = "pick_pack_ship"

    def test_whole_chain(self):
        """Pick, pack and delivery are done with the shipped quantities."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        self.assertEqual(picking.picking_type_id, self.warehouse.pick_type_id)
        release = self._release(picking)
        done = self._ship(self._shipment(release, picking))
        self.assertEqual(done.picking_type_id.mapped("sequence_code"), ["PICK", "PACK", "OUT"])
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done"})
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])

    def test_short_chain(self):
        """A short pick ships what was picked; the rest follows with its own release."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        release = self._release(picking)
        self._ship(self._shipment(release, picking, IPOD2008BLACK=1))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 1])
        backorder = picking.backorder_ids
        self.assertEqual(backorder.state, "assigned")
        second = self._release(backorder)
        self._ship(self._shipment(second, backorder, number="SHP-2"))
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])
        open_pickings = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        self.assertFalse(open_pickings)

    def test_chain_again(self):
        """A repeated report of a chain changes nothing."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        event = self._shipment(self._release(picking), picking)
        self._ship(event)
        count = len(order.picking_ids)
        self._ship(event)
        self.assertEqual(len(order.picking_ids), count)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [1, 2, 3])


@tagged("post_install", "-at_install")
class TestShipmentException(WmsCase):
    """Whoever reads the exception of a refused shipment sees which goods it is about."""

    def _received(self, event, **values):
        return self._message(
            flow=self.shipment_flow, external_id=event["id"], payload=json.dumps(event), **values
        )

    def test_exception_names_the_transfer(self):
        """The warehouse reads “evt_7 could not be processed” and looks for the goods."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        event = self._shipment(self._release(picking), picking, IPOD2008GREEN=2)
        message = self._received(event)
        message._open_exception(BusinessError("Too many."))
        exception = message.exception_ids
        self.assertTrue(exception.name.startswith(picking.name), exception.name)
        self.assertEqual((exception.res_model, exception.res_id), ("stock.picking", picking.id))
        self.assertEqual(exception.transaction_id, order.integration_transaction_ids)

    def test_unknown_transfer_is_named_as_the_warehouse_did(self):
        """Nobody can ask the warehouse about a shipment whose number is not shown."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        event = self._shipment(self._release(picking), picking)
        event["data"]["reference"] = "WH/OUT/99999"
        message = self._received(event)
        message._open_exception(BusinessError("No such transfer."))
        self.assertTrue(message.exception_ids.name.startswith("Shipment SHP-1 of WH/OUT/99999"))
        self.assertFalse(message.res_id)

    def test_transfer_that_was_never_released(self):
        """The warehouse ships what nobody asked it for, or counts what came in."""
        picking = self._first(self._order((1, 2, 3)))
        self.release_flow.message_type = "wms.release"
        event = self._shipment(self._prepare(picking), picking)
        self.release_flow.message_ids.state = "cancelled"
        handler, message = self._work(event)
        with self.assertRaisesRegex(BusinessError, "never released"):
            handler._handle(message, event)
        self._message(flow=self.release_flow, res_model=picking._name, res_id=picking.id)
        with self.assertRaises(RetryLater):
            handler._handle(message, event)
        # Sent, and the worker died before the answer was settled: the shipment is the proof.
        waiting = self.release_flow.message_ids.filtered(lambda m: m.state != "cancelled")
        waiting.write({"state": "processing", "attempt_count": 1})
        self.assertIn(picking, handler._handle(message, event))
        receipt = picking.copy({"picking_type_id": self.warehouse.in_type_id.id})
        event["data"]["reference"] = receipt.name
        with self.assertRaisesRegex(BusinessError, "no such transfer"):
            handler._handle(message, event)

    def _work(self, event):
        """Return (handler, message) in the service account's environment."""
        message = self._received(event).with_user(self.service)
        return self.shipment_flow.with_user(self.service)._handler(), message

    def test_corrected_shipment_closes_its_refusal(self):
        """The warehouse corrects a shipment, and its refusal stays in everybody's way."""
        picking = self._first(self._order((1, 2, 3)))
        event = self._shipment(self._release(picking), picking)
        refused = self._received(event, state="dead")
        refused._open_exception(BusinessError("Too many."))
        corrected = self._received({**event, "id": "evt_corrected"}, state="done")
        corrected._resolve_exceptions()
        self.assertEqual(refused.state, "cancelled")
        self.assertFalse(refused.exception_ids.is_open)

    def test_later_shipment_closes_nothing(self):
        """A second shipment succeeds, and the goods of the refused one are forgotten."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        event = self._shipment(self._release(picking), picking)
        refused = self._received(event, state="dead")
        refused._open_exception(BusinessError("Too many."))
        other = {**event["data"], "shipment_id": "SHP-2"}
        later = self._received({**event, "id": "evt_later", "data": other}, state="done")
        later._resolve_exceptions()
        self.assertEqual(refused.state, "dead")
        self.assertTrue(refused.exception_ids.is_open)
