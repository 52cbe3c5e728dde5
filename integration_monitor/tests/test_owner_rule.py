from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestOwnerRule(IntegrationCase):
    def opens(self, **values):
        """:return: a new exception of the inbound flow"""
        return self.env["integration.exception"]._open(
            [
                {
                    "name": "Rule",
                    "flow_id": self.inbound.id,
                    "error_class": "business",
                    "category": "business",
                    **values,
                }
            ]
        )

    def rule(self, user, **values):
        """:return: a new rule that names one of the test's users"""
        return self.env["integration.owner.rule"].create(
            {"name": user, "user_id": self.users[user].id, **values}
        )

    def test_last_match_wins(self):
        """The special rule stands below the general one, and is never used."""
        self.rule("support", sequence=1, category="business")
        special = self.rule("administrator", sequence=2, flow_id=self.inbound.id)
        self.rule("viewer", sequence=3, flow_id=self.outbound.id)
        self.assertEqual(self.opens().user_id, self.users["administrator"])
        special.sequence = 0
        self.assertEqual(self.opens().user_id, self.users["support"])
        special.active = False
        self.assertEqual(self.opens(category="partner").user_id, self.users["operator"])

    def test_conditions(self):
        """A rule about taxes, texts or large amounts takes everything."""
        for values, fitting, other in (
            ({"source_model": "account.tax"}, {"source_model": "account.tax"}, {}),
            ({"text": "sku"}, {"error_message": "No SKU-1"}, {"error_message": "No tax"}),
            ({"amount_from": 100.0}, {"amount_at_stake": 100.0}, {"amount_at_stake": 99.0}),
            ({"severity": "critical"}, {"severity": "critical"}, {"severity": "low"}),
            ({"error_class": "auth"}, {"error_class": "auth"}, {}),
            ({"system_id": self.system.id}, {}, {"flow_id": False}),
        ):
            with self.subTest(values=values):
                rule = self.rule("support", **values)
                self.assertEqual(self.opens(**fitting).user_id, self.users["support"])
                self.assertNotEqual(self.opens(**other).user_id, self.users["support"])
                rule.unlink()

    def test_never_reassigned(self):
        """A new rule, or the next failure, takes an exception away from its owner."""
        exception = self.opens(dedupe_key="rule:1")
        exception.with_user(self.users["viewer"])
        exception.with_user(self.users["administrator"]).action_assign_to_me()
        self.rule("support")
        again = self.opens(dedupe_key="rule:1")
        self.assertEqual((again, again.occurrence_count), (exception, 2))
        self.assertEqual(exception.user_id, self.users["administrator"])

    def test_owner_who_left(self):
        """Exceptions go to an account that nobody uses any more."""
        self.rule("support")
        self.users["support"].active = False
        self.assertEqual(self.opens().user_id, self.users["operator"])

    def test_owner_of_another_company(self):
        """An exception is given to somebody who cannot even see it, and nobody else is told."""
        elsewhere = self.other_company()
        self.rule("support")
        exception = self.env["integration.exception"]._open(
            [{"name": "Lost", "dedupe_key": "lost:1", "company_id": elsewhere.id}]
        )
        self.assertNotEqual(exception.user_id, self.users["support"])

    def test_deadline(self):
        """Nobody knows until when somebody should look."""
        now = fields.Datetime.now()
        for values, hours in (({"severity": "critical"}, 2), ({"severity": "low"}, 72)):
            exception = self.opens(**values)
            self.assertAlmostEqual(
                exception.deadline_at, now + timedelta(hours=hours), delta=timedelta(minutes=1)
            )
        self.rule("support", deadline_hours=5)
        self.assertAlmostEqual(
            self.opens().deadline_at, now + timedelta(hours=5), delta=timedelta(minutes=1)
        )
        promised = now + timedelta(days=9)
        self.assertEqual(self.opens(deadline_at=promised).deadline_at, promised)

    def test_first_and_last_error(self):
        """The first failure, which tells the cause, is overwritten by the next."""
        self.opens(dedupe_key="rule:2", error_message="First.")
        exception = self.opens(dedupe_key="rule:2", error_message="Second.")
        self.assertEqual(exception.first_error_message, "First.")
        self.assertEqual(exception.error_message, "Second.")

    def test_rules_that_cannot_work(self):
        """A rule names somebody who sees no exceptions, or a model that does not exist."""
        with self.assertRaisesRegex(ValidationError, "cannot see exceptions"):
            self.rule("plain")
        with self.assertRaisesRegex(ValidationError, "no model"):
            self.rule("support", source_model="product")
        with self.assertRaisesRegex(ValidationError, "may not work for"):
            self.rule("support", company_id=self.other_company().id)

    def test_access(self):
        """An operator hands all exceptions to a colleague by a rule."""
        rules = self.env["integration.owner.rule"].with_user(self.users["operator"])
        with self.assertRaises(AccessError):
            rules.create({"name": "x", "user_id": self.users["support"].id})
        self.assertIsNotNone(rules.search([]))
