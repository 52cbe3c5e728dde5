"""What purchases that are late are worth, for those who may read them."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from .common import PurchaseCommon

LISTS = (
    "purchase.purchase_order_tree",
    "purchase.purchase_order_kpis_tree",
    "purchase.purchase_order_view_tree",
)


@tagged("post_install", "-at_install")
class TestPurchaseRisk(PurchaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency("GBP", rates=[("2001-01-01", 2.0)])
        cls.late = cls.purchase() + cls.purchase(currency_id=cls.foreign.id)
        cls.calm = cls.purchase()
        cls.owner(cls.late[0]).sudo().timeliness = "missed"
        cls.owner(cls.late[1]).sudo().timeliness = "warning"
        cls.env.flush_all()
        cls.buyer = new_test_user(
            cls.env,
            "im_purchase_risk_buyer",
            groups="purchase.group_purchase_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _call(self, model, method, *args, **kwargs):
        env = self.env(user=self.buyer, context={"allowed_company_ids": self.company.ids})
        env.invalidate_all()
        return call_kw(env[model], method, list(args), kwargs)

    def test_amounts(self):
        """A late purchase is worth nothing, or its amount at the company's rate."""
        orders = self.late + self.calm
        orders.invalidate_recordset()
        self.assertEqual(orders.mapped("integration_value_at_risk"), [50.0, 25.0, 0.0])
        self.assertEqual(orders.integration_currency_id, self.company.currency_id)

    def test_a_buyer_reads_and_adds_up(self):
        """A buyer, who is no accountant, sees no column."""
        name = "integration_value_at_risk"
        rows = self._call("purchase.order", "read", (self.late + self.calm).ids, [name])
        self.assertEqual([row[name] for row in rows], [50.0, 25.0, 0.0])
        [group] = self._call(
            "purchase.order",
            "formatted_read_group",
            [("id", "in", (self.late + self.calm).ids)],
            [],
            [f"{name}:sum"],
        )
        self.assertEqual(group[f"{name}:sum"], 75.0)
        sort = self._call(
            "purchase.order", "search", [("id", "in", self.late.ids)], order=f"{name} desc"
        )
        self.assertEqual(sort, self.late.ids)

    def test_columns(self):
        """No list of purchases shows it."""
        for view in LISTS:
            arch = self._call("purchase.order", "get_view", self.env.ref(view).id, "list")["arch"]
            column = etree.fromstring(arch).xpath("//field[@name='integration_value_at_risk']")
            self.assertEqual([node.get("sum") for node in column], ["At Risk"], view)

    def test_not_by_another_way(self):
        """Who reads transactions and no purchases learns what the goods cost."""
        owner = self.owner(self.late[0])
        self.assertFalse(owner.sudo().value_at_risk)
        seller = new_test_user(
            self.env, "im_risk_seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(AccessError):
            self.late[0].with_user(seller).read(["integration_value_at_risk"])

    def test_a_fixed_number_of_queries(self):
        """Each line of a list asks for its own amount."""
        counts = []
        for orders in (self.late[:1], self.late[:1], self.late + self.calm):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.mapped("integration_value_at_risk")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
