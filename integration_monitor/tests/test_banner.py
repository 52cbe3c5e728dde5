"""What a document's form and list show of its transaction."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestBanner(TransactionCommon):
    def test_banner_says_what_since_when_on_whom(self):
        """The packer opens an order and learns nothing."""
        order = self.order()
        for document in (order, order.picking_ids):
            self.assertIn("waits for", document.integration_banner)
            self.assertIn("picking", document.integration_banner)
            self.assertIn(self.warehouse.name, document.integration_banner)
            self.assertEqual(document.integration_status, "on_track")
            self.assertEqual(document.integration_transaction_count, 1)

    def test_names_are_escaped(self):
        """A customer named like a script runs in everybody's browser."""
        self.customer.name = "<script>alert(1)</script>"
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        self.assertNotIn("<script>", invoice.integration_banner)
        self.assertIn("&lt;script&gt;", invoice.integration_banner)

    def test_documents_without_transaction_show_nothing(self):
        """Quotations carry an empty frame."""
        order = self.order(confirm=False)
        self.assertFalse(order.integration_banner)
        self.assertFalse(order.integration_status)
        self.assertFalse(order.new({}).integration_banner)

    def test_one_query_for_a_list_without_transactions(self):
        """Each row of the list of quotations asks the database."""
        orders = self.env["sale.order"].concat(*(self.order(confirm=False) for _ in range(5)))
        orders.invalidate_recordset()
        with self.assertQueryCount(1):
            orders.mapped("integration_status")

    def test_as_many_queries_for_ten_as_for_two(self):
        """The list of orders asks the database row by row."""
        orders = self.env["sale.order"].concat(*(self.order() for _ in range(10)))
        orders.mapped("integration_status")  # fills the caches of the registry
        counts = []
        for some in (orders[:2], orders):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("integration_status")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_reader_of_the_document_sees_the_banner(self):
        """A user without any role of the monitor sees nothing, or an error."""
        user = new_test_user(
            self.env,
            "im_banner",
            groups="stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        picking = self.order().picking_ids.with_user(user)
        self.assertIn("waits for", picking.integration_banner)
        action = picking.action_open_integration_transaction()
        self.assertEqual(action["res_id"], picking.integration_transaction_ids.id)

    def test_search_by_status(self):
        """'Late' in the list of orders finds nothing, or everything."""
        order = self.order()
        domain = [("id", "=", order.id)]
        Order = self.env["sale.order"]
        self.assertTrue(Order.search([*domain, ("integration_status", "=", "on_track")]))
        self.assertFalse(Order.search([*domain, ("integration_status", "=", "missed")]))
        self.assertFalse(Order.search([*domain, ("integration_status", "=", False)]))

    def test_what_needs_a_person_does_not_look_fine(self):
        """The booking failed for good, and the list of orders shows a green 'On track'."""
        order = self.order()
        order.integration_transaction_ids.sudo().cause = "message_failed"
        order.invalidate_recordset()
        self.assertEqual(order.integration_status, "stuck")
        domain = [("id", "=", order.id)]
        for status, found in (("stuck", True), ("on_track", False), ("warning", False)):
            with self.subTest(status=status):
                orders = order.search([*domain, ("integration_status", "=", status)])
                self.assertEqual(bool(orders), found)
        self.assertIn("alert-warning", order.integration_banner)

    def test_timeline_of_the_form(self):
        """The form of a transaction opens without its milestones."""
        order = self.order()
        timeline = self.owner(order).timeline
        self.assertEqual(timeline[0]["code"], "received")
        awaited = [entry["code"] for entry in timeline if entry["awaited"]]
        self.assertEqual(awaited, ["picked"])
        self.assertEqual(
            self.owner(order).document_ids.filtered(lambda d: d.role == "order").state_label,
            "Sales Order",
        )

    def test_a_draft_has_a_name(self):
        """A draft has no number yet: among the documents stands a line without a name."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order, post=False)
        link = self.owner(order).document_ids.filtered(lambda d: d.role == "invoice")
        self.assertEqual(link.shown_name, invoice.display_name)
        self.assertIn("Draft Invoice", link.shown_name)
        invoice.action_post()
        self.record()
        link.invalidate_recordset()
        self.assertEqual(link.shown_name, invoice.name)
        transfer = self.owner(order).document_ids.filtered(lambda d: d.role == "out")
        self.assertEqual(transfer.shown_name, order.picking_ids.name)
        # What was deleted keeps its name.
        link.sudo().res_id = 0
        self.assertEqual(link.shown_name, invoice.name)

    def test_one_deadline_on_one_form(self):
        """'Step Due' says Thursday noon, the timeline of the same step Wednesday evening."""
        order = self.order()
        owner = self.owner(order).sudo()
        milestone = owner.milestone_ids.filtered(lambda m: m.step_id == owner.waits_for_step_id)
        milestone.planned_at = owner.started_at + timedelta(hours=1)
        owner.due_at = owner.started_at + timedelta(days=2)
        [awaited] = [entry for entry in owner.timeline if entry["awaited"]]
        self.assertEqual(awaited["planned"], fields.Datetime.to_string(owner.due_at))
        # The plan is over, the deadline is not: the step is as late as the badge says.
        milestone.planned_at = owner.started_at - timedelta(days=1)
        self.assertFalse(next(e for e in owner.timeline if e["awaited"])["late"])
        owner.write({"due_at": False, "timeliness": "missed"})
        owner.invalidate_recordset(["timeline"])
        [awaited] = [entry for entry in owner.timeline if entry["awaited"]]
        self.assertEqual(awaited["planned"], "")
        self.assertTrue(awaited["late"])
