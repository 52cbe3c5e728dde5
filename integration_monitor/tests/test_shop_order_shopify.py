from odoo.tests import tagged

from ..tools.errors import BusinessError, ContractError, MappingError
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestShopOrderShopify(ShopCase):
    """Orders in Shopify's format become the same orders in Odoo, to the cent."""

    def test_published_sample(self):
        """The published order is made unchanged: prices as sent, totals as the customer paid."""
        order = self._handle(sample("shopify/order_created.json"))
        self.assertMoney(order, "398.00", "11.94", "409.94")
        self.assertEqual(order.currency_id.name, "USD")
        self.assertLines(
            order,
            [
                ("IPOD2008GREEN", 1, 199.0, 0, ("State Tax 6%",)),
                ("IPOD2008RED", 1, 199.0, 0, ("State Tax 6%",)),
                ("IPOD2008BLACK", 1, 199.0, 0, ("State Tax 6%",)),
                ("SHOP-SHIPPING", 1, 0, 0, ()),
                ("SHOP-ADJUSTMENT", 1, -398.0, 0, ("State Tax 6%",)),
                ("SHOP-ADJUSTMENT", 1, 199.0, 0, ()),
            ],
        )
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.client_order_ref, "#1001")
        self.assertEqual(order.warehouse_id, self.warehouse)
        self.assertFalse(order.user_id)
        partner = order.partner_id
        self.assertEqual((partner.name, partner.email), ("Bob Norman", "bob.norman@hostmail.com"))
        self.assertEqual((partner.city, partner.state_id.code), ("Louisville", "KY"))
        self.assertEqual(order.partner_shipping_id, partner)
        self.assertTrue(order.picking_ids)
        notes = " ".join(order.message_ids.mapped("body"))
        self.assertIn("TENOFF", notes)
        self.assertIn("398.00", notes)

    def test_invoice_has_the_same_totals(self):
        """The invoice asks for what the customer paid, also where cents were rounded."""
        self.env["account.chart.template"].try_loading(
            "generic_coa", company=self.company, install_demo=False
        )
        payload = self._line_taxed("10.10", 3, "0.0725", "2.19")
        order = self._handle(payload).with_env(self.env)
        order.order_line.product_id.invoice_policy = "order"
        order.order_line.invalidate_recordset()
        invoice = order._create_invoices()
        self.assertEqual(invoice.amount_total, order.amount_total)
        self.assertEqual(invoice.amount_tax, order.amount_tax)
        cent = order.order_line[-1].tax_ids
        tax = order.order_line[0].tax_ids
        accounts = invoice.line_ids.filtered("tax_line_id")
        self.assertEqual(accounts.tax_line_id, tax | cent)
        self.assertEqual(len(accounts.account_id), 1)
        usual = self.company.account_sale_tax_id.invoice_repartition_line_ids
        self.assertEqual(accounts.account_id, usual.account_id)

    def _line_taxed(self, price, quantity, rate, tax, included=False):
        """Return the sample with one line whose tax is stated on the line."""
        payload = sample("shopify/order_created.json")
        payload["line_items"] = payload["line_items"][:1]
        line = payload["line_items"][0]
        gross = round(float(price) * quantity, 2)
        stated = [{"title": "State Tax", "rate": float(rate), "price": tax}]
        line.update(price=price, quantity=quantity, tax_lines=stated)
        total = gross if included else round(gross + float(tax), 2)
        payload.update(
            tax_lines=stated,
            taxes_included=included,
            subtotal_price=f"{gross:.2f}",
            total_line_items_price=f"{gross:.2f}",
            total_tax=tax,
            total_price=f"{total:.2f}",
            discount_codes=[],
        )
        return payload

    def test_rounding_cent_is_tax(self):
        """A shop that rounds a tax differently is followed: the cent is booked as that tax."""
        # 30.30 at 7.25 % is 2.19675; the shop cut it.
        order = self._handle(self._line_taxed("10.10", 3, "0.0725", "2.19"))
        self.assertMoney(order, "30.30", "2.19", "32.49")
        rounding = order.order_line[-1]
        self.assertEqual(rounding.product_id.default_code, "SHOP-ADJUSTMENT")
        tax = order.order_line[0].tax_ids
        self.assertEqual(rounding.tax_ids.integration_cent_of_id, tax)
        self.assertEqual(rounding.tax_ids.tax_group_id, tax.tax_group_id)

    def test_tax_included(self):
        """Prices with tax inside stay as the customer saw them."""
        order = self._handle(self._line_taxed("10.00", 3, "0.19", "4.79", included=True))
        self.assertMoney(order, "25.21", "4.79", "30.00")
        self.assertEqual(order.order_line[0].price_unit, 10.0)
        self.assertTrue(order.order_line[0].tax_ids.price_include)

    def test_tax_included_rounded_differently(self):
        """A tax inside the price that is a cent lower moves that cent to the net amount."""
        order = self._handle(self._line_taxed("10.00", 3, "0.19", "4.78", included=True))
        self.assertMoney(order, "25.22", "4.78", "30.00")

    def test_wrong_tax_is_refused(self):
        """A tax that is mapped to another rate is noticed instead of booked."""
        group = self.env["account.tax.group"].create({"name": "Nine"})
        wrong = self.env["account.tax"].create(
            {
                "tax_group_id": group.id,
                "name": "Nine",
                "amount": 9,
                "type_tax_use": "sale",
                "company_id": self.company.id,
                "price_include_override": "tax_excluded",
            }
        )
        self._map("tax", "State Tax", wrong)
        with self.assertRaisesRegex(BusinessError, "Nine.*computes 2.73.*states 2.20"):
            self._handle(self._line_taxed("10.10", 3, "0.0725", "2.20"))

    def _map(self, kind, value, record):
        return self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": kind,
                "external_value": value,
                "res_model": record._name,
                "res_id": record.id,
            }
        )

    def test_missing_tax_may_be_refused(self):
        """A flow that must not make taxes says which one to map."""
        self.flow.create_missing_taxes = False
        with self.assertRaisesRegex(MappingError, "State Tax 6%"):
            self._handle(sample("shopify/order_created.json"))

    def test_discount_percent_and_line(self):
        """A discount is a percentage where that is exact, else a line of its own."""
        payload = self._line_taxed("10.00", 3, "0.06", "1.62")
        payload["line_items"][0]["discount_allocations"] = [{"amount": "3.00"}]
        payload.update(
            total_discounts="3.00",
            subtotal_price="27.00",
            total_price="28.62",
            discount_codes=[{"code": "SAVE10", "amount": "3.00"}],
        )
        order = self._handle(payload)
        self.assertMoney(order, "27.00", "1.62", "28.62")
        self.assertEqual(order.order_line[0].discount, 10.0)
        payload["id"] = 2
        payload["line_items"][0]["discount_allocations"] = [{"amount": "3.33"}]
        payload.update(total_discounts="3.33", subtotal_price="26.67", total_tax="1.60")
        payload.update(total_price="28.27", tax_lines=[])
        payload["line_items"][0]["tax_lines"][0]["price"] = "1.60"
        order = self._handle(payload)
        self.assertMoney(order, "26.67", "1.60", "28.27")

    def test_discount_that_no_percentage_hits(self):
        """A discount of a big line that two digits of percent miss is a visible line."""
        payload = self._line_taxed("1999.99", 3, "0", "0.00")
        payload["line_items"][0]["discount_allocations"] = [{"amount": "10.00"}]
        payload.update(
            total_discounts="10.00",
            subtotal_price="5989.97",
            total_price="5989.97",
            discount_codes=[{"code": "TENOFF", "amount": "10.00"}],
        )
        order = self._handle(payload)
        self.assertMoney(order, "5989.97", "0.00", "5989.97")
        self.assertIn(("SHOP-DISCOUNT", -10.0), self._amounts(order))
        self.assertIn("TENOFF", " ".join(order.order_line.mapped("name")))

    def _amounts(self, order):
        return [(line.product_id.default_code, line.price_unit) for line in order.order_line]

    def test_order_discount_without_allocation(self):
        """A discount that only the order names is spread over its lines to the cent."""
        payload = sample("shopify/order_created.json")
        payload.update(
            total_discounts="10.00",
            subtotal_price="587.00",
            total_tax="0.00",
            tax_lines=[],
            total_price="587.00",
        )
        order = self._handle(payload)
        self.assertMoney(order, "587.00", "0.00", "587.00")
        self.assertNotIn("SHOP-ADJUSTMENT", order.order_line.product_id.mapped("default_code"))

    def test_taxed_shipping(self):
        """Shipping is a line with its own tax and price."""
        payload = self._line_taxed("10.00", 1, "0.06", "0.60")
        payload["shipping_lines"] = [
            {
                "id": 7,
                "title": "Express",
                "code": "EXP",
                "price": "12.34",
                "tax_lines": [{"title": "State Tax", "rate": 0.06, "price": "0.74"}],
            }
        ]
        payload.update(
            total_tax="1.34",
            total_price="23.68",
            tax_lines=[{"title": "State Tax", "rate": 0.06, "price": "1.34"}],
        )
        order = self._handle(payload)
        self.assertMoney(order, "22.34", "1.34", "23.68")
        self.assertIn(("SHOP-SHIPPING", 12.34), self._amounts(order))
        self.assertIn("Express", order.order_line.mapped("name"))

    def test_two_taxes(self):
        """State and county tax are two taxes with their own amounts."""
        payload = self._line_taxed("100.00", 1, "0.06", "6.00")
        county = {"title": "County Tax", "rate": 0.0125, "price": "1.25"}
        payload["line_items"][0]["tax_lines"].append(county)
        payload["tax_lines"] = [*payload["tax_lines"][:1], county]
        payload.update(total_tax="7.25", total_price="107.25")
        order = self._handle(payload)
        self.assertMoney(order, "100.00", "7.25", "107.25")
        self.assertEqual(
            set(order.order_line[0].tax_ids.mapped("name")), {"State Tax 6%", "County Tax 1.25%"}
        )

    def test_taxes_as_odoo_computes_them(self):
        """A company that computes taxes itself gets its own, and the difference is noted."""
        self.flow.tax_policy = "odoo"
        order = self._handle({**self._line_taxed("10.00", 3, "0.06", "1.80"), "note": "a < b"})
        self.assertMoney(order, "30.00", "0.00", "30.00")
        self.assertFalse(order.order_line.tax_ids)
        self.assertIn("31.80", " ".join(order.message_ids.mapped("body")))
        self.assertIn("a &lt; b", order.note)

    def test_refuse_discrepancy(self):
        """A flow may refuse orders whose lines do not lead to their totals."""
        self.flow.discrepancy_policy = "reject"
        with self.assertRaisesRegex(BusinessError, "597.00.*398.00"):
            self._handle(sample("shopify/order_created.json"))

    def test_contradicting_total(self):
        """A total that its own parts contradict names both figures."""
        payload = sample("shopify/order_created.json")
        payload["total_price"] = "400.00"
        with self.assertRaisesRegex(BusinessError, "409.94.*400.00"):
            self._handle(payload)

    def test_bad_input(self):
        """Missing currency, no lines, quantities that are not above zero: refused in words."""
        cases = (
            ({"currency": None}, "no currency"),
            ({"line_items": []}, "no lines"),
            ({"id": None}, "no “id”"),
            ({"total_price": "NaN"}, "not a usable number"),
        )
        for change, text in cases:
            with self.subTest(change=change), self.assertRaisesRegex(ContractError, text):
                self._handle({**sample("shopify/order_created.json"), **change})
        for quantity in (0, -1):
            payload = sample("shopify/order_created.json")
            payload["line_items"][1]["quantity"] = quantity
            with self.subTest(quantity=quantity), self.assertRaisesRegex(ContractError, "line 2"):
                self._handle(payload)
        self.assertFalse(self.env["sale.order"].search([("company_id", "=", self.company.id)]))
