from odoo.exceptions import AccessDenied, AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..tools.errors import BusinessError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestAccess(IntegrationCase):
    """Through ``call_kw``, as XML-RPC, JSON-RPC and the web client do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users["service"] = cls.inbound.service_user_id

    def rpc(self, role, model, method, *args, **kwargs):
        """Call a method as a role over RPC."""
        env = self.env(user=self.users[role], su=False)
        return call_kw(env[model], method, list(args), kwargs)

    def failed_message(self):
        """:return: a message that its handler refused"""

        def handle(handler, message, payload):
            raise BusinessError("Refused.")

        message, _created = self.receive({"email": "jane@example.com"})
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        return message

    def test_plain_user_sees_nothing(self):
        """Every employee reads what customers ordered."""
        message = self.failed_message()
        for model, ids in (
            ("integration.message", message.ids),
            ("integration.exception", message.exception_ids.ids),
            ("integration.system", self.system.ids),
            ("integration.flow", self.inbound.ids),
            ("integration.endpoint", self.endpoint.ids),
            ("integration.retry.policy", self.inbound.retry_policy_id.ids),
            ("integration.mapping", []),
        ):
            with self.assertRaises(AccessError, msg=model):
                self.rpc("plain", model, "search_read", [("id", "in", ids)], ["id"])

    def test_payload_needs_support(self):
        """A viewer reads customers' addresses in the payload."""
        message = self.failed_message()
        for field in ("payload", "headers", "response_body", "payload_original"):
            for role in ("viewer", "operator"):
                with self.assertRaises(AccessError, msg=f"{role} {field}"):
                    self.rpc(role, "integration.message", "read", message.ids, [field])
            for role in ("support", "administrator"):
                self.rpc(role, "integration.message", "read", message.ids, [field])
        self.assertTrue(self.rpc("viewer", "integration.message", "read", message.ids, ["state"]))
        for role in ("support", "administrator", "service"):
            with self.assertRaises(AccessError, msg=role):
                self.rpc(role, "integration.message", "read", message.ids, ["answer"])

    def test_message_state_cannot_be_forged(self):
        """Somebody sets a message to done over RPC, and the order is never made."""
        message = self.failed_message()
        for role in ("viewer", "operator", "support", "administrator", "service"):
            for values in ({"state": "done"}, {"attempt_count": 0}, {"flow_id": self.outbound.id}):
                with self.assertRaises(AccessError, msg=f"{role} {values}"):
                    self.rpc(role, "integration.message", "write", message.ids, values)
            with self.assertRaises(AccessError, msg=role):
                self.rpc(
                    role,
                    "integration.message",
                    "create",
                    [{"flow_id": self.inbound.id, "company_id": 1, "direction": "inbound"}],
                )
            with self.assertRaises(AccessError, msg=role):
                self.rpc(role, "integration.message", "unlink", message.ids)

    def test_context_opens_no_door(self):
        """A context key sent over RPC switches the guards off."""
        message = self.failed_message()
        with self.assertRaises(AccessError):
            self.rpc(
                "administrator",
                "integration.message",
                "write",
                message.ids,
                {"state": "done"},
                context={"integration_engine": True, "su": True},
            )

    def test_exception_state_cannot_be_forged(self):
        """Exceptions are closed over RPC without a trace."""
        exception = self.failed_message().exception_ids
        for role in ("viewer", "operator", "administrator"):
            for values in ({"state": "resolved"}, {"amount_at_stake": 0}, {"message_id": False}):
                with self.assertRaises(AccessError, msg=f"{role} {values}"):
                    self.rpc(role, "integration.exception", "write", exception.ids, values)
        with self.assertRaises(AccessError):
            self.rpc("viewer", "integration.exception", "write", exception.ids, {"user_id": 1})
        self.rpc(
            "operator",
            "integration.exception",
            "write",
            exception.ids,
            {"user_id": self.users["support"].id, "resolution_note": "asked the partner"},
        )
        self.assertEqual(exception.user_id, self.users["support"])

    def test_buttons_by_role(self):
        """A viewer retries, or an operator cannot."""
        message = self.failed_message()
        exception = message.exception_ids
        for method in ("action_retry", "action_ignore", "action_discard", "action_assign_to_me"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc("viewer", "integration.exception", method, exception.ids)
        with self.assertRaises(AccessError):
            self.rpc("viewer", "integration.message", "action_cancel", message.ids)
        self.rpc("operator", "integration.exception", "action_retry", exception.ids)
        self.assertEqual(message.state, "retry")

    def test_private_methods_are_private(self):
        """The engine can be driven over RPC: claim, settle, reveal."""
        for model, method in (
            ("integration.flow", "_drain"),
            ("integration.flow", "_receive"),
            ("integration.message", "_settle_done"),
            ("integration.credential", "_reveal"),
        ):
            with self.assertRaises(AccessError, msg=method):
                self.rpc("administrator", model, method, self.inbound.ids)

    def test_done_message_is_not_edited(self):
        """The content of a message that made an order is changed afterwards."""
        message, _created = self.receive({"id": 1}, external_id="done")
        self.drain(self.inbound)
        with self.assertRaises(UserError):
            self.rpc("support", "integration.message", "write", message.ids, {"payload": "{}"})
        failed = self.failed_message()
        with self.assertRaises(AccessError):
            self.rpc("operator", "integration.message", "write", failed.ids, {"payload": "{}"})
        self.rpc("support", "integration.message", "write", failed.ids, {"payload": "{}"})

    def test_configuration_needs_the_administrator(self):
        """Support changes where orders are sent."""
        for role in ("viewer", "operator", "support", "service"):
            for model, record in (
                ("integration.endpoint", self.endpoint),
                ("integration.flow", self.inbound),
                ("integration.system", self.system),
                ("integration.retry.policy", self.inbound.retry_policy_id),
            ):
                with self.assertRaises(AccessError, msg=f"{role} {model}"):
                    self.rpc(role, model, "write", record.ids, {"name": "Mine"})
        self.rpc("administrator", "integration.flow", "write", self.inbound.ids, {"name": "Mine"})

    def test_administrator_of_the_monitor_sets_up_a_system(self):
        """Setting a partner up needs the rights to administer users."""
        env = self.env(user=self.users["administrator"], su=False)
        system = env["integration.system"].create({"name": "New", "code": "new_one"})
        flow = env["integration.flow"].create(
            {"name": "New", "code": "new.one", "system_id": system.id, "message_type": "x"}
        )
        account = flow.sudo().service_user_id
        self.assertTrue(account)
        self.assertFalse(account.has_group("base.group_system"))

    def test_companies_are_kept_apart(self):
        """A user of one company sees the orders of another."""
        company = self.other_company()
        system = self.env["integration.system"].create(
            {"name": "Far", "code": "far", "company_id": company.id, "environment": "test"}
        )
        flow = self.env["integration.flow"].create(
            {"name": "Far", "code": "far.orders", "system_id": system.id, "message_type": "x"}
        )
        message, _created = self.receive({"id": 1}, flow=flow)
        exception = self.env["integration.exception"]._open(
            [{"name": "Far", "flow_id": flow.id, "message_id": message.id}]
        )
        self.assertEqual(exception.company_id, company)
        self.assertEqual(flow.service_user_id.company_ids, company)
        for record in (system, flow, message, exception):
            found = self.rpc("administrator", record._name, "search", [("id", "=", record.id)])
            self.assertFalse(found, record._name)
        self.assertFalse(
            self.rpc("service", "integration.message", "search", [("id", "=", message.id)])
        )

    def test_service_account_cannot_log_in(self):
        """Somebody guesses the password of a service account."""
        account = self.inbound.service_user_id
        self.assertFalse(account.email)
        for password in ("", "admin", account.login, False):
            with self.assertRaises(AccessDenied, msg=repr(password)):
                account.with_user(account)._check_credentials(
                    {"type": "password", "login": account.login, "password": password},
                    {"interactive": True},
                )

    def test_flow_refuses_powerful_accounts(self):
        """A flow runs as administrator because it was the easy way."""
        with self.assertRaises(ValidationError):
            self.inbound.service_user_id = self.env.ref("base.user_root")
        with self.assertRaises(ValidationError):
            self.inbound.service_user_id = self.env.ref("base.user_admin")
        with self.assertRaises(ValidationError):
            self.inbound.service_user_id = self.users["plain"]
        account = self.inbound.service_user_id.copy({"login": "im_other_service"})
        account.group_ids = [Command.link(self.env.ref("base.group_erp_manager").id)]
        with self.assertRaises(ValidationError):
            self.inbound.service_user_id = account

    def test_flow_says_what_is_missing(self):
        """A flow is saved that cannot work, and fails in the night."""
        Flow = self.env["integration.flow"]
        common = {"name": "X", "system_id": self.system.id, "message_type": "x"}
        for values in (
            {"code": "Not Valid"},
            {"code": "no.endpoint", "direction": "outbound"},
            {"code": "bad.domain", "trigger_domain": "[('a'"},
        ):
            with self.assertRaises(ValidationError, msg=str(values)):
                Flow.create({**common, **values})

    def test_operator_reaches_the_menus_that_texts_name(self):
        """'Add it under Configuration, Mappings', and the operator has no such menu."""
        named = {f"menu_integration_{name}" for name in ("mapping", "flow", "endpoint")}
        kept = {f"menu_integration_{name}" for name in ("system", "retry_policy", "process")}
        configuration = self.env.ref("integration_monitor.menu_integration_configuration").id
        for role, expected, missing in (
            ("viewer", set(), named | kept),
            ("operator", named, kept),
            ("support", named | kept, set()),
        ):
            menus = self.rpc(role, "ir.ui.menu", "load_web_menus", [], False)
            children = menus.get(configuration, {}).get("children", [])
            shown = {menus[child]["xmlid"].partition(".")[2] for child in children}
            with self.subTest(role=role):
                self.assertLessEqual(expected, shown)
                self.assertFalse(missing & shown)
                self.assertEqual(bool(children), role != "viewer")
        for model in ("integration.mapping", "integration.flow", "integration.endpoint"):
            for view in ("list", "form"):
                self.rpc("operator", model, "get_views", [[False, view]])
