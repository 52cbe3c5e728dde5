"""The hooks of a handler around its call; whatever they do, no message is lost."""

import ast
import dataclasses
import re
from pathlib import Path

from odoo.tests import tagged

from ..tools.errors import BusinessError, RateLimited
from ..tools.http_client import HttpResponse
from .common import IntegrationCase
from .common_partner import PartnerMixin

README = Path(__file__).parents[1] / "readme" / "DEVELOP.md"


@tagged("post_install", "-at_install")
class TestRequestHooks(PartnerMixin, IntegrationCase):
    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.endpoint.base_url = self.partner.url
        self.message = self.outbound._emit(self.env.user.partner_id)

    def push(self, **hooks):
        """Send the message with hooks. :return: what was logged"""
        with self.handler(self.outbound, **hooks):
            return self.drain(self.outbound)

    def test_a_request_is_changed(self):
        """A header that a partner wants cannot be sent."""

        def before(handler, message, request):
            self.assertFalse(handler.env.su)
            self.assertNotIn("Authorization", request["headers"])
            headers = {**request["headers"], "X-Tenant": "7", "idempotency-key": "forged"}
            return {**request, "method": "PUT", "path": "/v2", "headers": headers, "body": b"<a/>"}

        self.push(_before_request=before)
        [call] = self.partner.api_calls
        self.assertEqual((call["method"], call["path"], call["body"]), ("PUT", "/v2", b"<a/>"))
        self.assertEqual(call["headers"]["X-Tenant"], "7")
        self.assertEqual(call["headers"]["Idempotency-Key"], self.message.idempotency_key)
        self.assertNotIn("idempotency-key", call["headers"])
        self.assertEqual(self.message.state, "done")

    def test_an_answer_that_means_no(self):
        """A partner that says 200 and means no counts as served."""

        def after(handler, message, response):
            raise BusinessError("Unknown article 7")

        seen = self.push(_after_response=after)
        self.assertEqual((self.message.state, self.message.error_class), ("dead", "business"))
        self.assertEqual(self.message.exception_ids.error_message, "Unknown article 7")
        [line] = [line for line in seen if line.kind == "http_out"]
        self.assertEqual(
            (line.outcome, line.error_class, line.status_code), ("error", "business", 200)
        )

    def test_an_answer_that_means_yes(self):
        """A partner that says 409 for what it has already fails a message that arrived."""
        self.partner.api_answer = (409, {"state": "exists"})

        def after(handler, message, response):
            return dataclasses.replace(response, status=200) if response.status == 409 else response

        seen = self.push(_after_response=after)
        self.assertEqual(self.message.state, "done")
        [line] = [line for line in seen if line.kind == "http_out"]
        self.assertEqual(line.outcome, "ok")

    def test_an_error_of_the_tree_is_taken_at_its_word(self):
        """A hook cannot ask for a pause."""

        def after(handler, message, response):
            raise RateLimited(77)

        self.push(_after_response=after)
        self.assertEqual((self.message.state, self.message.error_class), ("retry", "rate_limit"))

    def test_a_hook_that_crashes_loses_nothing(self):
        """A slip in a hook leaves the message in work, or says that nothing was sent."""

        def crash(handler, message, what):
            return what["no such key"] if isinstance(what, dict) else what.no_such_name

        for hook, calls in (("_before_request", 0), ("_after_response", 1)):
            self.partner.api_calls.clear()
            seen = self.push(**{hook: crash})
            self.assertEqual((self.message.state, self.message.error_class), ("retry", "unknown"))
            self.assertTrue(self.message.next_attempt_at)
            self.assertEqual(len(self.partner.api_calls), calls)
            self.assertEqual(len([line for line in seen if line.kind == "http_out"]), calls)
            self.due_now(self.message)
        self.push()
        self.assertEqual(self.message.state, "done")

    def test_a_database_error_in_a_hook(self):
        """A statement that fails in a hook takes the settlement with it."""

        def broken(handler, message, what):
            handler.env.cr.execute("SELECT 1 / 0", log_exceptions=False)

        for hook in ("_before_request", "_after_response"):
            self.push(**{hook: broken})
            self.assertEqual(self.message.state, "retry")
            self.due_now(self.message)

    def test_what_a_hook_returns_is_checked(self):
        """A hook that forgets its return sends nonsense, or crashes far away."""
        bad = [
            ("_before_request", None),
            ("_before_request", {"method": "GET"}),
            ("_before_request", {"method": "GET", "path": "", "headers": {"A": 1}}),
            ("_before_request", {"method": "GET", "path": "", "body": {"a": 1}}),
            ("_after_response", None),
            ("_after_response", {"status": 200}),
        ]
        for hook, result in bad:
            message = self.outbound._emit(self.env["res.partner"].create({"name": "P"}))
            self.push(**{hook: lambda *_args, result=result: result})
            self.assertEqual((message.state, message.error_class), ("dead", "unknown"), result)
            self.assertIn(hook, message.exception_ids.error_message)

    def test_the_answer_that_is_applied_is_the_inspected_one(self):
        """A hook that translates an answer is asked, and not heard."""
        applied = []

        def after(handler, message, response):
            return dataclasses.replace(response, body=b'{"id": "from the hook"}')

        def apply(handler, message, response):
            applied.append(response)

        self.push(_after_response=after, _on_success=apply)
        self.assertIsInstance(applied[0], HttpResponse)
        self.assertIn("from the hook", applied[0].text)

    def test_the_example_of_the_readme_runs(self):
        """The example that developers copy does not work."""
        [source] = [
            block
            for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
            if "_before_request" in block
        ]
        tree = ast.parse(source)
        [model] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        hooks = [node for node in model.body if isinstance(node, ast.FunctionDef)]
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {}
        code = compile(ast.Module(body=[*imports, *hooks], type_ignores=[]), str(README), "exec")
        exec(code, names)  # pylint: disable=exec-used  # our own readme
        hooks = {name: names[name] for name in ("_before_request", "_after_response")}
        self.partner.api_answer = (409, {"state": "exists"})
        self.push(**hooks)
        self.assertEqual(self.message.state, "done")
        self.assertEqual(self.partner.api_calls[0]["headers"]["X-Acme-Tenant"], "7")
        message = self.outbound._emit(self.env["res.partner"].create({"name": "P"}))
        self.partner.api_answer = (200, "<error>")
        self.push(**hooks)
        self.assertEqual((message.state, message.error_class), ("dead", "business"))
