from odoo.tests import tagged

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestShopCarrier(CarrierCase):
    def test_default_method(self):
        """An order whose shipping method nobody mapped ships with the flow's default."""
        self.assertEqual(self._order().carrier_id, self.carrier)

    def test_mapped_method(self):
        """The customer who paid for a method gets it."""
        express = self.carrier.copy({"name": "Express"})
        self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": "carrier",
                "external_value": "Free Shipping",
                "reference": f"delivery.carrier,{express.id}",
            }
        )
        self.assertEqual(self._order().carrier_id, express)

    def test_release_names_the_carrier(self):
        """The warehouse packs for the right carrier."""
        order = self._order()
        self.assertEqual(self._prepare(self._first(order))["carrier"], self.carrier.name)
