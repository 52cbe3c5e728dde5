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
                "manager": "sales_team.group_sale_salesman_all_leads",
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

    def test_colleagues_reach_it_from_the_transfer(self):
        """Who may read a transfer sees what it waits for, and no way to the transaction."""
        owner = self.owner(self.sold)
        with self.assertRaises(AccessError):
            self._call("colleague", "sale.order", "read", self.sold.ids, ["name"])
        picking = self.sold.picking_ids[:1]
        [values] = self._call(
            "colleague",
            "stock.picking",
            "read",
            picking.ids,
            ["integration_transaction_count", "integration_banner"],
        )
        self.assertEqual(values["integration_transaction_count"], 1)
        self.assertIn("Show all steps", values["integration_banner"])
        data = self._call(
            "colleague",
            "integration.transaction",
            "web_read",
            owner.ids,
            specification={**FORM, "may_open_root": {}},
        )
        self.assertFalse(data[0]["may_open_root"])

    def test_a_transfer_tells_no_amounts(self):
        """The transfer leads a salesperson to what a colleague's customers pay."""
        owner = self.owner(self.sold)
        for field in ("amount_total", "amount_company"):
            with self.assertRaises(AccessError):
                self._call("colleague", "integration.transaction", "read", owner.ids, [field])
            with self.assertRaises(AccessError):
                self._call(
                    "colleague", "integration.transaction", "search_count", [(field, ">", 1)]
                )
            with self.assertRaises(AccessError):
                self._call(
                    "colleague",
                    "integration.transaction",
                    "formatted_read_group",
                    [("id", "=", owner.id)],
                    [],
                    [f"{field}:sum"],
                )

    def test_an_order_without_transfer_stays_with_its_seller(self):
        """A salesperson who sees his own orders alone reads a colleague's transactions."""
        order = self.order(user_id=self.users["seller"].id)
        order.picking_ids.unlink()
        owner = self.owner(order)
        self.assertFalse(owner.document_ids.filtered(lambda link: link.res_model != "sale.order"))
        domain = [("id", "=", owner.id)]
        for user, count in (("seller", 1), ("manager", 1), ("colleague", 0)):
            self.assertEqual(
                self._call(user, "integration.transaction", "search_count", domain), count, user
            )

    def test_others_neither_find_nor_read_it(self):
        """Somebody who may read none of the documents reads what became of the order."""
        owner = self.owner(self.sold)
        for model in (
            "integration.transaction",
            "integration.milestone",
            "integration.transaction.document",
        ):
            self.assertEqual(self._found("plain", model), 0)
        with self.assertRaises(AccessError):
            self._call("plain", "integration.transaction", "read", owner.ids, ["name"])
        with self.assertRaises(AccessError):
            self._call("plain", "integration.milestone", "read", owner.milestone_ids.ids, ["state"])

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
        data = self._call("manager", "integration.transaction", "read", owner.ids, ["amount_total"])
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

    def test_open_is_offered_to_who_may_read_the_document(self):
        """'Open' beside the payment ends in an access error for the salesman."""
        self.pay(self.sold.invoice_ids)
        owner = self.owner(self.sold)
        fields = ["res_model", "res_id", "may_open"]
        for user in ("seller", "warehouse", "accountant", "viewer"):
            with self.subTest(user=user):
                [values] = self._call(
                    user, "integration.transaction", "read", owner.ids, ["may_open_root"]
                )
                links = self._call(
                    user,
                    "integration.transaction.document",
                    "search_read",
                    [("transaction_id", "=", owner.id)],
                    fields,
                )
                self.assertIn("account.payment", {link["res_model"] for link in links})
                for link in links:
                    self.assertEqual(
                        link["may_open"], self._opens(user, link["res_model"], link["res_id"])
                    )
                root = self._opens(user, "sale.order", self.sold.id)
                self.assertEqual(values["may_open_root"], root)
                payments = {x["may_open"] for x in links if x["res_model"] == "account.payment"}
                self.assertEqual(payments, {user == "accountant"})
                if user in ("seller", "viewer"):
                    self.assertEqual(root, user == "seller")

    def _opens(self, user, model, res_id):
        """Tell whether a document's form would open."""
        try:
            return bool(self._call(user, model, "read", [res_id], ["display_name"]))
        except AccessError:
            return False

    def test_open_costs_the_same_for_any_number_of_documents(self):
        """Each line of the documents asks the database, and one that is gone stops the form."""
        transactions = self.owner(self.sold) | self.owner(self.order()) | self.owner(self.order())
        gone = {"transaction_id": transactions[0].id, "res_id": 2**31 - 1}
        links = self.env["integration.transaction.document"].sudo()
        links = links.create([{**gone, "res_model": name} for name in ("sale.order", "no.model")])
        self.assertEqual(links.sudo(False).mapped("may_open"), [False, False])
        counts = []
        for some in (transactions[1:2], transactions[1:]):
            documents = some.document_ids
            documents.mapped("may_open")  # fills the caches of the registry
            documents.invalidate_recordset(["may_open"])
            before = self.env.cr.sql_log_count
            documents.mapped("may_open")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
        self.assertTrue(counts[0])

    def test_lines_of_the_log_name_their_order(self):
        """The log shows a hundred calls, and nobody sees for which order."""
        owner = self.owner(self.sold)
        picking = self.sold.picking_ids[:1]
        Log = self.env["integration.log"]
        by_correlation = Log.new({"correlation_id": owner.correlation_id})
        by_document = Log.new({"res_model": "stock.picking", "res_id": picking.id})
        unknown = Log.new({"res_model": "no.model", "res_id": 1, "correlation_id": "x"})
        lines = by_correlation | by_document | unknown
        self.assertEqual(
            [line.document_name for line in lines], [self.sold.name, picking.display_name, False]
        )
        plain = self.env(user=self.users["plain"])
        self.assertFalse(by_correlation.with_env(plain).document_name)
