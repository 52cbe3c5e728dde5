"""Orders of a shop that wait for a mapped product, a mapped tax or a tax of a rate."""

from odoo.tests import tagged

from .common import IntegrationCase
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestSourceShop(ShopCase, IntegrationCase):
    def refused(self, number=1, **values):
        """:return: the message of an order that was refused"""
        payload = {**sample("shopify/order_created.json"), "id": number, "name": f"#{number}"}
        message, _created = self.receive({**payload, **values}, self.flow, external_id=str(number))
        self.drain(self.flow)
        self.assertEqual(message.state, "dead", message.error_message)
        self.released()
        return message

    def released(self):
        """:return: the messages that wait to be tried again after this transaction's commit"""
        self.env.flush_all()
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_release"), ("state", "=", "pending")]
        )
        exceptions = self.env["integration.exception"]
        for job in jobs:
            exceptions |= job.records.with_env(self.env)
        jobs.unlink()
        return exceptions.message_id

    def map(self, kind, value, record, **values):
        """:return: the mapping of a value of the shop"""
        return self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": kind,
                "external_value": value,
                "res_model": record._name,
                "res_id": record.id,
                **values,
            }
        )

    def tax(self, name, amount, **values):
        """:return: a sales tax of the company"""
        group = self.env["account.tax.group"].create({"name": name, "company_id": self.company.id})
        return self.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
                "company_id": self.company.id,
                "tax_group_id": group.id,
                **values,
            }
        )

    def test_archived_product_is_restored(self):
        """The product that the SKU is mapped to is restored, and the order waits on."""
        product, other = self.products["IPOD2008RED"], self.products["Bar3"]
        product.default_code = "other"
        self.map("product", "IPOD2008RED", product)
        (product | other).active = False
        message = self.refused()
        other.active = True
        self.assertFalse(self.released())
        product.active = True
        self.assertEqual(self.released(), message)

    def test_value_is_mapped_to_another_product(self):
        """The SKU is mapped anew, as the text advises, and the order waits on."""
        product = self.products["IPOD2008RED"]
        product.default_code = "other"
        mapping = self.map("product", "IPOD2008RED", product)
        product.active = False
        message = self.refused()
        mapping.res_id = self.products["IPOD2008GREEN"].id
        self.assertEqual(self.released(), message)
        mapping.external_value = "NEW"
        self.assertEqual(self.released(), message)

    def test_mapping_of_another_system(self):
        """A product is corrected, and orders of a shop that does not sell it are tried again."""
        self.products["IPOD2008RED"].default_code = "other"
        message = self.refused()
        elsewhere = self.system.copy({"code": "elsewhere", "name": "Elsewhere"})
        product = self.products["Bar3"]
        self.map("product", "IPOD2008RED", product, system_id=elsewhere.id)
        self.released()
        product.weight = 2
        self.assertFalse(self.released())
        self.map("product", "IPOD2008RED", product)
        self.assertEqual(self.released(), message)

    def test_mapped_tax_is_corrected(self):
        """The shop's name of the tax is mapped; the tax is corrected, and the order waits on."""
        tax = self.tax("Ours", 6, type_tax_use="purchase")
        other = self.tax("Other", 6, type_tax_use="purchase")
        self.map("tax", "State Tax", tax)
        message = self.refused()
        other.description = "Other"
        self.assertFalse(self.released())
        tax.type_tax_use = "sale"
        self.assertEqual(self.released(), message)

    def test_tax_of_the_rate_is_made(self):
        """A tax of the rate is made under its own name, and the order waits on."""
        self.flow.create_missing_taxes = False
        message = self.refused()
        self.assertIn("6%", message.exception_ids.source_value)
        self.tax("Another rate", 7)
        self.tax("Paid", 6, type_tax_use="purchase")
        self.tax("Within", 6, price_include_override="tax_included")
        self.assertFalse(self.released())
        tax = self.tax("Sold", 6)
        self.assertEqual(self.released(), message)
        message.exception_ids._release()
        self.drain(self.flow)
        self.assertIn(tax, self.env["sale.order"].browse(message.res_id).order_line.tax_ids)

    def test_flow_may_make_taxes(self):
        """Somebody lets the flow make taxes, as the text advises, and the order waits on."""
        self.flow.create_missing_taxes = False
        message = self.refused()
        other = self._make_flow(self.handler, "testshop.other", message_type="shop.order")
        self.released()
        other.create_missing_taxes = False
        other.create_missing_taxes = True
        self.assertFalse(self.released())
        self.flow.create_missing_taxes = True
        self.assertEqual(self.released(), message)
