"""Which process a purchase follows, what it triggers and what following it costs."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import DropshipCommon

EMIT = "odoo.addons.integration_monitor.models.integration_flow_trigger.IntegrationFlow"


@tagged("post_install", "-at_install")
class TestDropshipProcess(DropshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.process = cls.env.ref("integration_monitor_dropship.process_dropship").sudo()

    def _new_version(self, process, **values):
        draft = process.browse(process.action_new_version()["res_id"])
        draft.write(values)
        draft.action_put_in_use()
        return draft

    def test_by_kind(self):
        """All purchases follow the newest process, whatever it is for."""
        plain = self.purchase()
        _sale, dropship = self.dropshipped()
        self.assertEqual(self.owner(plain).process_id.code, "procure_to_pay")
        self.assertEqual(self.owner(dropship).process_id, self.process)

    def test_new_versions_leave_each_other_alone(self):
        """A new version for all purchases puts the dropships' process out of use."""
        general = self.env.ref("integration_monitor_purchase.process_procure_to_pay").sudo()
        self.assertTrue(self._new_version(general))
        self.assertEqual(self.process.state, "active")
        draft = self._new_version(self.process)
        self.assertEqual((draft.root_kind, self.process.state), ("dropship", "superseded"))
        _sale, dropship = self.dropshipped()
        self.assertEqual(self.owner(dropship).process_id, draft)

    def test_own_process_of_a_company(self):
        """A company's own process for all purchases swallows its dropships."""
        general = self.env.ref("integration_monitor_purchase.process_procure_to_pay").sudo()
        own = general.copy({"company_id": self.company.id, "code": "own"})
        own.action_put_in_use()
        _sale, dropship = self.dropshipped()
        self.assertEqual(self.owner(dropship).process_id, self.process)
        self.assertEqual(self.owner(self.purchase()).process_id, own)

    def test_out_of_use(self):
        """Who wants no process for dropships cannot get rid of it."""
        self.process.action_take_out_of_use()
        sale, dropship = self.dropshipped()
        self.assertEqual(self.owner(dropship).process_id.code, "procure_to_pay")
        self.ship(dropship.picking_ids)
        self.assertStates(dropship, received="reached", put_away=None)
        self.assertStates(sale, shipped="reached")

    def test_kind_is_fixed(self):
        """The process of purchases under way becomes one for others."""
        with (
            patch.object(self.registry, "ready", True),
            self.assertRaisesRegex(UserError, "Which of Them"),
        ):
            self.process.root_kind = False

    def test_advice_does_not_ask_for_flows(self):
        """The author is told that nobody reports what the transfers show."""
        reported = self.process._reported_types()
        self.assertIn("purchase.asn", reported)
        blocking = [line for line in self.process._advice(reported) if line["blocking"]]
        self.assertFalse(blocking)
        self.assertNotIn("Shipped", str(self.process._advice(reported)))

    def test_turned_into_a_receipt(self):
        """A dropship that comes to us after all waits for the customer's delivery for ever."""
        _sale, purchase = self.dropshipped()
        purchase.picking_ids.action_cancel()
        purchase.picking_type_id = self.warehouse.in_type_id
        purchase.dest_address_id = False
        purchase.order_line.product_qty = 6
        self.record()
        receipt = self.open_transfers(purchase)
        self.assertEqual(receipt.picking_type_id.code, "incoming")
        self.assertEqual(self.owner(purchase).process_id, self.process)
        self.ship(receipt)
        self.assertStates(purchase, shipped="reached", delivered="reached")

    def test_turned_before_it_is_confirmed(self):
        """What counts is what the purchase was once, not what was ordered."""
        sale = self.sell(self.goods)
        purchase = self.bought(sale)
        purchase.picking_type_id = self.warehouse.in_type_id
        self.confirm(purchase)
        self.assertEqual(self.owner(purchase).process_id.code, "procure_to_pay")

    def test_events(self):
        """The warehouse is told to release, or of goods that came in, for what it never sees."""
        sale = self.sell(self.goods)
        events = []
        with patch(f"{EMIT}._emit_for_events", lambda flows, found: events.extend(found) or False):
            purchase = self.bought(sale)
            self.confirm(purchase)
            self.ship(purchase.picking_ids)
        codes = [(event.code, event.transaction_id) for event in events]
        self.assertEqual(
            sorted(codes),
            sorted(
                [
                    ("purchase.confirmed", self.owner(purchase).id),
                    ("picking.out.done", self.owner(sale).id),
                    ("dropship.done", self.owner(purchase).id),
                ]
            ),
        )

    def test_access(self):
        """Whoever may not read purchases reads what they cost, by the order that they are for."""
        sale, purchase = self.dropshipped()
        seller = new_test_user(
            self.env, "im_dropship_seller", groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
        )  # fmt: skip
        self.assertTrue(self.owner(purchase).purchase_amount)
        self.assertFalse(self.owner(purchase).with_user(seller).purchase_amount)
        links = self.owner(sale).with_user(seller).document_ids
        link = links.filtered(lambda link: link.res_model == "purchase.order")
        self.assertEqual(link.document_name, purchase.name)
        self.assertFalse(link.may_open)
        self.assertIn(purchase.name, sale.with_user(seller).integration_banner)

    def _statements(self, documents):
        """:return: number of statements for recording documents of one model, noted as changed"""
        self.env.flush_all()
        self.env.cr.precommit.clear()
        documents._integration_note(("state",))
        before = self.env.cr.sql_log_count
        self.env["integration.milestone"].sudo()._record_pending()
        return self.env.cr.sql_log_count - before

    def test_costs(self):
        """Ten dropships cost ten times as many statements as one."""
        pairs = [self.dropshipped() for _number in range(10)]
        sales = self.env["sale.order"].concat(*(sale for sale, _purchase in pairs))
        purchases = self.env["purchase.order"].concat(*(bought for _sale, bought in pairs))
        # Nothing has changed, so the end of the savepoint is a statement of its own.
        for documents, most in ((sales, 2), (purchases, 2), (purchases.picking_ids, 3)):
            self._statements(documents[:1])  # fills the caches
            one = self._statements(documents[:1])
            self.assertEqual(self._statements(documents), one, documents._name)
            self.assertLessEqual(one, most, documents._name)

    def test_orders_without_purchases_pay_nothing(self):
        """Each order pays for what few of them need."""
        plain = self.order()
        scarce = self.env["product.product"].create({"name": "Scarce", "is_storable": True})
        short = self.order(product=scarce)
        self.env.cr.execute(
            """CREATE OR REPLACE FUNCTION integration_purchase_supplies(of_links jsonb)
               RETURNS jsonb STABLE LANGUAGE plpgsql
               AS $$ BEGIN RAISE EXCEPTION 'purchases are asked'; END $$"""
        )
        Transaction = type(self.env["integration.transaction"])
        with patch.object(Transaction, "_root_reading", side_effect=AssertionError):
            for order in (plain, short):
                self._statements(order)
                self._statements(order.picking_ids)
            self.owner(short)._refresh_blame()
        self.assertEqual(self.owner(short).cause, "stock")

    def test_purchases_follow_no_order_needlessly(self):
        """Each change of an order reads its purchases, each bill of a purchase its order."""
        sale, purchase = self.dropshipped()
        Transaction = type(self.env["integration.transaction"])
        original = Transaction._root_row
        seen = []

        def counted(records, root_model, facts):
            seen.append(root_model)
            return original(records, root_model, facts)

        self.startPatcher(patch.object(Transaction, "_root_row", counted))
        sale.user_id = self.env.user
        sale.order_line.price_unit = 21.0
        self.record()
        self.assertFalse(seen)
        self.ship(purchase.picking_ids)
        seen.clear()
        self.bill(purchase)
        self.assertEqual(set(seen), {"purchase.order"})
