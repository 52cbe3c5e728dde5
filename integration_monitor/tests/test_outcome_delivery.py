"""On-time ship and delivery, invoice completion, confirmation, release: reckoned by hand."""

from datetime import date, datetime

from odoo.tests import tagged

from .common_kit import KitCommon
from .common_outcome import OutcomeCase


@tagged("post_install", "-at_install")
class TestOutcomeDelivery(OutcomeCase):
    def delivered(self, quantity=2, **values):
        """:return: a delivery that left, not invoiced"""
        order = self.order(quantity, **values)
        self.ship(order.picking_ids)
        return order.picking_ids

    def test_on_time_ship_of_back_orders_and_warehouses(self):
        """Three deliveries with a deadline, two on its day, one to the second: 2 / 3; one without.

        By warehouse: 1 / 2 in the first (back order late), 1 / 1 in the second; the whole is
        2 / 3, not the average of 50 % and 100 %.
        """
        order = self.order(5)
        self.ship(order.picking_ids, quantity=3)
        back = order.picking_ids.filtered("backorder_id")
        self.ship(back)
        second = self.env["stock.warehouse"].create(
            {"name": "South", "code": "STH", "company_id": self.company.id}
        )
        self.env["stock.quant"]._update_available_quantity(self.product, second.lot_stock_id, 10)
        south = self.delivered(warehouse_id=second.id)
        free = self.delivered()
        deadline = "2026-02-03 12:00:00"
        # The day ends in New York at 05:00:00 UTC of the next one.
        self.left(order.picking_ids - back, "2026-02-04 04:59:59", deadline)
        self.left(back, "2026-02-04 05:00:00", deadline)
        self.left(south, "2026-02-03 04:59:59", deadline)
        self.left(free, "2026-02-03 12:00:00")
        self.roll_up()
        rows = self.outcomes.union(
            *self.facts("delivery", (order.picking_ids - back) + back + south + free)
        )
        self.assertEqual(len(rows), 4)
        self.assertEqual(self.figures(rows, "ship_rate"), (2 / 3,))
        by_house = self.figures(rows, "ship_rate", "delivery_count:sum", by="warehouse_id")
        self.assertEqual(by_house, {self.warehouse: (0.5, 3), second: (1.0, 1)})
        # 04:59:59 UTC is 23:59:59 of the day before in New York.
        self.assertEqual(self.facts("delivery", south)[0].day, date(2026, 2, 2))
        self.assertEqual(self.facts("delivery", free)[0].day, date(2026, 2, 3))

    def test_invoice_completion(self):
        """Left on the 3rd (New York), target one day: until the 4th.

        Invoiced on the 4th: in time. On the 5th: late. Half of it: late. Nothing and the target is
        not over: not counted. 1 / 3.
        """
        deliveries = [self.delivered() for _number in range(4)]
        for picking in deliveries:
            self.left(picking, "2026-02-03 15:00:00")
        for picking, day in zip(deliveries, ("2026-02-04", "2026-02-05"), strict=False):
            self.invoiced_on(self.invoice(picking.sale_id), day)
        half = deliveries[2].sale_id._create_invoices()
        half.invoice_line_ids.quantity = 1
        half.action_post()
        self.record()
        self.invoiced_on(half, "2026-02-04")
        self.left(deliveries[3], "2026-02-19 15:00:00")
        self.roll_up("2026-02-20 12:00:00")
        rows = self.outcomes.union(*[self.facts("delivery", picking)[0] for picking in deliveries])
        self.assertEqual(rows.mapped("delivery_count"), [1, 1, 1, 1])
        rate, due, met = self.figures(
            rows, "invoice_rate", "invoice_due_count:sum", "invoice_in_time_count:sum"
        )
        self.assertEqual((due, met), (3, 1))
        self.assertAlmostEqual(rate, 1 / 3)
        # In New York the 20th ends at 05:00 UTC on the 21st: then it is late, too.
        self.roll_up("2026-02-21 04:59:59")
        self.assertEqual(self.facts("delivery", deliveries[3])[0].invoice_due_count, 0)
        self.roll_up("2026-02-21 05:00:00")
        self.assertEqual(self.facts("delivery", deliveries[3])[0].invoice_due_count, 1)
        self.assertEqual(self.figures(rows, "invoice_rate"), (0.25,))

    def test_a_back_order_needs_its_own_invoice(self):
        """3 of 5 left and are invoiced; the other 2 left and are not: 1 / 2."""
        self.product.invoice_policy = "delivery"
        order = self.order(5)
        self.ship(order.picking_ids, quantity=3)
        first = order.picking_ids.filtered(lambda picking: picking.state == "done")
        self.invoiced_on(self.invoice(order), "2026-02-03")
        back = order.picking_ids - first
        self.ship(back)
        self.left(first, "2026-02-03 15:00:00")
        self.left(back, "2026-02-03 16:00:00")
        self.roll_up()
        rows = self.facts("delivery", first + back)
        self.assertEqual([row.invoice_in_time_count for row in rows], [1, 0])
        self.assertEqual(self.figures(rows[0] + rows[1], "invoice_rate"), (0.5,))

    def test_arrival_and_settling(self):
        """The carrier reports the last second of the day and the next one: 1 / 2; both settled."""
        deliveries = self.delivered() + self.delivered()
        for picking, arrived in zip(
            deliveries, ("2026-02-06T04:59:59", "2026-02-06T05:00:00"), strict=True
        ):
            self.env["integration.milestone"]._record(
                [
                    {
                        "transaction_id": self.owner(picking.sale_id).id,
                        "step_code": "delivered",
                        "occurred_at": datetime.fromisoformat(arrived),
                        "res_model": picking._name,
                        "res_id": picking.id,
                    }
                ]
            )
            self.left(picking, "2026-02-03 15:00:00", "2026-02-05 12:00:00")
        self.roll_up()
        rows = self.facts("delivery", deliveries)
        self.assertEqual([row.settled for row in rows], [True, True])
        # Without a carrier's flow no report is awaited: decided once the target is over.
        quiet = self.delivered()
        self.left(quiet, "2026-02-19 15:00:00")
        self.roll_up()
        self.assertFalse(self.facts("delivery", quiet)[0].settled)
        self.roll_up("2026-02-21 05:00:00")
        self.assertTrue(self.facts("delivery", quiet)[0].settled)
        self.assertEqual(self.figures(rows[0] + rows[1], "arrival_rate"), (0.5,))


@tagged("post_install", "-at_install")
class TestOutcomeKit(KitCommon, OutcomeCase):
    """Lines whose moves bring components are judged by whole kits."""

    def judged(self, pickings):
        """:return: for each delivery whether its invoice was due, and in time"""
        for number, picking in enumerate(pickings):
            self.left(picking, f"2026-02-03 15:0{number}:00")
        self.roll_up()
        rows = self.facts("delivery", pickings)
        return [(row.invoice_due_count, row.invoice_in_time_count) for row in rows]

    def test_never_invoiced(self):
        """Two kits left, and nobody asked money for them; they came back meanwhile, or not."""
        kept, returned = self.kits(), self.kits()
        for order in (kept, returned):
            self.ship_kits(order.picking_ids, 6, 2)
        delivery = returned.picking_ids
        self.return_kits(delivery, 6, 2)
        self.assertEqual(self.judged(kept.picking_ids + delivery), [(1, 0), (1, 0)])

    def test_in_parts(self):
        """A kit each day: the first is invoiced in time, the second is not."""
        self.product.invoice_policy = "delivery"
        order = self.kits()
        first = order.picking_ids
        second = self.ship_kits(first, 3, 1)
        self.invoiced_on(self.invoice(order), "2026-02-04")
        self.ship_kits(second, 3, 1)
        self.assertEqual(self.judged(first + second), [(1, 1), (1, 0)])

    def test_half_a_kit(self):
        """Six screws without a shade are no kit to invoice; with the shades they are two."""
        order = self.kits()
        first = order.picking_ids
        second = self.ship_kits(first, 6, 0)
        self.left(first, "2026-02-19 15:00:00")
        self.roll_up()
        row = self.facts("delivery", first)[0]
        self.assertEqual((row.invoice_due_count, row.settled), (0, False))
        self.ship_kits(second, 0, 2)
        self.invoiced_on(self.invoice(order), "2026-02-04")
        self.assertEqual(self.judged(first + second)[1], (1, 1))

    def test_more_than_whole_kits(self):
        """Six screws and one shade make one kit: invoiced once, it is in time."""
        self.product.invoice_policy = "delivery"
        order = self.kits()
        first = order.picking_ids
        self.ship_kits(first, 6, 1)
        self.invoiced_on(self.invoice(order), "2026-02-04")
        self.assertEqual(self.judged(first), [(1, 1)])


@tagged("post_install", "-at_install")
class TestOutcomeMessage(OutcomeCase):
    """What messages with a warehouse system tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Engine = cls.env(su=True)
        cls.system = Engine["integration.system"].create(
            {"name": "WMS", "code": "im_outcome_wms", "kind": "wms", "region": "EU",
             "company_id": cls.company.id, "environment": "test"}
        )  # fmt: skip
        cls.endpoint = Engine["integration.endpoint"].create(
            {"name": "WMS API", "code": "im_outcome_api", "system_id": cls.system.id,
             "base_url": "http://127.0.0.1:9"}
        )  # fmt: skip
        shared = {"system_id": cls.system.id, "latency_tolerance": 15}
        cls.release_flow = Engine["integration.flow"].create(
            {"name": "Release", "code": "im.outcome.release", "direction": "outbound",
             "endpoint_id": cls.endpoint.id, "message_type": "wms.release", **shared}
        )  # fmt: skip
        cls.shipment_flow = Engine["integration.flow"].create(
            {"name": "Shipment", "code": "im.outcome.shipment", "direction": "inbound",
             "message_type": "wms.shipment", **shared}
        )  # fmt: skip

    def message(self, flow, order, **values):
        return self.env["integration.message"].sudo().create(
            {"flow_id": flow.id, "direction": flow.direction, "company_id": self.company.id,
             "transaction_id": self.owner(order).id, "res_model": "stock.picking",
             "res_id": order.picking_ids[:1].id, **values}
        )  # fmt: skip

    def test_release_continuity(self):
        """Releasable 10 + 30 + 60 min = 6,000 s; blocked beyond 15 min: 0 + 15 + 45 min = 3,600 s.

        1 − 3,600 / 6,000 = 40 %; the third is still under way at 11:00:00.
        """
        order = self.order()
        due = {"received_at": "2026-02-02 10:00:00"}
        messages = (
            self.message(self.release_flow, order, state="done", done_at="2026-02-02 10:10:00",
                         **due)
            + self.message(self.release_flow, order, state="done", done_at="2026-02-02 10:30:00",
                           **due)
            + self.message(self.release_flow, order, state="dead", **due)
        )  # fmt: skip
        self.roll_up("2026-02-02 11:00:00")
        rows = self.outcomes.union(*self.facts("release", messages))
        self.assertEqual(rows.mapped("releasable_seconds"), [600, 1800, 3600])
        self.assertEqual(rows.mapped("blocked_seconds"), [0, 900, 2700])
        self.assertEqual(rows.mapped("settled"), [True, True, False])
        self.assertEqual(rows.system_id, self.system)
        self.assertEqual(set(rows.mapped("region")), {"EU"})
        (continuity,) = self.figures(rows, "release_continuity")
        self.assertAlmostEqual(continuity, 0.4)
        # A replay of the dead one is done at 12:00:00: releasable for 2 h.
        self.message(self.release_flow, order, state="done", done_at="2026-02-02 12:00:00",
                     received_at="2026-02-02 11:59:00", replay_of_id=messages[2].id)  # fmt: skip
        self.roll_up("2026-02-02 13:00:00")
        last = self.facts("release", messages[2])[0]
        self.assertEqual((last.releasable_seconds, last.settled), (7200, True))

    def test_shipment_confirmation(self):
        """The goods left at 10:00:00 and came over at 10:05:00, done at 10:07:30: 450 s."""
        order = self.order()
        self.ship(order.picking_ids)
        self.message(self.shipment_flow, order, state="done", occurred_at="2026-02-02 10:00:00",
                     received_at="2026-02-02 10:05:00", done_at="2026-02-02 10:07:30")  # fmt: skip
        self.roll_up()
        row = self.facts("delivery", order.picking_ids)[0]
        self.assertEqual((row.confirmation_count, row.confirmation_seconds), (1, 450))
        self.assertEqual(self.figures(row, "confirmation_minutes"), (7.5,))
        # Deliveries that no warehouse system confirmed take no part in the average.
        other = self.order()
        self.ship(other.picking_ids)
        self.roll_up()
        both = row + self.facts("delivery", other.picking_ids)[0]
        self.assertEqual(self.figures(both, "confirmation_minutes"), (7.5,))
