"""Runbooks: proposed, worked through, signed, and then kept as they are."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import IntegrationCase
from .common_partner import PartnerMixin


class RunbookMixin:
    """An exception, and what an operator does with its runbook."""

    def exception(self, **values):
        """:return: an exception as the engine opens it, in the operator's hands"""
        return (
            self.env["integration.exception"]
            ._open(
                [
                    {
                        "name": "Something failed",
                        "dedupe_key": "test:1",
                        "error_class": "timeout",
                        "error_message": "No answer",
                        "flow_id": self.outbound.id,
                        **values,
                    }
                ]
            )
            .with_user(self.users["operator"])
        )

    def runbook(self, *actions, **values):
        """:return: a runbook with one step for each action; False is a step of a person"""
        return self.env["integration.runbook"].create(
            {
                "name": "Test",
                "code": "im_test",
                "fingerprints": "none-yet",
                "step_ids": [
                    (0, 0, {"name": f"Step {n}", "text": f"Do {n}", "action": action})
                    for n, action in enumerate(actions, start=1)
                ],
                **values,
            }
        )

    def start(self, exception, runbook):
        """:return: the run"""
        exception.with_context(integration_runbook_id=runbook.id).action_runbook_start()
        return exception.runbook_run_id


@tagged("post_install", "-at_install")
class TestRunbook(RunbookMixin, PartnerMixin, IntegrationCase):
    def test_steps_are_timed_and_signed(self):
        """Nobody can tell afterwards who did what, and when."""
        exception = self.exception()
        with freeze_time("2026-03-01 10:00:00"):
            run = self.start(exception, self.runbook(False, False, False))
            self.assertEqual(run.line_ids.mapped("state"), ["current", "waiting", "waiting"])
        with freeze_time("2026-03-01 10:06:00"):
            run.current_line_id.note = "Called them"
            exception.action_runbook_next()
        with freeze_time("2026-03-01 10:09:00"):
            action = exception.action_runbook_skip()
            wizards = self.env[action["res_model"]].with_user(self.users["operator"])
            skip = Form(wizards.with_context(**action["context"]))
            skip.reason = "Not needed"
            skip.save().action_confirm()
        with freeze_time("2026-03-01 10:10:00"):
            exception.action_runbook_next()
        first, second, third = run.line_ids
        operator = self.users["operator"]
        self.assertEqual(run.line_ids.user_id, operator)
        self.assertEqual(run.line_ids.mapped("state"), ["done", "skipped", "done"])
        self.assertEqual(run.line_ids.mapped("minutes"), [6, 3, 1])
        self.assertEqual(
            (first.note, second.note, third.note), ("Called them", "Not needed", False)
        )
        self.assertEqual((run.state, run.minutes), ("done", 10))
        self.assertEqual(run.finished_at, fields.Datetime.to_datetime("2026-03-01 10:10:00"))
        self.assertFalse(exception.runbook_run_id)
        self.assertEqual(exception.runbook_run_count, 1)

    def test_finished_ones_cannot_be_changed(self):
        """Whoever made a mistake tidies up the evidence."""
        exception = self.exception()
        run = self.start(exception, self.runbook(False))
        exception.action_runbook_next()
        line = run.line_ids
        for user in (*self.users.values(), self.env.user):
            for record, values in (
                (line, {"note": "tidied"}),
                (line, {"user_id": user.id}),
                (line, {"state": "current"}),
                (run, {"finished_at": fields.Datetime.now()}),
                (run, {"state": "running"}),
            ):
                with self.assertRaises(AccessError, msg=(user.login, values)):
                    record.with_user(user).write(values)
        with self.assertRaises(AccessError):
            line.sudo().write({"note": "tidied"})
        with self.assertRaises(UserError):
            line.sudo().unlink()
        with self.assertRaises(UserError):
            run.sudo().unlink()

    def test_a_runbook_changed_later_rewrites_no_history(self):
        """The steps that were taken are no longer the ones that are shown."""
        runbook = self.runbook(False, False)
        exception = self.exception()
        run = self.start(exception, runbook)
        runbook.step_ids[0].name = "Changed"
        runbook.step_ids[1].unlink()
        self.assertEqual(run.line_ids.mapped("name"), ["Step 1", "Step 2"])
        runbook.unlink()
        exception.action_runbook_next()
        exception.action_runbook_next()
        self.assertEqual((run.state, run.name), ("done", "Test"))

    def test_only_the_current_step(self):
        """A click signs a step that nobody has read, or one is signed twice."""
        exception = self.exception()
        run = self.start(exception, self.runbook(False, False, False))
        first, second, _third = run.line_ids
        with self.assertRaisesRegex(UserError, "not the turn"):
            second.action_next()
        seen = exception.with_context(integration_runbook_line=first.id)
        seen.action_runbook_next()
        with self.assertRaisesRegex(UserError, "not the turn"):
            seen.action_runbook_next()
        self.assertEqual(run.current_line_id, second)
        with self.assertRaisesRegex(UserError, "This step is yours"):
            exception.action_runbook_do()
        with self.assertRaisesRegex(UserError, "runs for this exception already"):
            self.start(exception, self.runbook(False, code="another"))

    def test_stopping(self):
        """A run that turned out to be the wrong one goes on for ever."""
        exception = self.exception()
        run = self.start(exception, self.runbook(False, False, False))
        exception.action_runbook_next()
        action = exception.action_runbook_stop()
        wizards = self.env[action["res_model"]].with_user(self.users["operator"])
        wizard = wizards.with_context(**action["context"]).create({"reason": "  "})
        with self.assertRaisesRegex(UserError, "reason"):
            wizard.action_confirm()
        wizard.reason = "The wrong one"
        wizard.action_confirm()
        self.assertEqual((run.state, run.reason), ("cancelled", "The wrong one"))
        self.assertEqual(run.line_ids.mapped("state"), ["done", "skipped", "skipped"])
        self.start(exception, self.runbook(False, code="right"))

    def test_probe(self):
        """The step says it worked while the partner is down."""
        exception = self.exception()
        run = self.start(exception, self.runbook("probe", False))
        self.endpoint.base_url = self.partner.url
        self.partner.api_answer = (503, {"error": "maintenance"})
        self.partner.open = True
        exception.action_runbook_do()
        line = run.line_ids[0]
        self.assertEqual(line.state, "current")
        self.assertIn("503", line.outcome)
        self.partner.api_answer = (200, {})
        exception.action_runbook_do()
        self.assertEqual((line.state, line.user_id), ("done", self.users["operator"]))
        self.assertEqual(len(line.outcome.splitlines()), 2)
        self.assertIn("status 200", line.outcome)

    def test_pause_and_resume(self):
        """The flow goes on sending while people think it is paused."""
        exception = self.exception()
        run = self.start(exception, self.runbook("pause", "resume"))
        exception.action_runbook_do()
        self.assertEqual(self.outbound.state, "paused")
        self.assertIn("Runbook", self.outbound.pause_reason)
        exception.action_runbook_do()
        self.assertEqual((self.outbound.state, run.state), ("active", "done"))

    def test_retry_says_what_it_did(self):
        """Retry with nothing to try looks as if it had helped."""
        exception = self.exception()
        run = self.start(exception, self.runbook("retry"))
        exception.action_runbook_do()
        self.assertEqual(run.state, "running")
        self.assertIn("no failed message", run.line_ids.outcome)

    def test_notify(self):
        """The partner gets no mail, or one with the content of messages."""
        customer = self.env["res.partner"].create({"name": "Ada", "email": "ada@example.com"})
        exception = self.exception(error_message="token=hunter2 of order 7", partner_id=customer.id)
        run = self.start(exception, self.runbook("notify"))
        exception.action_runbook_do()
        self.assertIn("e-mail address", run.line_ids.outcome)
        self.assertFalse(
            self.env["mail.mail"].sudo().search([("recipient_ids", "in", customer.ids)])
        )
        self.assertEqual(run.state, "running")
        partner = self.env["res.partner"].create({"name": "Acme", "email": "it@acme.example"})
        self.system.partner_id = partner
        exception.action_runbook_do()
        self.assertEqual(run.state, "done")
        mail = self.env["mail.mail"].sudo().search([("recipient_ids", "in", partner.ids)])
        self.assertEqual(len(mail), 1)
        self.assertIn(self.system.name, mail.subject)
        self.assertNotIn("hunter2", mail.body_html)

    def test_replay_knows_what_and_since_when(self):
        """The person looks up flow and moment of a failure that the exception knows."""
        exception = self.exception()
        run = self.start(exception, self.runbook("replay"))
        action = exception.action_runbook_do()
        self.assertEqual(run.state, "done")
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.users["operator"])
            .with_context(**action["context"])
        )
        self.assertEqual((wizard.scope, wizard.flow_id), ("flow", exception.flow_id))
        self.assertEqual(wizard.since, exception.opened_at - timedelta(hours=1))
        self.assertIn(run.name, wizard.reason)

    def test_the_best_match_is_proposed(self):
        """The general runbook hides the one for exactly this cause."""
        exception = self.exception(error_class="timeout")
        general = self.runbook(False, code="g", fingerprints=False, error_classes="timeout, server")
        precise = self.runbook(False, code="p", fingerprints=f"x, {exception.fingerprint}")
        elsewhere = self.runbook(
            False,
            code="e",
            fingerprints=exception.fingerprint,
            category="technical",
            company_id=self.other_company().id,
        )
        exception.invalidate_recordset()
        self.assertEqual(exception.runbook_id, precise)
        precise.step_ids.unlink()
        exception.invalidate_recordset()
        self.assertEqual(exception.runbook_id, general)
        self.assertNotEqual(exception.runbook_id, elsewhere)
        general.active = False
        exception.invalidate_recordset()
        self.assertFalse(exception.runbook_id)
        with self.assertRaisesRegex(UserError, "Configuration"):
            exception.action_runbook_start()

    def test_another_one_is_chosen(self):
        """Somebody who knows better cannot start the right runbook."""
        exception = self.exception()
        runbook = self.runbook(False)
        action = exception.action_runbook_choose()
        wizards = self.env[action["res_model"]].with_user(self.users["operator"])
        form = Form(wizards.with_context(**action["context"]))
        form.runbook_id = runbook
        form.save().action_confirm()
        self.assertEqual(exception.runbook_run_id.runbook_id, runbook)

    def test_proposals_cost_one_query(self):
        """A list of exceptions asks once for each of them."""
        exceptions = self.env["integration.exception"].browse()
        for number in range(6):
            exceptions |= self.exception(dedupe_key=f"test:{number}")
        exceptions.mapped("flow_id.message_type")
        exceptions.mapped("system_id.kind")
        self.env["integration.runbook"].search([]).mapped("words")
        with self.assertQueryCount(1):
            exceptions.mapped("runbook_id.id")

    def test_what_cannot_match_is_refused(self):
        """A typing slip makes a runbook that nobody is ever shown."""
        with self.assertRaisesRegex(ValidationError, "timeot"):
            self.runbook(False, code="slip", error_classes="timeot")
        with self.assertRaisesRegex(UserError, "no steps"):
            self.start(self.exception(), self.runbook(code="empty"))
        copy = self.runbook(False, code="first").copy()
        self.assertEqual((copy.code, len(copy.step_ids)), ("first-copy", 1))

    def test_average_time(self):
        """The form tells no time, or counts runs that still go on."""
        runbook = self.runbook(False)
        for minutes in (2, 4):
            exception = self.exception(dedupe_key=f"test:{minutes}")
            with freeze_time("2026-03-01 10:00:00") as clock:
                self.start(exception, runbook)
                clock.tick(timedelta(minutes=minutes))
                exception.action_runbook_next()
        runbook.invalidate_recordset()
        self.assertEqual((runbook.run_count, runbook.average_minutes), (2, 3))
