"""The badge of documents: shown, searched, grouped and added up."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common_screen import ScreenCase

PAGE = 80
BADGE = ["integration_status", "integration_waits_on", "integration_waits_on_kind"]


@tagged("post_install", "-at_install")
class TestDocumentState(ScreenCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carrier_system = cls.system.copy(
            {"name": "Fast Parcels", "code": "im_screen_carrier", "kind": "carrier"}
        )
        cls.orders = cls.env["sale.order"].concat(*(cls.order() for _ in range(4)))
        late, stuck, fine, done = (cls.owner(order).sudo() for order in cls.orders)
        waits = cls._waits
        late.write({"timeliness": "missed", "cause": "partner"})
        late.write(waits("system", "Fast Parcels", cls.carrier_system))
        stuck.write({"cause": "message_failed", **waits("system", "Nordlager WMS", cls.system)})
        fine.write({"cause": "team", **waits("team", "Main")})
        done.write({"state": "completed", "timeliness": "missed", **waits(False, False)})
        done.waits_for_step_id = False
        cls.late, cls.stuck, cls.fine, cls.done = cls.orders
        cls.env.invalidate_all()

    @classmethod
    def _waits(cls, kind, name, system=None):
        """Return the values of a transaction that waits for somebody."""
        return {
            "waits_on_kind": kind,
            "waits_on": name,
            "waits_on_system_id": system.id if system else False,
        }

    def _found(self, *domain, model="sale.order", user=None):
        records = self.env[model].with_user(self.users[user]) if user else self.env[model]
        mine = self.orders if model == "sale.order" else self.orders.picking_ids
        return records.search([("id", "in", mine.ids), *domain])

    def test_one_query_for_a_page(self):
        """Each row of a list of 80 asks the database."""
        orders = self.orders
        for _number in range(PAGE - len(orders)):
            orders |= self.fine.copy()
        orders[:1].mapped("integration_status")  # fills the caches of the registry
        pickings = self.orders.picking_ids
        for documents in (orders, pickings.browse(pickings.ids)):
            self.record()
            self.env.invalidate_all()
            with self.assertQueryCount(1):
                for name in BADGE:
                    documents.mapped(name)

    def test_search_agrees_with_the_badge(self):
        """'Late on carrier' finds other orders than those whose badge says so."""
        cases = (
            ([("integration_status", "=", "missed")], self.late),
            ([("integration_status", "in", ("stuck", "on_track"))], self.stuck | self.fine),
            ([("integration_waits_on_kind", "=", "system")], self.late | self.stuck),
            ([("integration_waits_on_kind", "=", "team")], self.fine),
            ([("integration_waits_on_kind", "=", False)], self.done),
            ([("integration_waits_on", "ilike", "parcels")], self.late),
            ([("integration_waits_on_system_id", "=", self.system.id)], self.stuck),
            ([("integration_waits_on_system_id", "!=", self.system.id)], self.orders - self.stuck),
            ([("integration_waits_on_system_id.kind", "=", "carrier")], self.late),
            ([("integration_cause", "=", "message_failed")], self.stuck),
            ([("integration_status", "!=", "missed")], self.orders - self.late),
        )
        for domain, expected in cases:
            for user in (None, "manager"):
                with self.subTest(domain=domain, user=user):
                    found = self._found(*domain, user=user)
                    self.assertEqual(set(found.ids), set(expected.ids))
        self.assertEqual(
            self._found(("integration_status", "=", "missed"), model="stock.picking"),
            self.late.picking_ids,
        )

    def test_search_reads_no_documents(self):
        """A search reads every document, and computes how it stands."""
        self._found(("integration_status", "=", "missed"))
        with self.assertQueryCount(1):
            self._found(("integration_status", "=", "missed"))

    def test_groups_agree_with_the_badge(self):
        """Grouped by 'Waits On' the orders stand elsewhere, or somebody without role is refused."""
        for user in ("manager", "warehouse"):
            model = "sale.order" if user == "manager" else "stock.picking"
            mine = self.orders if user == "manager" else self.orders.picking_ids
            env = self.env(user=self.users[user])
            for name in (
                "integration_status",
                "integration_waits_on",
                "integration_waits_on_kind",
                "integration_waits_on_system_id",
                "integration_waits_for_step_id",
                "integration_cause",
            ):
                with self.subTest(user=user, name=name):
                    self.assertTrue(env[model].fields_get([name])[name]["groupable"])
                    groups = call_kw(
                        env[model],
                        "formatted_read_group",
                        [[("id", "in", mine.ids)], [name], ["__count"]],
                        {},
                    )
                    counts = {}
                    for group in groups:
                        key = group[name]
                        counts[key[0] if isinstance(key, (tuple, list)) else key] = group["__count"]
                    expected = {}
                    for document in mine:
                        value = document[name]
                        value = value.id if hasattr(value, "id") else value
                        expected[value or False] = expected.get(value or False, 0) + 1
                    self.assertEqual(counts, expected)

    def test_two_groupings_at_once(self):
        """A pivot of progress and whom it waits for fails, or counts orders twice."""
        by = ["integration_status", "integration_waits_on_kind"]
        groups = self.env["sale.order"]._read_group(
            [("id", "in", self.orders.ids)], by, ["__count"]
        )
        found = {(status, kind): count for status, kind, count in groups}
        expected = {}
        for order in self.orders:
            key = (order.integration_status, order.integration_waits_on_kind)
            expected[key] = expected.get(key, 0) + 1
        self.assertEqual(found, expected)

    def test_the_most_urgent_order_of_an_invoice(self):
        """An invoice of a late order and one on track is found under 'On Track', shown as late."""
        first, second = self.order(), self.order()
        self.ship(first.picking_ids | second.picking_ids)
        invoice = self.invoice(first | second)
        self.owner(second).sudo().timeliness = "missed"
        self.env.invalidate_all()
        self.assertEqual(invoice.integration_status, "missed")
        for status, found in (("missed", True), ("on_track", False)):
            domain = [("id", "=", invoice.id), ("integration_status", "=", status)]
            self.assertEqual(bool(invoice.search(domain)), found, status)
        [group] = invoice._read_group([("id", "=", invoice.id)], ["integration_status"], [])
        self.assertEqual(group[0], "missed")

    def test_value_at_risk(self):
        """What is on track counts as at risk, or a sum differs from its rows."""
        at_risk = self.late | self.stuck
        self.assertEqual([o.integration_value_at_risk for o in self.orders], [200, 200, 0, 0])
        [(total,)] = self.env["sale.order"]._read_group(
            [("id", "in", self.orders.ids)], [], ["integration_value_at_risk:sum"]
        )
        self.assertEqual(total, sum(at_risk.mapped("amount_total")))
        owners = self.env["integration.transaction"]
        mine = [("res_id", "in", self.orders.ids), ("res_model", "=", "sale.order")]
        groups = owners._read_group(mine, ["status"], ["value_at_risk:sum"])
        self.assertEqual(dict(groups), {"missed": 200, "stuck": 200, "on_track": 0, "completed": 0})
        self.assertEqual(owners.fields_get(["value_at_risk"])["value_at_risk"]["aggregator"], "sum")
        # A transfer shows what is at stake, but transfers of one order are not added up.
        self.assertEqual(self.late.picking_ids[0].integration_value_at_risk, 200)
        picking = self.env["stock.picking"].fields_get(["integration_value_at_risk"])
        self.assertFalse(picking["integration_value_at_risk"].get("aggregator"))

    def test_value_at_risk_is_for_who_may_see_amounts(self):
        """The packer adds up what customers pay."""
        packer = self.env(user=self.users["warehouse"])
        picking = self.late.picking_ids[:1].with_env(packer)
        with self.assertRaises(AccessError):
            picking.read(["integration_value_at_risk"])
        for model, field in (
            ("integration.transaction", "value_at_risk"),
            ("stock.picking", "integration_value_at_risk"),
        ):
            with self.assertRaises(AccessError):
                packer[model]._read_group([], [], [f"{field}:sum"])

    def test_whom_it_waits_for_is_kept(self):
        """The recorder names the culprit, and the filter 'Waits on Us' finds nothing."""
        self.flow.active = False
        order = self.order()
        self.assertEqual(self.owner(order).waits_on_kind, "team")
        self.assertEqual(order.integration_waits_on_kind, "team")
        self.ship(order.picking_ids)
        self.invoice(order)
        self.assertEqual(self.owner(order).waits_on_kind, "customer")
        self.pay(order.invoice_ids)
        self.assertEqual(self.owner(order).state, "completed")
        self.assertFalse(self.owner(order).waits_on_kind)

    def test_filters_of_the_morning(self):
        """'Promised for Today' shows tomorrow's orders."""
        now = fields.Datetime.now()
        owners = [self.owner(order).sudo() for order in self.orders]
        owners[0].promised_at = now
        owners[1].promised_at = now + timedelta(days=3)
        search = self.env.ref("integration_monitor.integration_transaction_view_search")
        self.assertIn("today +1d", search.arch)
        found = self.env["integration.transaction"].search(
            [
                ("res_id", "in", self.orders.ids),
                ("promised_at", ">=", "today"),
                ("promised_at", "<", "today +1d"),
            ]
        )
        self.assertEqual(found, owners[0].sudo(False))
