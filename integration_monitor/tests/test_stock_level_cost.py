from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common_stock_level import StockLevelCase, answer


@tagged("post_install", "-at_install")
class TestStockLevelCost(StockLevelCase):
    """Levels change all day: following them must cost little, and leave little."""

    def noted(self, products):
        """Note changed levels, as the moves of a transaction do, without the moves."""
        self.env.flush_all()
        notes = self.env["integration.milestone"]._notes()
        notes.levels[self.company.id, self.warehouse.id].update(products.ids)

    def record(self):
        self.env["integration.milestone"].sudo()._record_pending()

    def statements(self, products):
        """:return: number of statements that recording the levels of products takes"""
        self.noted(products)
        before = self.env.cr.sql_log_count
        self.record()
        return self.env.cr.sql_log_count - before

    def test_statements_do_not_grow(self):
        """A transfer of a hundred products costs as many statements as one of two."""
        products = self.env["product.product"].create(
            [
                {"name": f"P{number}", "default_code": f"P{number}", "is_storable": True}
                for number in range(104)
            ]
        )
        self.statements(products[:2])
        few = self.statements(products[2:4])
        many = self.statements(products[4:])
        self.assertEqual(few, many)
        self.assertEqual(len(self.runs(products[-1])), 1)

    def test_one_statement_to_read_and_one_to_write(self):
        """Beside its message a run costs two statements, a level that coalesces one to read."""
        process = self.env.ref("integration_monitor.process_inventory_synchronisation")
        warm, second = self.new_product("LAMP-2"), self.new_product("LAMP-3")
        other, third = self.new_product("LAMP-4"), self.new_product("LAMP-5")
        self.statements(warm)
        followed = self.statements(second)
        coalesced = self.statements(second)
        process._switch("superseded")
        self.statements(other)
        alone = self.statements(third)
        again = self.statements(third)
        self.assertFalse(self.runs(third))
        self.assertLessEqual(followed - alone, 2)
        # Nothing is written: the savepoint ends by itself.
        self.assertLessEqual(coalesced - again, 2)

    def test_nothing_without_a_flow(self):
        """Where no channel is told, changed levels cost nothing."""
        self.levels.active = False
        self.statements(self.product)
        self.noted(self.product)
        with self.assertQueryCount(0):
            self.record()

    def test_finished_runs_are_removed(self):
        """Yesterday's levels are of no use; those on their way stay, and so do the messages."""
        old, waiting, new = self.product, self.new_product("LAMP-2"), self.new_product("LAMP-3")
        self.change(products=old | new)
        with self.answers(answer()):
            self.drain(self.levels)
        self.change(products=waiting)
        runs = {product: self.runs(product) for product in (old, waiting, new)}
        past = fields.Datetime.now() - timedelta(days=8)
        for product in (old, waiting):
            self.env.flush_all()
            self.env.cr.execute(
                """UPDATE integration_transaction SET started_at = %s,
                          completed_at = CASE WHEN state = 'completed' THEN %s::timestamp END
                    WHERE id = %s""",
                [past, past, runs[product].id],
            )
        self.env["integration.transaction"]._gc_stock_runs()
        self.assertFalse(runs[old].exists())
        self.assertTrue(runs[waiting].exists())
        self.assertTrue(runs[new].exists())
        self.assertEqual(self.messages(old).state, "done")

    def test_setting(self):
        """How long they are kept is on the settings page, and nothing odd is accepted."""
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.integration_stock_run_retention_days, 7)

    def test_digest_counts_orders(self):
        """A digest that counts levels as late orders is read by nobody."""
        self.change()
        run = self.runs()
        run.sudo().write({"timeliness": "missed", "due_at": "2020-01-01 00:00:00"})
        self.env.flush_all()
        figures = self.env["integration.digest"]._figures(self.company)
        late = self.env["integration.transaction"].search_count(
            [
                ("state", "=", "in_progress"),
                ("timeliness", "=", "missed"),
                ("company_id", "=", self.company.id),
            ]
        )
        self.assertEqual(figures["late_count"], late - 1)

    def test_who_may_read_it(self):
        """Whoever works in the warehouse reads what channels are told, others and strangers not."""
        self.change()
        run = self.runs()
        clerk = new_test_user(self.env, "im_clerk", groups="base.group_user,stock.group_stock_user")
        mine = run.with_user(clerk)
        self.assertEqual(mine.stock_product_id, self.product)
        self.assertEqual(mine.stock_channel, "Test shop")
        self.assertTrue(mine.what_now)
        self.assertFalse(mine.may_open_root)
        found = mine.search([("stock_product_id", "=", self.product.id)])
        self.assertEqual(found, run)
        plain = self.env["integration.transaction"].with_user(self.users["plain"])
        self.assertFalse(plain.search([("id", "=", run.id)]))

    def test_companies_are_apart(self):
        """A channel of one company is told nothing of another's stock, nor sees its runs."""
        company = self.other_company()
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        notes = self.env["integration.milestone"]._notes()
        notes.levels[company.id, warehouse.id].add(self.product.id)
        self.record()
        self.assertFalse(self.runs())
        self.change()
        stranger = new_test_user(
            self.env,
            "im_stranger",
            groups="base.group_user,stock.group_stock_user,integration_monitor.group_viewer",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        runs = self.env["integration.transaction"].with_user(stranger)
        self.assertFalse(runs.search([("res_model", "=", "integration.message")]))

    def test_editor(self):
        """A company makes a version of its own: what reaches its steps is offered."""
        process = self.env.ref("integration_monitor.process_inventory_synchronisation")
        draft = self.env["integration.process"].browse(process.action_new_version()["res_id"])
        sent = draft.step_ids.filtered(lambda step: step.code == "sent")
        self.assertEqual(sent.document_event, "stock.sent")
        self.assertEqual(sent.reached_text, "The channel was told the level")
        draft.action_put_in_use()
        self.change()
        self.assertEqual(self.runs().process_id, draft)
