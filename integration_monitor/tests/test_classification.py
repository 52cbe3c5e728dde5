"""What follows from a flow's criticality, and what a person chose instead."""

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.classification import defaults_of
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestClassification(IntegrationCase):
    def policy(self, criticality):
        return self.env.ref(f"integration_monitor.retry_policy_{criticality}")

    def flow(self, code="im.test.classified", **values):
        return self.env["integration.flow"].create(
            {**self._inbound_values(), "code": code, **values}
        )

    def assertFollows(self, flow, criticality):
        self.assertEqual(flow.criticality, criticality)
        self.assertEqual(flow.retry_policy_id, self.policy(criticality))
        self.assertEqual(flow.priority, defaults_of(criticality).priority)
        outbound = flow.direction == "outbound"
        self.assertEqual(flow.fallback, defaults_of(criticality).fallback if outbound else "hold")
        self.assertFalse(flow.hand_set_text)
        self.assertIn(str(flow.priority), flow.classification_text)

    def test_a_new_flow(self):
        """A critical flow is retried like any other."""
        for number, criticality in enumerate(("critical", "high", "normal", "low")):
            flow = self.flow(f"im.test.{number}", criticality=criticality)
            self.assertFollows(flow, criticality)
            sent = self.flow(
                f"im.sent.{number}",
                criticality=criticality,
                direction="outbound",
                endpoint_id=self.endpoint.id,
            )
            self.assertEqual(sent.fallback, defaults_of(criticality).fallback)

    def test_as_critical_as_its_system(self):
        """Flows of a critical system are normal until somebody remembers."""
        self.system.criticality = "critical"
        self.assertFollows(self.flow(), "critical")
        self.assertEqual(self.inbound.criticality, "normal")
        self.assertFollows(self.flow("im.test.low", criticality="low"), "low")

    def test_what_is_given_stays(self):
        """The wizard's own choice is overwritten as soon as the flow exists."""
        flow = self.flow(criticality="critical", priority=10)
        self.assertEqual((flow.priority, flow.retry_policy_id), (10, self.policy("critical")))
        flow.write({"criticality": "low", "priority": 2})
        self.assertEqual((flow.priority, flow.retry_policy_id), (2, self.policy("low")))

    def test_another_criticality(self):
        """What somebody set by hand is lost, or nothing follows at all."""
        flow = self.flow(criticality="critical")
        flow.criticality = "low"
        self.assertFollows(flow, "low")
        flow.priority = 3
        flow.criticality = "high"
        self.assertEqual((flow.priority, flow.retry_policy_id), (3, self.policy("high")))
        self.assertIn("3", flow.hand_set_text)
        self.assertIn("5", flow.hand_set_text)
        self.assertIn("High", flow.classification_text)
        flow.action_use_classification()
        self.assertFollows(flow, "high")

    def test_several_at_once(self):
        """In a list of flows all follow what was chosen by hand for the first one."""
        flows = self.flow("im.test.1") + self.flow("im.test.2", priority=7)
        flows.write({"criticality": "critical"})
        self.assertEqual(flows.mapped("priority"), [2, 7])
        self.assertEqual(flows.retry_policy_id, self.policy("critical"))

    def test_the_form_proposes(self):
        """The form shows the values of the criticality only once it is saved, or saves others."""
        self.system.criticality = "high"
        with Form(self.env["integration.flow"]) as form:
            form.system_id = self.system
            self.assertEqual((form.criticality, form.priority), ("high", 5))
            form.criticality = "critical"
            self.assertEqual(form.retry_policy_id, self.policy("critical"))
            form.criticality = "low"
            self.assertEqual((form.priority, form.retry_policy_id), (20, self.policy("low")))
            form.name, form.code, form.message_type = "Form", "im.test.form", "test.form"
        flow = form.record
        self.assertFollows(flow, "low")
        with Form(flow) as form:
            form.criticality = "critical"
            form.priority = 20  # by hand, and what it was before
        self.assertEqual((flow.priority, flow.retry_policy_id), (20, self.policy("critical")))
        self.assertIn("20", flow.hand_set_text)

    def test_upgrade(self):
        """Flows from before the upgrade get other policies and priorities over night."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_flow SET criticality = 'critical', classified_as = NULL"
            " WHERE id = %s",
            [self.inbound.id],
        )
        self.env["integration.flow"].init()
        self.env.invalidate_all()
        self.assertEqual(self.inbound.priority, 10)
        self.assertEqual(self.inbound.retry_policy_id, self.policy("normal"))
        self.assertEqual(self.inbound.classified_as, "critical")
        self.assertIn("10", self.inbound.hand_set_text)
        self.inbound.criticality = "low"
        self.assertEqual(self.inbound.priority, 10)

    def test_promises_that_cannot_be(self):
        """A flow promises to lose half a message, or more than all."""
        for values in (
            {"tolerated_loss": -1},
            {"tolerated_loss": 0.5},
            {"tolerated_loss": 101, "tolerated_loss_unit": "percent"},
        ):
            with self.assertRaisesRegex(ValidationError, "whole number of messages"):
                self.inbound.write(values)
        self.inbound.write({"tolerated_loss": 0.5, "tolerated_loss_unit": "percent"})
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.inbound.recovery_time = -1
            self.env.flush_all()

    def test_only_administrators_classify(self):
        """An operator gives a flow of his own the right of way."""
        for role in ("viewer", "operator", "support"):
            with self.assertRaises(AccessError):
                self.inbound.with_user(self.users[role]).action_use_classification()
        self.inbound.priority = 1
        self.inbound.with_user(self.users["administrator"]).action_use_classification()
        self.assertEqual(self.inbound.priority, 10)
