from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..tools.errors import BusinessError, MappingError, RetryLater
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestShopOrderIdentity(ShopCase):
    """One order and one customer of a shop exist once, whatever arrives again."""

    def test_same_order_twice(self):
        """A second delivery of an order, under another event id, makes no second order."""
        first = self._handle(sample("shopify/order_created.json"))
        again = self._handle(sample("shopify/order_created.json"))
        self.assertEqual(first, again)
        self.assertEqual(
            self.env["sale.order"].search_count([("company_id", "=", self.company.id)]), 1
        )

    def test_same_order_at_the_same_time(self):
        """Two workers with one order: the second waits and finds what the first made."""
        payload = sample("shopify/order_created.json")
        order = self._handle(payload)
        handler = self.registry[self.flow.handler]
        with (
            patch.object(
                handler, "_existing_order", lambda self, flow, shop: self.env["sale.order"]
            ),
            mute_logger("odoo.sql_db"),
            self.assertRaises(RetryLater),
        ):
            self._handle(payload)
        self.assertEqual(self._handle(payload), order)

    def test_same_new_customer_at_the_same_time(self):
        """Two first orders of one customer: no second contact, the later order waits."""
        first = self._handle(sample("shopify/order_created.json"))
        payload = {**sample("shopify/order_created.json"), "id": 2, "name": "#1002"}
        mapping = self.registry["integration.mapping"]
        handler = self.registry[self.flow.handler]
        unseen = patch.object(mapping, "search", lambda self, *args, **kwargs: self.browse())
        contact = patch.object(
            handler, "_shop_partner_by_contact", lambda self, flow, shop: self.env["res.partner"]
        )
        with unseen, contact, mute_logger("odoo.sql_db"), self.assertRaises(RetryLater):
            self._handle(payload)
        self.assertEqual(self._handle(payload).partner_id, first.partner_id)

    def test_unknown_product_then_retry(self):
        """An unknown SKU is named; once the product exists a retry makes the order once."""
        self.products["IPOD2008RED"].default_code = "other"
        payload = sample("shopify/order_created.json")
        with self.assertRaises(MappingError) as caught:
            self._handle(payload)
        error = caught.exception
        self.assertIn("Product SKU “IPOD2008RED” of order #1001 is not known", error.message)
        self.assertEqual(
            error.source,
            {"res_model": "product.product", "key": "default_code", "value": "IPOD2008RED"},
        )
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Bob Norman")]))
        self.products["IPOD2008RED"].default_code = "IPOD2008RED"
        order = self._handle(payload)
        self.assertEqual(self._handle(payload), order)
        self.assertMoney(order, "398.00", "11.94", "409.94")

    def test_mapped_product(self):
        """A mapped SKU leads to its product."""
        self.products["IPOD2008RED"].default_code = "other"
        self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": "product",
                "external_value": "IPOD2008RED",
                "res_model": "product.product",
                "res_id": self.products["IPOD2008RED"].id,
            }
        )
        order = self._handle(sample("shopify/order_created.json"))
        self.assertEqual(order.order_line[1].product_id, self.products["IPOD2008RED"])

    def test_two_products_with_one_reference(self):
        """Two products of one internal reference are not guessed between."""
        self.products["IPOD2008RED"].default_code = "IPOD2008GREEN"
        with self.assertRaisesRegex(BusinessError, "2 products"):
            self._handle(sample("shopify/order_created.json"))

    def test_repeat_customer(self):
        """The second order of a customer makes no second contact and no second address."""
        payload = sample("shopify/order_created.json")
        payload["shipping_address"].update(name="Ann Norman", address1="Other Street 1")
        first = self._handle(payload)
        self.assertEqual(first.partner_shipping_id.parent_id, first.partner_id)
        self.assertEqual(first.partner_shipping_id.type, "delivery")
        count = self.env["res.partner"].search_count([])
        payload.update(id=2, name="#1002")
        payload["customer"]["email"] = "bob@new.example.com"
        second = self._handle(payload)
        self.assertEqual(second.partner_id, first.partner_id)
        self.assertEqual(second.partner_shipping_id, first.partner_shipping_id)
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_guest(self):
        """A guest is found again by e-mail, in whatever case it is written."""
        payload = sample("shopify/order_created.json")
        payload["customer"] = None
        payload["email"] = "Guest@Example.com"
        first = self._handle(payload)
        self.assertEqual(first.partner_id.email, "guest@example.com")
        payload.update(id=2, name="#1002", email="guest@EXAMPLE.com")
        self.assertEqual(self._handle(payload).partner_id, first.partner_id)

    def test_known_contact(self):
        """A customer who is a contact already is not made again."""
        bob = self.env["res.partner"].create(
            {"name": "Robert Norman", "email": "Bob.Norman@hostmail.com"}
        )
        order = self._handle(sample("shopify/order_created.json"))
        self.assertEqual(order.partner_id, bob)
        self.assertEqual(order.partner_invoice_id.parent_id, bob)
        self.assertEqual(order.partner_invoice_id, order.partner_shipping_id)

    def test_other_companys_contact(self):
        """A contact of another company with the same e-mail is left alone."""
        other = self.env["res.company"].create({"name": "Other"})
        stranger = (
            self.env["res.partner"]
            .sudo()
            .create({"name": "B", "email": "bob.norman@hostmail.com", "company_id": other.id})
        )
        order = self._handle(sample("shopify/order_created.json"))
        self.assertNotEqual(order.partner_id, stranger)

    def test_foreign_currency(self):
        """An order in another currency stays in it; an inactive one says how to activate it."""
        payload = sample("shopify/order_created.json")
        payload["currency"] = "CHF"
        chf = self.env.ref("base.CHF")
        chf.active = False
        with self.assertRaisesRegex(MappingError, "CHF of order #1001 is not active"):
            self._handle(payload)
        chf.active = True
        order = self._handle(payload)
        self.assertEqual(order.currency_id, chf)
        self.assertMoney(order, "398.00", "11.94", "409.94")
        payload.update(id=2, name="#1002")
        self.assertEqual(self._handle(payload).pricelist_id, order.pricelist_id)
        chf.active = False
        self.flow.activate_currency = True
        payload.update(id=3, name="#1003")
        self.assertEqual(self._handle(payload).currency_id, chf)
        self.assertTrue(chf.active)
        self.assertEqual(self.env["account.tax"].search_count([("name", "like", "State Tax")]), 1)

    def test_seen_by_sales(self):
        """A salesperson without any role here opens an order that came from a shop."""
        order = self._handle(sample("shopify/order_created.json"))
        seller = new_test_user(
            self.env,
            "shop_seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        (values,) = order.with_user(seller).web_read(
            {
                "integration_system_id": {"fields": {"display_name": {}}},
                "integration_external_key": {},
            }
        )
        self.assertEqual(values["integration_system_id"]["display_name"], "Test shop")
        self.assertEqual(values["integration_external_key"], "450789469")

    def test_changed_order(self):
        """A confirmed order that changes in the shop is a decision for a person."""
        payload = sample("shopify/order_created.json")
        order = self._handle(payload)
        payload["shipping_address"]["address1"] = "Elsewhere 1"
        payload["updated_at"] = "2008-01-11T11:00:00-05:00"
        with self.assertRaisesRegex(BusinessError, order.name):
            self._handle(payload)
        payload["updated_at"] = "2008-01-09T11:00:00-05:00"
        self.assertEqual(self._handle(payload), order)

    def test_cancelled(self):
        """A cancellation cancels the order and its transfers."""
        payload = sample("shopify/order_created.json")
        order = self._handle(payload)
        payload.update(cancelled_at="2008-01-11T11:00:00-05:00", cancel_reason="customer")
        self.assertEqual(self._handle(payload), order)
        self.assertEqual(order.state, "cancel")
        self.assertEqual(set(order.picking_ids.mapped("state")), {"cancel"})
        self.assertEqual(self._handle(payload), order)

    def test_cancelled_before_it_arrives(self):
        """An order that was cancelled before it came is never made, even if it comes later."""
        cancelled = self._handle(sample("shopify/order_cancelled.json"))
        self.assertEqual(cancelled.state, "cancel")
        self.assertEqual(cancelled.client_order_ref, "#9999")
        payload = {**sample("shopify/order_created.json"), "id": 123456, "name": "#9999"}
        self.assertEqual(self._handle(payload), cancelled)
        self.assertFalse(cancelled.order_line)

    def test_cancelled_after_shipping(self):
        """A cancellation after the goods left asks a person to arrange the return."""
        payload = sample("shopify/order_created.json")
        order = self._handle(payload)
        picking = order.picking_ids
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        picking.button_validate()
        payload["cancelled_at"] = "2008-01-11T11:00:00-05:00"
        with self.assertRaisesRegex(BusinessError, "was shipped with"):
            self._handle(payload)
        self.assertEqual(order.state, "sale")
