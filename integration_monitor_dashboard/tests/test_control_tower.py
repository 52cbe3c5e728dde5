from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import DashboardCase, figures


@tagged("post_install", "-at_install")
class TestControlTower(DashboardCase):
    def tower(self, user="viewer", companies=None, **filters):
        user = self.users[user] if isinstance(user, str) else user
        dashboard = self.dashboard.with_user(user).with_context(
            allowed_company_ids=(companies or self.env.company).ids
        )
        return dashboard, dashboard.get_control_tower(filters)

    def assertFiguresLead(self, dashboard, data):
        """Each figure equals what its link shows, for the same user and companies."""
        seen = 0
        for figure in figures(data):
            model = dashboard.env[figure["model"]]
            if figure.get("sum"):
                [(actual,)] = model._read_group(
                    figure["domain"], aggregates=[f"{figure['sum']}:sum"]
                )
            else:
                actual = model.search_count(figure["domain"])
            self.assertEqual(figure["count"], actual or 0, f"{figure['title']}: {figure['domain']}")
            seen += 1
        return seen

    def tile(self, data, code):
        return next(tile["count"] for tile in data["tiles"] if tile["code"] == code)

    def test_every_figure_leads_to_its_records(self):
        """The tower says 12, the list behind it shows 11."""
        self.scene()
        for period in ("hour", "day", "week"):
            dashboard, data = self.tower(period=period)
            self.assertGreater(self.assertFiguresLead(dashboard, data), 60)
            for point in data["traffic"]["points"]:
                [(total,)] = dashboard.env["integration.metric"]._read_group(
                    [*data["traffic"]["domain"], ("bucket", "=", point["at"])],
                    aggregates=["count_total:sum"],
                )
                self.assertEqual(point["total"], total or 0)

    def test_figures_are_right(self):
        """The numbers agree with their links, and both are wrong."""
        _dashboard, before = self.tower()
        self.scene()
        _dashboard, data = self.tower()

        def grown(code):
            return self.tile(data, code) - self.tile(before, code)

        self.assertEqual(grown("late"), 1)
        self.assertEqual(grown("risk"), 1)
        self.assertEqual(grown("open"), 4)
        self.assertEqual(grown("completed"), 1)
        self.assertEqual(grown("failed"), 2)
        self.assertEqual(grown("waiting"), 2)
        stages = {stage["code"]: stage for stage in data["funnels"][0]["stages"]}
        self.assertEqual(
            [stage["code"] for stage in data["funnels"][0]["stages"]],
            self.steps.sorted("sequence").mapped("code"),
        )
        self.assertEqual(stages["shipped"]["parts"][0]["count"], 1)
        self.assertEqual(stages["received"]["count"], 0)
        self.assertEqual(
            [cell["count"] for cell in data["exceptions"]["total"]["cells"]], [1, 1, 1, 1]
        )
        self.assertTrue(data["exceptions"]["rows"][0]["unassigned"])
        self.assertEqual(data["exceptions"]["critical"]["count"], 1)
        self.assertEqual(data["traffic"]["total"]["count"], 4 + 6)
        self.assertEqual(data["traffic"]["errors"]["count"], 2)
        self.assertEqual(data["traffic"]["refused"]["count"], 2)
        self.assertEqual(len(data["traffic"]["points"]), 24)

    def test_stuck_orders_do_not_look_fine(self):
        """A message failed for good, and the tower counts its order as 'On track'."""
        before = self.tower()[1]
        self.transaction(cause="message_failed", timeliness="on_track")
        self.transaction(cause="exception", timeliness="warning")
        self.transaction(cause="message_failed", timeliness="missed")
        self.transaction(cause="message_failed", state="cancelled")
        dashboard, data = self.tower()
        for code, grown in (("late", 1), ("stuck", 2), ("risk", 0), ("open", 3)):
            self.assertEqual(self.tile(data, code), self.tile(before, code) + grown, code)

        def parts(figure):
            return {part["status"]: part["count"] for part in figure["parts"]}

        stage = next(stage for stage in data["funnels"][0]["stages"] if stage["code"] == "shipped")
        self.assertEqual(parts(stage)["stuck"], 2)
        [failed] = [cause for cause in data["causes"] if cause["cause"] == "message_failed"]
        self.assertEqual(parts(failed)["on_track"], 0)
        self.assertEqual(sum(parts(failed).values()), failed["count"])
        self.assertFiguresLead(dashboard, data)

    def test_stock_levels_are_no_orders(self):
        """Ten thousand levels on their way to a shop hide the one order that is late."""
        levels = self.env.ref("integration_monitor.process_inventory_synchronisation")
        _dashboard, before = self.tower()
        self.assertNotIn("integration.message", [f["root_model"] for f in before["funnels"]])
        sent = levels.step_ids.filtered(lambda step: step.code == "sent")
        self.transaction(
            process_id=levels.id, res_model="integration.message", step=None, timeliness="missed",
            waits_for_step_id=sent.id, cause="breaker",
        )  # fmt: skip
        dashboard, data = self.tower()
        for code in ("late", "open"):
            self.assertEqual(self.tile(data, code), self.tile(before, code))
        self.assertEqual(data["causes"], before["causes"])
        [funnel] = [f for f in data["funnels"] if f["root_model"] == "integration.message"]
        counts = {stage["code"]: stage["count"] for stage in funnel["stages"]}
        self.assertEqual(counts["sent"], 1)
        self.assertFiguresLead(dashboard, data)

    def test_held_messages_are_not_on_their_way(self):
        """Eight messages are 'under way – no action needed' while a pause holds seven."""

        def counts(data):
            tile = next(tile for tile in data["tiles"] if tile["code"] == "waiting")
            return tile["count"], tile["more"]["count"]

        waiting, held = counts(self.tower()[1])
        self.message("pending")
        for reason in ("paused", "environment", "condition"):
            self.message("pending", held=True, hold_reason=reason)
        self.message("retry", held=True, hold_reason="paused")
        self.message("cancelled", held=True, hold_reason="paused")
        dashboard, data = self.tower()
        self.assertEqual(counts(data), (waiting + 1, held + 4))
        self.assertFiguresLead(dashboard, data)

    def test_silence_and_standing_queues_show_on_their_system(self):
        """A shop is silent and its queue stands, and its line looks as usual."""
        self.inbound.silent_since = self.now
        self.env["integration.queue"].create(
            {"kind": "flow", "flow_id": self.outbound.id, "verdict": "stop"}
        )
        dashboard, data = self.tower()
        [row] = [row for row in data["systems"]["rows"] if row["id"] == self.system.id]
        self.assertEqual(
            {figure["model"]: figure["count"] for figure in row["alerts"]},
            {"integration.flow": 1, "integration.queue": 1},
        )
        self.assertFiguresLead(dashboard, data)

    def test_amount_is_in_the_readers_currency(self):
        """Euros and dollars are added up as if they were the same."""
        other = self.other_company()
        other.currency_id = self.env.ref("base.EUR")
        if self.env.company.currency_id == other.currency_id:
            other.currency_id = self.env.ref("base.USD")
        other.currency_id.active = True
        both = self.env.company | other
        self.users["viewer"].company_ids = [Command.set(both.ids)]
        self.env["res.currency.rate"].create(
            [
                {
                    "name": "2020-01-01", "currency_id": other.currency_id.id,
                    "company_id": self.env.company.id, "rate": 2.0,
                }
            ]
        )  # fmt: skip
        _dashboard, before = self.tower(companies=both)
        self.transaction(company_id=other.id, amount=100.0, timeliness="missed")
        _dashboard, data = self.tower(companies=both)
        late = [next(t for t in d["tiles"] if t["code"] == "late") for d in (before, data)]
        self.assertAlmostEqual(late[1]["amount"] - late[0]["amount"], 50.0)
        self.assertTrue(data["several_currencies"])

    def test_company_border(self):
        """A viewer of one company sees the orders and failures of another one."""
        other = self.other_company()
        _dashboard, before = self.tower()
        self.scene(company=other)
        dashboard, data = self.tower()
        for code in ("late", "open", "failed", "waiting", "completed"):
            self.assertEqual(self.tile(data, code), self.tile(before, code))
        self.assertEqual(data["exceptions"]["total"]["all"]["count"], 0)
        self.assertEqual(data["traffic"]["total"]["count"], 0)
        self.assertFiguresLead(dashboard, data)
        both = self.env.company | other
        self.users["viewer"].company_ids = [Command.set(both.ids)]
        dashboard, data = self.tower(companies=both)
        self.assertEqual(self.tile(data, "late"), self.tile(before, "late") + 1)
        self.assertFiguresLead(dashboard, data)

    def test_warehouse_filter(self):
        """The manager of one warehouse reads the sum of all."""
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        )
        other = warehouse.create({"name": "Second", "code": "SEC2"})
        self.scene(warehouse=warehouse)
        self.scene(warehouse=other, traffic=False)
        dashboard, data = self.tower(warehouse_id=other.id)
        self.assertEqual(self.tile(data, "late"), 1)
        self.assertEqual(self.tile(data, "failed"), 2)
        self.assertEqual(data["exceptions"]["total"]["all"]["count"], 4)
        self.assertIn({"id": other.id, "name": "Second"}, data["warehouses"])
        self.assertFiguresLead(dashboard, data)

    def test_only_viewers(self):
        """Somebody without a role of the monitor reads every order's state over RPC."""
        with self.assertRaises(AccessError):
            self.tower(user="plain")
        with self.assertRaises(AccessError):
            self.tower(user=new_test_user(self.env, "im_portal", groups="base.group_portal"))

    def test_every_role_reads_it(self):
        """The tower fails for a role that lacks rights on some model behind it."""
        self.scene()
        for role in ("viewer", "operator", "support", "administrator"):
            dashboard, data = self.tower(user=role)
            self.assertFiguresLead(dashboard, data)

    def test_wishes_of_the_browser_are_checked(self):
        """A forged or outdated filter breaks the page."""
        _dashboard, data = self.tower(period="eternity", warehouse_id=["1"])
        self.assertEqual(data["filters"], {"period": "day", "warehouse_id": False})

    def test_empty_tower_tells_the_first_step(self):
        """A new installation shows zeros, and nobody knows how to begin."""
        other = self.other_company()
        for role, may in (("viewer", False), ("administrator", True)):
            user = self.users[role]
            user.company_ids = [Command.link(other.id)]
            dashboard, data = self.tower(user=role, companies=other)
            self.assertEqual(bool(data["connect"]["action"]), may)
            self.assertFiguresLead(dashboard, data)
        self.assertFalse(self.tower()[1]["connect"])

    def test_queries_do_not_grow(self):
        """The page gets slow as orders, owners and systems come."""
        self.scene()

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.tower()
            return self.env.cr.sql_log_count - before

        queries()
        few = queries()
        for number in range(5):
            self.scene(traffic=False)
            self.system.copy({"name": f"More {number}", "code": f"im_more_{number}"})
        self.exception(user_id=self.users["administrator"].id)
        self.assertLessEqual(queries(), few)
        self.assertLessEqual(few, 40)
