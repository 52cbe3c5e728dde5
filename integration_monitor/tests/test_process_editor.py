"""Building and changing a process in the form, by somebody who types no code."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestProcessEditor(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        cls.process = cls.env.ref("integration_monitor.process_order_to_cash")

    def _draft(self):
        action = self.process.action_new_version()
        return self.env["integration.process"].browse(action["res_id"])

    def _step(self, process, code):
        return process.step_ids.filtered(lambda step: step.code == code)

    def test_built_from_nothing(self):
        """Somebody who is no programmer cannot make a process that works."""
        with Form(self.env["integration.process"]) as form:
            form.name = "Wholesale Orders"
            with form.step_ids.new() as step:
                step.name = "Ordered"
                step.document_event = "sale.created"
                self.assertEqual((step.code, step.event_code), ("ordered", "sale.created"))
            with form.step_ids.new() as step:
                step.name = "Told to the Warehouse"
                step.record_kind = "message"
                step.message_choice = "wms.release"
                step.branch = "information"
                step.optional = True
                self.assertEqual(step.event_code, "message.wms.release.done")
            with form.step_ids.new() as step:
                step.name = "Reserved"
                step.document_event = "picking.first.ready"
                step.branch = "goods"
            with form.step_ids.new() as step:
                step.name = "Customs"
                step.record_kind = "external"
                step.external_choice = "external"
            with form.step_ids.new() as step:
                step.name = "Arrived"
                step.record_kind = "external"
                step.external_choice = "tracking.delivered"
                self.assertEqual(step.code, "delivered", "the carrier's reports name it")
            with form.step_ids.new() as step:
                step.name = "Shipped"
                step.document_event = "picking.out.done"
            self.assertIn("Shipped", str(form.preview), "also before it is saved")
            self.assertIn("Customs", str(form.advice))
        process = form.save()
        self.assertEqual(process.code, "wholesale_orders")
        self.assertEqual(
            process.step_ids.mapped("event_code"),
            ["sale.created", "message.wms.release.done", "picking.first.ready",
             "external.customs", "tracking.delivered", "picking.out.done"],
        )  # fmt: skip
        self._step(process, "customs").optional = True
        self._step(process, "delivered").optional = True
        process.action_put_in_use()
        order = self.order()
        self.assertEqual(self.owner(order).process_id, process)
        self.assertStates(order, ordered="reached", reserved="reached", shipped="pending")

    def test_another_kind_takes_another_event(self):
        """A step that a message reaches keeps the document of before."""
        process = self._draft()
        step = self._step(process, "validated")
        with Form(step) as form:
            form.record_kind = "received"
            self.assertFalse(form.event_code)
            form.message_choice = "finance.credit"
        self.assertEqual(step.event_code, "message.finance.credit.done")
        with Form(step) as form:
            form.record_kind = "document"
            form.document_event = "sale.validated"
        self.assertEqual((step.event_code, step.message_type), ("sale.validated", False))

    def test_choices_name_what_flows_send(self):
        """A kind of message of a partner's flow cannot be chosen."""
        self.flow.copy({"code": "im.customs", "message_type": "customs.paper"})
        choices = dict(self.env["integration.process.step"]._selection_message_choice())
        self.assertIn("customs.paper", choices)
        self.assertEqual(choices["wms.release"], "Release to a warehouse (wms.release)")
        step = self._step(self.process, "released")
        self.assertEqual(
            (step.message_choice, step.reached_text),
            ("wms.release", "Sent: Release to a warehouse (wms.release)"),
        )

    def test_wrong_events_are_refused(self):
        """An event that never comes is written by an import."""
        process = self._draft()
        for code, values, told in (
            ("validated", {"event_code": "sale.conformed"}, "No document reports"),
            ("released", {"event_code": "wms.release"}, "Choose the kind of message"),
            ("delivered", {"code": "arrived"}, "give it that code"),
            ("shipped", {"code": "Shipped!"}, "small letters"),
        ):
            with self.subTest(code), self.assertRaisesRegex(ValidationError, told):
                self._step(process, code).write(values)

    def test_advice(self):
        """A process that makes every order wait for ever is put in use without a word."""
        process = self._draft()
        self.assertIn("Invoice Sent", process.advice)
        self.assertNotIn("Released", process.advice, "a flow sends it")
        process.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertIn("Released", process.advice, "nobody sends it there")
        process.company_id = False
        self._step(process, "credit_checked").optional = False
        self.assertIn("Set the flow up first", process.advice)
        self._step(process, "released").unlink()
        self.assertIn("Nothing runs beside these steps: Allocated", process.advice)
        self._step(process, "packed").event_code = "picking.first.done"
        self.assertIn("The same event reaches these steps: Picked, Packed", process.advice)
        with self.assertRaisesRegex(UserError, "Picked, Packed"):
            process.action_put_in_use()
        self._step(process, "packed").event_code = "picking.pack.done"
        process.action_put_in_use()

    def test_preview_shows_branches(self):
        """Steps that do not wait for one another stand in one line."""
        preview = str(self.process.preview)
        self.assertEqual(preview.count("o_process_fork"), 2)
        self.assertEqual(preview.count("o_process_branch"), 4)
        self.assertEqual(preview.count("o_process_step"), 15)
        self.assertLess(preview.index("Shipped"), preview.index("Carrier Booked"))

    def test_names_are_shown_as_text(self):
        """A name with markup runs in the browser of whoever opens the process."""
        process = self._draft()
        process.step_ids[0].name = "<script>alert(1)</script>"
        process.step_ids[1].event_code = False
        process.step_ids[1].name = "<b>bold</b>"
        for shown in (process.preview, process.advice, process.changes):
            self.assertNotIn("<script>", shown)
            self.assertNotIn("<b>bold", shown)

    def test_changes_of_a_version(self):
        """Nobody can tell what the next version changes."""
        process = self._draft()
        self.assertEqual(process.former_id, self.process)
        self.assertIn(f"Nothing differs from version {self.process.version}", process.changes)
        self._step(process, "packed").unlink()
        self._step(process, "picked").optional = True
        self._step(process, "validated").sequence = 45
        self.env["integration.process.step"].create(
            {
                "process_id": process.id, "name": "Weighed", "sequence": 85,
                "document_event": "picking.pack.done",
            }
        )  # fmt: skip
        self.assertEqual(
            process._changes(),
            [
                ("Added", [("Weighed", [])]),
                ("Removed", [("Packed", [])]),
                ("Moved", [("Validated", [])]),
                ("Changed", [("Picked", [("Optional", "No", "Yes")])]),
            ],
        )
        self.assertFalse(self.process.former_id)

    def test_numbers_of_each_version(self):
        """Nobody knows whether orders still follow the former version."""
        first, second = self.order(), self.order()
        self.pay(self.invoice(first))
        self.ship(first.picking_ids)
        next_version = self._draft()
        next_version.action_put_in_use()
        third = self.order()
        self.assertEqual(self.owner(first).state, "completed")
        counts = [(v.transaction_count, v.running_count) for v in next_version.version_ids]
        self.assertEqual(counts, [(1, 1), (2, 1)])
        action = self.process.action_open_running()
        found = self.env["integration.transaction"].search(action["domain"])
        self.assertEqual(found, self.owner(second))
        self.assertNotIn(self.owner(third), found)

    def test_timeline_shows_each_open_branch(self):
        """Of two things that are open, the reader sees one."""
        self.flow.active = False
        order = self.order()
        self.ship(order.picking_ids)
        entries = {
            entry["code"]: entry for entry in self.owner(order).timeline if not entry["idle"]
        }
        self.assertEqual(
            list(entries),
            ["received", "validated", "confirmed", "allocated", "picked", "shipped", "invoiced",
             "paid"],
        )  # fmt: skip
        self.assertEqual(
            [code for code, entry in entries.items() if entry["awaited"]], ["invoiced"]
        )
        self.flow.copy(
            {
                "code": "im.gate.tracking",
                "active": True,
                "direction": "inbound",
                "style": "webhook",
                "message_type": "carrier.tracking",
                "trigger_event": False,
                "endpoint_id": False,
            }
        )
        self.owner(order)._refresh_blame()
        entries = {entry["code"]: entry for entry in self.owner(order).timeline}
        self.assertEqual(
            [(code, entry["awaited"], entry["beside"], entry["label"])
             for code, entry in entries.items() if entry["awaited"] or entry["beside"]],
            [("in_transit", True, False, "Waiting"), ("invoiced", False, True, "Waiting")],
        )  # fmt: skip
