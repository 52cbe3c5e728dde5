"""The screen of a transaction: what now, the timeline, and what opening it costs."""

import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_screen import ScreenCase

FORM = "integration_monitor.integration_transaction_view_form"
TECHNICAL = "integration_monitor.integration_transaction_view_form_technical"
TECHNICAL_WORDS = re.compile(r"HTTP|JSON|[{}]|correlation|payload|im\.screen", re.IGNORECASE)
OPENING = 75  # queries, whatever the size of the transaction


def _texts(value):
    """Yield each text of a structure."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        yield value
    elif not isinstance(value, (bool, int, type(None))):
        for part in value:
            yield from _texts(part)


@tagged("post_install", "-at_install")
class TestTransactionScreen(ScreenCase):
    """Of two orders one goes its way, and the release of the other one failed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain, cls.broken = cls.order(), cls.order()
        cls.failure = cls.break_down(cls.broken)

    def _as(self, user, order):
        """Return the transaction as a user sees it."""
        self.env.invalidate_all()
        return self.owner(order).with_user(self.users[user])

    def test_headline_in_words(self):
        """The packer reads 'missed', 'wms.release' or nothing."""
        owner = self.owner(self.plain)
        owner.sudo().write(
            {
                "timeliness": "missed",
                "waits_on": "Nordlager WMS",
                "waits_since": fields.Datetime.now() - timedelta(hours=3),
            }
        )
        step = owner.waits_for_step_id.waiting_name
        self.assertEqual(
            owner._headline(),
            f"<b>Late</b>: waits for <b>{step}</b> by <b>Nordlager WMS</b> for <b>3 h</b>",
        )
        owner.sudo().write({"waits_on": False, "waits_since": fields.Datetime.now()})
        self.assertEqual(owner._headline(), f"<b>Late</b>: waits for <b>{step}</b>")

    def test_nothing_technical_for_the_warehouse(self):
        """A packer reads an HTTP status, the partner's JSON or the code of a flow."""
        owner = self._as("warehouse", self.broken)
        self.assertIn("HTTP 503", owner.sudo().cause_error)
        with Form(owner, FORM) as form:
            shown = [str(form.banner), form.status, *_texts(form.what_now), *_texts(form.timeline)]
        self.assertIn("Nordlager WMS", shown[0])
        for text in shown:
            self.assertNotRegex(text, TECHNICAL_WORDS)
        self.assertNotIn("correlation_id", form._view["fields"])
        self.assertNotIn("message_ids", form._view["fields"])

    def test_whom_to_ask(self):
        """The packer sees that something is wrong, and nobody to call."""
        owner = self._as("warehouse", self.broken)
        advice = owner.what_now
        self.assertEqual(advice["people"][0]["name"], "Operator Screen")
        self.assertEqual(advice["people"][0]["phone"], "+1 555 0100")
        self.assertIsNone(advice["runbook"])
        self.assertFalse(owner.may_run_runbook or owner.may_retry or owner.has_problem)

    def test_runbook_for_who_may_run_it(self):
        """The operator looks for the runbook in another menu, a viewer starts one."""
        order = self.broken
        self.runbook(self.failure)
        viewer = self._as("viewer", order)
        self.assertEqual(viewer.what_now["runbook"]["steps"][0]["name"], "Call the warehouse")
        self.assertFalse(viewer.may_run_runbook or viewer.may_retry)
        for user in ("viewer", "warehouse"):
            with self.assertRaises(AccessError):
                self._as(user, order).action_run_runbook()
            with self.assertRaises(AccessError):
                self._as(user, order).action_retry_problem()
        operator = self._as("operator", order)
        self.assertTrue(operator.may_run_runbook and operator.may_retry)
        action = operator.action_run_runbook()
        exception = self.owner(order).sudo().exception_ids
        self.assertEqual((action["res_model"], action["res_id"]), (exception._name, exception.id))
        self.assertEqual(exception.runbook_run_ids.started_by_id, self.users["operator"])
        operator = self._as("operator", order)
        self.assertTrue(operator.runbook_runs)
        states = [step["state"] for step in operator.what_now["runbook"]["steps"]]
        self.assertEqual(states, ["current", "waiting"])
        # Pressed again it goes on with the same run.
        operator.action_run_runbook()
        self.assertEqual(len(exception.runbook_run_ids), 1)

    def test_retry_from_the_screen(self):
        """Retry leads to another screen, or tries what was done meanwhile."""
        order, exception = self.broken, self.failure
        self._as("operator", order).action_retry_problem()
        self.assertEqual(exception.state, "retrying")
        self.assertEqual(exception.message_id.state, "retry")
        exception.sudo()._resolve("manual")
        with self.assertRaises(UserError):
            self._as("operator", order).action_retry_problem()

    def test_a_system_in_trouble_tells_its_orders(self):
        """The breaker's exception names the runbook, and the order that waits shows nothing."""
        order = self.order()
        self.owner(order).sudo().write(
            {"waits_on_system_id": self.system.id, "waits_on_kind": "system", "cause": "breaker"}
        )
        values = {
            "name": "Nordlager WMS does not answer",
            "dedupe_key": f"breaker:{self.endpoint.id}",
            "error_class": "connect",
            "error_message": "No answer",
            "endpoint_id": self.endpoint.id,
            "system_id": self.system.id,
        }
        [exception] = self.env["integration.exception"].sudo()._open([values])
        self.runbook(exception)
        advice = self._as("operator", order).what_now
        self.assertEqual(advice["runbook"]["name"], "Warehouse does not answer")
        self.assertIn("goes on by itself", advice["text"])
        # Another order waits for somebody else.
        other = self.order()
        self.owner(other).sudo().write({"waits_on_system_id": False, "waits_on_kind": "team"})
        self.assertIsNone(self._as("operator", other).what_now["runbook"])

    def test_a_finding_does_not_stop_the_order(self):
        """A price differs from the shop's: 'before the order moves on', and the goods leave."""
        self.flow.active = False
        order = self.order()
        exception = self.break_down(order, name="The price differs")
        exception.message_id.sudo().state = "cancelled"
        owner = self._as("warehouse", order).sudo()
        owner.cause = "team"
        advice = self._as("warehouse", order).what_now
        self.assertEqual(advice["title"], "The price differs")
        self.assertNotIn("moves on", advice["text"])

    def test_nothing_wrong(self):
        """An order that runs as planned asks somebody to do something."""
        self.flow.active = False
        owner = self._as("warehouse", self.order())
        advice = owner.what_now
        self.assertTrue(advice["calm"])
        self.assertEqual(advice["title"], "Nothing is wrong")
        self.assertEqual(advice["due"], fields.Datetime.to_string(owner.due_at))
        done = self.order()
        self.owner(done).sudo().write({"state": "completed"})
        advice = self._as("warehouse", done).what_now
        self.assertEqual((advice["title"], advice["people"]), ("Nothing to do", []))

    def test_every_cause_has_a_word(self):
        """An order is late, and the screen has nothing to say about its cause."""
        owner = self.owner(self.plain).sudo()
        owner.timeliness = "missed"
        for cause, _label in owner._fields["cause"]._description_selection(self.env):
            with self.subTest(cause=cause):
                owner.cause = cause
                title, text = owner._advice(self.env["integration.exception"], works=False)
                self.assertTrue(title and text)

    def test_timeline_hides_what_nobody_waits_for(self):
        """Steps that nothing started stand between those that matter."""
        order = self.plain
        entries = {entry["code"]: entry for entry in self.owner(order).timeline}
        self.assertTrue(entries["packed"]["idle"])
        self.assertFalse(entries["picked"]["idle"])
        milestone = self.owner(order).milestone_ids.filtered(lambda m: m.step_id.code == "picked")
        milestone.sudo().write({"expected_count": 3, "reached_count": 2, "state": "partial"})
        self.owner(order).invalidate_recordset(["timeline"])
        entries = {entry["code"]: entry for entry in self.owner(order).timeline}
        self.assertEqual(entries["picked"]["count"], "2 of 3 transfers")

    def _grow(self, owner, milestones, messages, documents):
        """Give a transaction many milestones, messages and documents."""
        owner = owner.sudo()
        process = (
            self.env["integration.process"]
            .sudo()
            .create(
                {"name": "Long", "code": "im_long", "root_model": "sale.order", "state": "draft"}
            )
        )
        missing = milestones - len(owner.milestone_ids)
        steps = (
            self.env["integration.process.step"]
            .sudo()
            .create(
                [
                    {
                        "process_id": process.id,
                        "code": f"step_{number}",
                        "name": f"Step {number}",
                        "record_kind": "external",
                        "event_code": f"external.step_{number}",
                    }
                    for number in range(missing)
                ]
            )
        )
        self.env["integration.milestone"].sudo().create(
            [
                {
                    "transaction_id": owner.id,
                    "step_id": step.id,
                    "sequence": 200,
                    "state": "reached",
                }
                for step in steps
            ]
        )
        order = self.env["sale.order"].browse(owner.res_id)
        for _number in range(messages):
            self.message(order, state="done")
        others = [
            ("stock.picking", picking.id)
            for picking in self.env["stock.picking"].search([], limit=documents)
        ]
        present = set(owner.document_ids.mapped(lambda link: (link.res_model, link.res_id)))
        self.env["integration.transaction.document"].sudo().create(
            [
                {"transaction_id": owner.id, "res_model": model, "res_id": res_id, "role": "out"}
                for model, res_id in others
                if (model, res_id) not in present
            ][: documents - len(present)]
        )

    def _transfer_values(self):
        """:return: values of a transfer that belongs to no order"""
        return {
            "picking_type_id": self.warehouse.out_type_id.id,
            "location_id": self.warehouse.lot_stock_id.id,
            "location_dest_id": self.customer.property_stock_customer.id,
        }

    def test_opening_costs_the_same_for_any_size(self):
        """Each message, document and milestone asks the database when the form opens."""
        order, large = self.broken, self.plain
        others = [self._transfer_values() for _number in range(18)]
        self.env["stock.picking"].create(others)
        self.break_down(large)
        self._grow(self.owner(large), 30, 49, 20)
        self.assertEqual(len(self.owner(large).milestone_ids), 30)
        self.assertEqual(len(self.owner(large).sudo().message_ids), 50)
        self.assertEqual(len(self.owner(large).document_ids), 20)
        for user in ("warehouse", "operator"):
            Form(self._as(user, order), FORM)  # fills the caches of the registry
            counts = []
            for some in (order, large, large):
                owner = self._as(user, some)
                before = self.env.cr.sql_log_count
                with self.assertQueryCount(OPENING):
                    Form(owner, FORM)
                counts.append(self.env.cr.sql_log_count - before)
            self.assertLessEqual(counts[2], counts[0] + 3, user)

    def test_technical_view(self):
        """Whoever looks after the systems finds neither ids nor evidence."""
        order = self.broken
        self.failure.message_id.trace_id = "ab" * 16
        owner = self._as("viewer", order)
        action = owner.action_open_technical()
        self.assertEqual(action["views"], [[self.env.ref(TECHNICAL).id, "form"]])
        with Form(owner, TECHNICAL) as form:
            self.assertEqual(form.correlation_id, owner.correlation_id)
            self.assertEqual(form.trace_ids_text, "ab" * 16)
            self.assertIn('"messages"', form.evidence_text)
        for field in ("log_ids", "trace_ids_text", "evidence_text", "open_exception_ids"):
            with self.assertRaises(AccessError):
                self._as("warehouse", order).read([field])

    def test_amounts_are_for_who_may_see_them(self):
        """The packer sees what the customer pays."""
        order = self.plain
        self.assertNotIn("amount_total", Form(self._as("warehouse", order), FORM)._view["fields"])
        self.assertIn("amount_total", Form(self._as("viewer", order), FORM)._view["fields"])
