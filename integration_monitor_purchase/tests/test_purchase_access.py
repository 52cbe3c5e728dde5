"""Who sees the transaction of a purchase, its banner and what it costs: as a browser asks."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseAccess(PurchaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"im_purchase_{name}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, groups in {
                "plain": "base.group_user",
                "buyer": "purchase.group_purchase_user",
                "seller": "sales_team.group_sale_salesman_all_leads",
                "warehouse": "stock.group_stock_user",
                "accountant": "account.group_account_invoice",
                "viewer": "integration_monitor.group_viewer",
            }.items()
        }
        cls.bought = cls.purchase()
        cls.ship(cls.bought.picking_ids)
        cls.bill(cls.bought)

    def _call(self, user, model, method, *args, **kwargs):
        env = self.env(user=self.users[user], context={"allowed_company_ids": self.company.ids})
        env.invalidate_all()
        return call_kw(env[model], method, list(args), kwargs)

    def _read(self, user):
        owner = self.owner(self.bought)
        fields = ["name", "state", "cause_text", "purchase_amount", "timeline"]
        return self._call(user, "integration.transaction", "read", owner.ids, fields)[0]

    def test_readers_of_a_document(self):
        """A buyer sees a banner whose link ends in an access error."""
        for user in ("buyer", "warehouse", "accountant", "viewer"):
            with self.subTest(user=user):
                self.assertEqual(self._read(user)["name"], self.bought.name)
        with self.assertRaises(AccessError):
            self._read("plain")
        self.assertFalse(self._call("plain", "integration.transaction", "search_count", []))

    def test_a_purchase_without_documents(self):
        """A buyer does not find what he has just ordered; somebody else does."""
        order = self.purchase()
        order.picking_ids.unlink()
        domain = [("id", "=", self.owner(order).id)]
        for user, count in (("buyer", 1), ("seller", 0), ("plain", 0)):
            found = self._call(user, "integration.transaction", "search_count", domain)
            self.assertEqual(found, count, user)

    def test_amounts(self):
        """A receipt leads the salesperson to what the goods cost."""
        self.assertEqual(self._read("buyer")["purchase_amount"], 50.0)
        # He may read transfers, hence the transaction, and no purchase.
        self.assertEqual(self._read("seller")["purchase_amount"], 0.0)
        owner = self.owner(self.bought)
        amounts = ["amount_total", "amount_company"]
        [values] = self._call("seller", "integration.transaction", "read", owner.ids, amounts)
        self.assertEqual([values[name] for name in amounts], [0.0, 0.0])

    def test_other_company(self):
        """The buyers of one company read the purchases of another."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.users["buyer"]
        user.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        env = self.env(user=user, context={"allowed_company_ids": elsewhere.ids})
        domain = [("id", "=", self.owner(self.bought).id)]
        self.assertFalse(call_kw(env["integration.transaction"], "search_count", [domain], {}))

    def test_banners(self):
        """Purchase, receipt and bill tell different things, or nothing."""
        order = self.purchase()
        documents = [order, order.picking_ids]
        for document in documents:
            self.assertIn("waits for", document.integration_banner)
            self.assertIn("Bert Vendor", document.integration_banner)
            self.assertEqual(document.integration_status, "on_track")
        self.assertIn("payment", self.bought.invoice_ids.integration_banner)
        found = self.env["purchase.order"].search(
            [("integration_status", "=", "on_track"), ("id", "in", (order | self.bought).ids)]
        )
        self.assertEqual(found, order | self.bought)
        action = order.action_open_integration_transaction()
        self.assertEqual(action["res_id"], self.owner(order).id)

    def test_correlation_id_is_the_engines(self):
        """A person writes the correlation id of another purchase into his own."""
        for method, args in (
            ("create", [{"partner_id": self.vendor.id, "integration_correlation_id": "mine"}]),
            ("write", [self.bought.ids, {"integration_correlation_id": "mine"}]),
        ):
            with self.assertRaises(AccessError):
                self._call("buyer", "purchase.order", method, *args)

    def test_screens(self):
        """A view does not load for those who work with it."""
        for user in ("buyer", "viewer"):
            for model, kinds in (
                ("purchase.order", ("form", "list", "kanban", "search")),
                ("integration.transaction", ("form", "list", "kanban", "search")),
            ):
                if user == "viewer" and model == "purchase.order":
                    continue
                for kind in kinds:
                    view = self._call(user, model, "get_view", None, kind)
                    self.assertIn("model", view)
