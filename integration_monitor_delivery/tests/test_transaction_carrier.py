"""The carrier of a transaction: shown, searched and grouped by."""

from odoo.tests import tagged

from .common_provider import ProviderCase


@tagged("post_install", "-at_install")
class TestTransactionCarrier(ProviderCase):
    def test_of_the_delivery_else_of_the_order(self):
        """Orders by carrier stand under 'None', or under the carrier that was first asked."""
        order, picking = self.ready()
        other, _picking = self.ready()
        owners = (order | other).integration_transaction_ids
        owners = owners.browse(owners.ids)
        second = self.provider.copy({"name": "Second Parcel"})
        picking.carrier_id = second
        self.env.flush_all()
        self.env.invalidate_all()
        owner = order.integration_transaction_ids
        self.assertEqual(owner.carrier_id, second)
        self.assertEqual((owners - owner).carrier_id, self.provider)
        mine = [("id", "in", owners.ids)]
        Transaction = self.env["integration.transaction"]
        for domain, found in (
            ([("carrier_id", "=", second.id)], owner),
            ([("carrier_id", "!=", second.id)], owners - owner),
            ([("carrier_id", "ilike", second.name)], owner),
            ([("carrier_id.delivery_type", "=", self.provider.delivery_type)], owners),
            ([("carrier_id", "=", False)], Transaction),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(Transaction.search([*mine, *domain]), found)
        groups = dict(Transaction._read_group(mine, ["carrier_id"], ["id:recordset"]))
        self.assertEqual(groups, {second: owner, self.provider: owners - owner})
        owners.invalidate_recordset()
        with self.assertQueryCount(1):
            owners.mapped("carrier_id.id")
