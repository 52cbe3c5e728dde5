from odoo.tests import tagged

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestOutcomeCarrier(CarrierCase):
    def test_by_carrier(self):
        """A delivery counts for the carrier that took it, an order for the one it was sold with.

        Of the two deliveries of Test Parcel one is on time; the other carrier has none.
        """
        other = self.carrier.copy({"name": "Other Parcel"})
        pickings = self.env["stock.picking"]
        for done in ("2026-02-03 10:00:00", "2026-02-04 12:00:01"):
            _order, picking = self._shipped(
                id=int(done[-2:]) + 7_000_000 + len(pickings), name=f"#OUT{len(pickings)}"
            )
            pickings += picking
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE stock_picking SET date_done = %s, date_deadline = '2026-02-03 12:00:00', "
                "carrier_id = %s WHERE id = %s", (done, self.carrier.id, picking.id)
            )  # fmt: skip
        pickings.sale_id.carrier_id = other
        self.env.flush_all()
        self.env.invalidate_all()
        outcomes = self.env["integration.outcome"].sudo()
        outcomes._roll_up_batch(self.env.cr.now())
        rows = outcomes.search([("subject", "=", "delivery"), ("res_id", "in", pickings.ids)])
        self.assertEqual(
            rows._read_group([("id", "in", rows.ids)], ["carrier_id"], ["ship_rate:avg"]),
            [(self.carrier, 0.5)],
        )
