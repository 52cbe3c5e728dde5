import contextlib

from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer

from .common_provider import ProviderCase


class Undone(Exception):
    """Whatever fails after the carrier has sold its label."""


@tagged("post_install", "-at_install")
class TestProviderLabels(ProviderCase):
    """A label is paid for, and what Odoo did with it was undone."""

    def lost(self, order=None, picking=None):
        """Buy a label and lose it. :return: (order, transfer, exception)"""
        if order is None:
            order, picking = self.ready()

        def work():
            picking._action_done()
            raise Undone

        self.watched(work, error=Undone)
        self.assertFalse(picking.carrier_tracking_ref)
        return order, picking, self.open_exceptions("carrier.label")

    def test_found_and_told(self):
        """Carrier, order, number and price are told once, with what to do."""
        order, picking, exception = self.lost()
        (number,) = self.shop.sold
        self.assertEqual(len(exception), 1)
        for part in (number, "7.50", order.name, picking.name, "Parcel Inc. Express", "Cancel"):
            self.assertIn(part, exception.error_message)
        self.assertEqual(exception.amount_at_stake, 7.5)
        self.assertEqual(exception.transaction_id, order.integration_transaction_ids)
        self.assertEqual(exception.system_id, self.parcel_system)
        self.watched(self.settle)
        self.assertEqual(exception.occurrence_count, 1)

    def test_transfer_without_order(self):
        """What was sent without an order, such as a spare part, is told as well."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "partner_id": self.env.user.partner_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "carrier_id": self.provider.id,
            }
        )
        lines = self.watched(self.sold_and_undone, picking)
        self.assertEqual(lines[0].res_id, picking.id)
        exception = self.open_exceptions("carrier.label")
        self.assertEqual(exception.res_id, picking.id)
        self.assertFalse(exception.transaction_id)

    def sold_and_undone(self, picking):
        """Buy a label, and lose it."""
        with contextlib.suppress(Undone), self.env.cr.savepoint():
            picking.send_to_shipper()
            raise Undone

    def test_booked_again(self):
        """The second label is on the transfer, the first one is not."""
        order, picking, exception = self.lost()
        self.watched(picking._action_done)
        self.assertEqual(picking.carrier_tracking_ref, self.shop.sold[1])
        self.assertTrue(exception.is_open)
        self.assertEqual(self.open_exceptions("carrier.label"), exception)
        self.assertEqual(self.milestone(order).state, "reached")

    def test_number_appears(self):
        """Any transfer may take the label, beside others that it has, however it is typed."""
        _order, _picking, exception = self.lost()
        _other, travels = self.ready()
        number = self.shop.sold[0]
        travels.carrier_tracking_ref = f"OTHER, {number[:6]} {number[6:]}"
        self.watched(self.settle)
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))
        self.assertFalse(self.env["integration.carrier.label"].search([]))

    def test_part_of_a_number(self):
        """A number that only begins alike is another one."""
        _order, picking, exception = self.lost()
        picking.carrier_tracking_ref = f"{self.shop.sold[0]}9"
        self.watched(self.settle)
        self.assertTrue(exception.is_open)

    def test_cancellation_is_seen(self):
        """A label that was cancelled at the carrier costs nothing."""
        _order, picking, exception = self.lost()
        # Odoo can cancel what a transfer carries.
        picking.carrier_tracking_ref = self.shop.sold[0]
        with log_writer.captured() as seen:
            picking.cancel_shipment()
        picking.carrier_tracking_ref = False
        log_writer.write_on(self.env.cr, seen)
        self.watched(self.settle)
        self.assertEqual(self.shop.cancelled, self.shop.sold)
        self.assertFalse(exception.is_open)

    def test_closed_by_a_person(self):
        """Who has cancelled it on the carrier's page is not told again."""
        _order, _picking, exception = self.lost()
        exception._close("resolved", "manual")
        self.watched(self.settle)
        self.watched(self.settle)
        self.assertFalse(self.open_exceptions("carrier.label"))
        self.assertFalse(self.env["integration.carrier.label"].search([]))

    def test_kept_labels_leave_nothing(self):
        """The usual case: the transfer carries its number."""
        _order, picking = self.ready()
        self.watched(picking._action_done)
        self.assertFalse(self.open_exceptions("carrier"))
        self.assertFalse(self.env["integration.carrier.label"].search([]))

    def test_savepoint_of_the_caller(self):
        """A failure that somebody caught undoes the number as well."""
        _order, picking = self.ready()

        def work():
            with contextlib.suppress(Undone), self.env.cr.savepoint():
                picking._action_done()
                raise Undone

        self.watched(work)
        self.assertEqual(len(self.open_exceptions("carrier.label")), 1)
