from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .test_wms_release import WmsCase

SALES = "base.group_user,sales_team.group_sale_salesman_all_leads"


@tagged("post_install", "-at_install")
class TestExceptionByHand(WmsCase):
    """The partner calls: what no message told becomes an exception like any other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: cls.person(role, f"{SALES},integration_monitor.group_{role}")
            for role in ("viewer", "operator", "support", "administrator")
        }
        cls.users["plain"] = cls.person("plain", SALES)

    @classmethod
    def person(cls, role, groups):
        """:return: a user of the company"""
        return new_test_user(
            cls.env,
            f"by_hand_{role}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def rpc(self, user, model, method, *args, **kwargs):
        """Call a method over RPC."""
        env = self.env(user=self.users[user], su=False)
        return call_kw(env[model], method, list(args), kwargs)

    def opened(self, user="operator", context=None, **values):
        """Open one over RPC, as a screen does. :return: the exception, for that user"""
        values = {
            "name": "Order 5 is wrong",
            "text": "The customer called: two parcels came.",
            **values,
        }
        [wizard] = self.rpc(
            user, "integration.exception.by.hand", "create", [values], context=context or {}
        )
        action = self.rpc(user, "integration.exception.by.hand", "action_open", wizard)
        self.assertEqual(action["res_model"], "integration.exception")
        exceptions = self.env["integration.exception"].with_user(self.users[user])
        return exceptions.browse(action["res_id"])

    def test_operators_and_above(self):
        """A person who sees a problem can write it down nowhere, or everybody can."""
        for role in ("operator", "support", "administrator"):
            with self.subTest(role=role):
                exception = self.opened(role)
                self.assertEqual(exception.opened_by_id, self.users[role])
                self.assertTrue(exception.by_person)
        for role in ("viewer", "plain"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.opened(role)
        with self.assertRaises(AccessError):
            self.rpc("operator", "integration.exception", "create", {"name": "Forged"})

    def test_as_others(self):
        """It has no owner, activity, deadline or document, and nobody can close it."""
        order = self._order().sudo()
        transaction = order.integration_transaction_ids
        deadline = fields.Datetime.now() + timedelta(days=2)
        exception = self.opened(
            category="business",
            severity="high",
            document=f"sale.order,{order.id}",
            transaction_id=transaction.id,
            user_id=self.users["support"].id,
            deadline_at=deadline,
        )
        self.assertEqual(
            (exception.name, exception.error_message, exception.category, exception.severity),
            (
                "Order 5 is wrong",
                "The customer called: two parcels came.",
                "business",
                "high",
            ),
        )
        self.assertEqual((exception.res_model, exception.res_id), ("sale.order", order.id))
        self.assertEqual(exception.transaction_id.id, transaction.id)
        self.assertEqual(exception.partner_id.id, transaction.partner_id.id)
        self.assertEqual(exception.amount_at_stake, transaction.amount_company)
        self.assertEqual(exception.company_id.id, order.company_id.id)
        self.assertEqual(exception.deadline_at, deadline)
        self.assertEqual((exception.state, exception.user_id), ("open", self.users["support"]))
        self.assertEqual(exception.activity_ids.user_id, self.users["support"])
        self.assertFalse(exception.can_retry)
        self.assertTrue(exception.advice)
        exception.action_assign_to_me()
        self.assertEqual(exception.activity_ids.user_id, self.users["operator"])
        exception.action_resolve()
        self.assertEqual((exception.state, exception.resolution), ("resolved", "manual"))
        self.assertFalse(exception.activity_ids)

    def test_owner_by_the_rules(self):
        """The owner rules are not asked."""
        self.env["integration.owner.rule"].create(
            {
                "name": "Parcels",
                "text": "two parcels",
                "user_id": self.users["support"].id,
                "deadline_hours": 3,
            }
        )
        exception = self.opened()
        self.assertEqual(exception.user_id, self.users["support"])
        self.assertTrue(exception.deadline_at)

    def test_from_a_transaction_and_a_document(self):
        """Whoever looks at an order must write its number down."""
        order = self._order().sudo()
        transaction = order.integration_transaction_ids
        picking = self._first(order).sudo()
        for model, record in (
            ("integration.transaction", transaction),
            ("sale.order", order),
            ("stock.picking", picking),
        ):
            self.users["operator"].group_ids |= self.env.ref("stock.group_stock_user")
            context = {"active_model": model, "active_id": record.id, "active_ids": record.ids}
            with self.subTest(model=model):
                exception = self.opened(context=context)
                self.assertEqual(exception.transaction_id.id, transaction.id)
                document = record if model != "integration.transaction" else order
                self.assertEqual(
                    (exception.res_model, exception.res_id), (document._name, document.id)
                )
        view = Form(
            self.env["integration.exception.by.hand"]
            .with_user(self.users["operator"])
            .with_context(active_model="sale.order", active_id=order.id)
        )
        self.assertEqual(view.transaction_id.id, transaction.id)
        self.assertEqual(view.document, f"sale.order,{order.id}")

    def test_a_person_closes_it(self):
        """It closes by itself when something else of the order succeeds."""
        order = self._order().sudo()
        transaction = order.integration_transaction_ids
        exception = self.opened(transaction_id=transaction.id)
        self._message(
            flow=self.shipment_flow, res_model="sale.order", res_id=order.id, state="done"
        )
        transaction.sudo().write({"state": "completed"})
        self.env["integration.message"]._sweep()
        self.env["integration.expectation"]._watch_missing(fields.Datetime.now())
        self.assertTrue(exception.is_open)

    def test_what_the_user_may_not_see(self):
        """Exceptions are opened about documents and companies of others."""
        order = self._order().sudo()
        groups = self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.users["operator"].group_ids -= groups
        with self.assertRaises(AccessError):
            self.opened(document=f"sale.order,{order.id}")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaises(AccessError):
            self.opened(company_id=company.id)
        with self.assertRaisesRegex(UserError, "cannot see exceptions"):
            self.opened(user_id=self.users["plain"].id)

    def test_what_must_be_said(self):
        """An exception without words is opened."""
        for values in ({"name": " "}, {"text": " "}):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, "Say"):
                self.opened(**values)


@tagged("post_install", "-at_install")
class TestExceptionByHandTour(HttpCase):
    def test_from_the_list(self):
        """An operator finds no button, or its form is an error message."""
        new_test_user(
            self.env,
            "im_by_hand",
            groups="base.group_user,integration_monitor.group_operator",
        )
        self.start_tour(
            "/odoo/integration-exceptions",
            "integration_monitor_exception_by_hand",
            login="im_by_hand",
            timeout=180,
        )
        exception = self.env["integration.exception"].search([("name", "=", "Two parcels came")])
        self.assertEqual((exception.state, exception.resolution), ("resolved", "manual"))
        self.assertEqual(exception.opened_by_id.login, "im_by_hand")
