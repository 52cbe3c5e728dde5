"""Who sees the transaction of a document, and who does not: over RPC, as a browser asks."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user, tagged

from .common_transaction import TransactionCommon

FORM = {"name": {}, "state": {}, "waits_on": {}, "cause_text": {}, "banner": {}, "timeline": {},
        "document_ids": {"fields": {"document_name": {}, "state_label": {}}}}  # fmt: skip


@tagged("post_install", "-at_install")
class TestTransactionAccess(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"im_access_{name}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, groups in {
                "plain": "base.group_user",
                "seller": "sales_team.group_sale_salesman",
                "colleague": "sales_team.group_sale_salesman",
                "warehouse": "stock.group_stock_user",
                "accountant": "account.group_account_invoice",
                "viewer": "integration_monitor.group_viewer",
            }.items()
        }
        cls.sold = cls.order(user_id=cls.users["seller"].id)
        cls.ship(cls.sold.picking_ids)
        cls.invoice(cls.sold)

    def _call(self, user, model, method, *args, **kwargs):
        """Call a method as a browser of the user does."""
        env = self.env(user=self.users[user], context={"allowed_company_ids": self.company.ids})
        env.invalidate_all()
        return call_kw(env[model], method, list(args), kwargs)

    def _found(self, user, model="integration.transaction"):
        owner = self.owner(self.sold)
        field = "id" if model == "integration.transaction" else "transaction_id"
        return self._call(user, model, "search_count", [(field, "=", owner.id)])

    def test_readers_of_a_document_find_and_read_its_transaction(self):
        """A packer sees a banner whose link ends in an access error."""
        owner = self.owner(self.sold)
        for user in ("seller", "warehouse", "accountant", "viewer"):
            with self.subTest(user=user):
                self.assertEqual(self._found(user), 1)
                self.assertTrue(self._found(user, "integration.milestone"))
                self.assertTrue(self._found(user, "integration.transaction.document"))
                data = self._call(
                    user, "integration.transaction", "web_read", owner.ids, specification=FORM
                )
                self.assertEqual(data[0]["name"], self.sold.name)

    def test_others_neither_find_nor_read_it(self):
        """A salesperson who sees his own orders alone reads a colleague's transactions."""
        owner = self.owner(self.sold)
        for user in ("plain", "colleague"):
            with self.subTest(user=user):
                for model in (
                    "integration.transaction",
                    "integration.milestone",
                    "integration.transaction.document",
                ):
                    self.assertEqual(self._found(user, model), 0)
                with self.assertRaises(AccessError):
                    self._call(user, "integration.transaction", "read", owner.ids, ["name"])
                with self.assertRaises(AccessError):
                    self._call(
                        user, "integration.milestone", "read", owner.milestone_ids.ids, ["state"]
                    )

    def test_other_company(self):
        """The monitor of one company shows the orders of another."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.users["viewer"]
        user.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        env = self.env(user=user, context={"allowed_company_ids": elsewhere.ids})
        owner = self.owner(self.sold)
        self.assertFalse(
            call_kw(env["integration.transaction"], "search_count", [[("id", "=", owner.id)]], {})
        )
        with self.assertRaises(AccessError):
            call_kw(env["integration.transaction"], "read", [owner.ids, ["name"]], {})

    def test_warehouse_staff_see_no_amounts(self):
        """Packers learn what each customer pays."""
        owner = self.owner(self.sold)
        with self.assertRaises(AccessError):
            self._call("warehouse", "integration.transaction", "read", owner.ids, ["amount_total"])
        data = self._call("seller", "integration.transaction", "read", owner.ids, ["amount_total"])
        self.assertEqual(data[0]["amount_total"], 200)

    def test_messages_are_for_the_monitor(self):
        """Whoever reads an order reads what was exchanged about it."""
        owner = self.owner(self.sold)
        for field in ("message_ids", "exception_ids"):
            with self.assertRaises(AccessError):
                self._call("seller", "integration.transaction", "read", owner.ids, [field])
            self._call("viewer", "integration.transaction", "read", owner.ids, [field])

    def test_nobody_writes_transactions(self):
        """A milestone is forged by a call from outside."""
        owner = self.owner(self.sold)
        for user in ("seller", "viewer"):
            with self.assertRaises(AccessError):
                self._call(
                    user, "integration.transaction", "write", owner.ids, {"state": "completed"}
                )
            with self.assertRaises(AccessError):
                self._call(user, "integration.milestone", "create", [{"state": "reached"}])

    def test_private_methods_stay_private(self):
        """The recorder can be called from outside."""
        for model, method in (
            ("integration.milestone", "_record"),
            ("integration.transaction", "_refresh_blame"),
        ):
            with self.assertRaises(AccessError):
                get_public_method(self.env[model], method)
