"""Calls over Odoo's own API, and sign-ins: each leaves one line, and no secret."""

import json
import xmlrpc.client
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from .common_inbound import PASSWORD, InboundCase

READ = {"domain": [], "fields": ["name"], "limit": 1}


@tagged("post_install", "-at_install")
class TestInboundCalls(InboundCase):
    def observed(self, seen):
        return [line for line in seen if line.kind == "rpc_in"]

    def json2(self, path, body=None, key=None, method="POST", **headers):
        """Call JSON-2. :return: (status, lines)"""
        with log_writer.captured() as seen:
            response = self.url_open(
                f"/json/2/{path}",
                data=json.dumps(body or {}),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"bearer {key or self.key}",
                    **headers,
                },
                method=method,
            )
        return response.status_code, self.observed(seen)

    def xmlrpc(self, *args, password=PASSWORD, service="object"):
        """Call XML-RPC. :return: (answer or fault, lines)"""
        with log_writer.captured() as seen:
            dbname = self.env.cr.dbname
            try:
                if service == "object":
                    args = (dbname, self.caller.id, password, *args)
                    answer = self.xmlrpc_object.execute_kw(*args)
                else:
                    answer = self.xmlrpc_common.authenticate(dbname, "im_api", password, {})
            except xmlrpc.client.Fault as fault:
                answer = fault
        return answer, self.observed(seen)

    def assertNoSecret(self, lines):
        text = repr(lines)
        self.assertNotIn(PASSWORD, text)
        self.assertNotIn(self.key, text)

    def test_json2(self):
        """A service account reads stock, and nobody sees that it does, or how fast."""
        status, lines = self.json2("res.partner/search_read", READ)
        self.assertEqual((status, len(lines)), (200, 1))
        line = lines[0]
        self.assertEqual((line.outcome, line.operation), ("ok", "res.partner.search_read"))
        self.assertEqual((line.method, line.status_code), ("POST", 200))
        self.assertEqual((line.user_id, line.company_id), (self.caller.id, self.env.company.id))
        self.assertEqual((line.host, line.attempt), ("127.0.0.1", 1))
        self.assertGreater(line.duration_ms, 0)
        self.assertGreater(line.response_bytes, 2)
        self.assertNoSecret(lines)

    def test_data_to_correct(self):
        """A refused value looks like a fault of the server."""
        with mute_logger("odoo.http"):
            # Contacts of users cannot be deleted.
            ids = self.caller.partner_id.ids
            status, lines = self.json2("res.partner/unlink", {"ids": ids})
            self.assertGreaterEqual(status, 400)
            fault, more = self.xmlrpc("res.partner", "unlink", [ids])
        self.assertIsInstance(fault, xmlrpc.client.Fault)
        lines += more
        self.assertEqual(
            [(line.outcome, line.error_class) for line in lines], [("error", "business")] * 2
        )
        self.assertNoSecret(lines)

    def test_unknown_operations(self):
        """A typing slip of a caller cannot be told from an outage."""
        with mute_logger("odoo.http"):
            for path, method, status in (
                ("no.model/search", "POST", 404),
                ("res.partner/no_such_method", "POST", 404),
                ("res.partner/search", "PATCH", 404),
            ):
                with self.subTest(path):
                    answered, lines = self.json2(path, method=method)
                    self.assertEqual((answered, len(lines)), (status, 1))
                    self.assertEqual(lines[0].error_class, "client")

    def test_wrong_method_and_content(self):
        """What Odoo refuses before it looks at it leaves no trace: 405 and 415."""
        with log_writer.captured() as seen, mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/xmlrpc/2/object", method="GET").status_code, 405)
            answer = self.url_open(
                "/json/2/res.partner/search", data="a=b", headers={"Content-Type": "text/plain"}
            )
        self.assertEqual(answer.status_code, 415)
        self.assertEqual(
            [(line.status_code, line.error_class) for line in self.observed(seen)],
            [(405, "client"), (415, "client")],
        )

    def test_xmlrpc_and_jsonrpc(self):
        """Older callers are not seen: their database, user and method stand in the body."""
        answer, lines = self.xmlrpc("res.partner", "search_count", [[]])
        self.assertIsInstance(answer, int)
        self.assertEqual([line.operation for line in lines], ["res.partner.search_count"])
        self.assertEqual(lines[0].user_id, self.caller.id)
        with log_writer.captured() as seen:
            self.url_open(
                "/jsonrpc",
                data=json.dumps(
                    {
                        "jsonrpc": "2.0",
                        "params": {
                            "service": "object",
                            "method": "execute_kw",
                            "args": [
                                self.env.cr.dbname,
                                self.caller.id,
                                PASSWORD,
                                "res.partner",
                                "search_count",
                                [[]],
                            ],
                        },
                    }
                ),
                headers={"Content-Type": "application/json"},
            )
        lines = self.observed(seen)
        self.assertEqual([line.operation for line in lines], ["res.partner.search_count"])
        self.assertEqual(lines[0].outcome, "ok")
        self.assertNoSecret(lines)

    @mute_logger("odoo.http", "odoo.addons.base.models.res_users")
    def test_refused_sign_ins(self):
        """Somebody tries passwords and keys all night, and the log is silent."""
        answer, lines = self.xmlrpc(password="wrong-password-1", service="common")
        self.assertIs(answer, False)
        self.assertEqual([line.outcome for line in lines], ["refused"])
        self.assertEqual(lines[0].detail, {"login": "im_api"})
        self.assertEqual((lines[0].error_class, lines[0].host), ("auth", "127.0.0.1"))
        self.assertNotIn("wrong-password", repr(lines))
        fault, lines = self.xmlrpc("res.partner", "search", [[]], password="wrong-password-2")
        self.assertEqual(fault.faultCode, 3)
        self.assertIn(f"user {self.caller.id}", repr(lines))
        self.assertNotIn("wrong-password", repr(lines))
        wrong = "f" * 40
        status, lines = self.json2("res.partner/search", key=wrong)
        self.assertEqual((status, [line.outcome for line in lines]), (401, ["refused"]))
        self.assertEqual(lines[0].detail["key"], wrong[:8])
        self.assertNotIn(wrong, repr(lines))
        with log_writer.captured() as seen:
            page = self.url_open("/web/login")
            token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
            self.url_open(
                "/web/login",
                data={"login": "im_api@example.com", "password": "wrong-3", "csrf_token": token},
            )
        (line,) = self.observed(seen)
        self.assertEqual((line.operation, line.detail), ("sign in", {"login": "im_a"}))
        self.assertNotIn("wrong-3", repr(seen))

    @mute_logger("odoo.http")
    def test_confused_parameters(self):
        """A caller mixes up the parameters, and the log shows the password."""
        with log_writer.captured() as seen:
            for args in (
                (self.env.cr.dbname, PASSWORD, self.caller.id, "res.partner", "search", [[]]),
                (self.env.cr.dbname, self.caller.id, "x", PASSWORD, "search", [[]]),
                (self.env.cr.dbname, self.caller.id, "x", "res.partner", PASSWORD, [[]]),
                (PASSWORD, self.caller.id, "x", "res.partner", "search", [[]]),
            ):
                with self.assertRaises(xmlrpc.client.Fault):
                    self.xmlrpc_object.execute_kw(*args)
        self.assertTrue(self.observed(seen))
        self.assertNoSecret(seen)

    def test_web_client(self):
        """Every click of every user fills the log, or none can be found when it is needed."""
        self.authenticate("im_api", PASSWORD)
        params = {"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}}
        call = {"jsonrpc": "2.0", "params": params}

        def click():
            with log_writer.captured() as seen:
                self.url_open(
                    "/web/dataset/call_kw/res.partner/search_count",
                    data=json.dumps(call),
                    headers={"Content-Type": "application/json"},
                )
            return [(line.operation, line.user_id) for line in self.observed(seen)]

        self.assertEqual(click(), [])
        self.env["ir.config_parameter"].set_param("integration_monitor.log_web_traffic", "True")
        self.assertEqual(click(), [("res.partner.search_count", self.caller.id)])

    def test_trace(self):
        """A trace ends at Odoo's door, or a stranger writes himself into one of ours."""
        trace, span = "a" * 31 + "1", "b" * 15 + "1"
        headers = {"traceparent": f"00-{trace}-{span}-01", "X-Correlation-ID": "order-77"}
        _status, (line,) = self.json2("res.partner/search", {"domain": []}, **headers)
        self.assertEqual((line.trace_id, line.parent_span_id), (trace, span))
        self.assertEqual(line.correlation_id, "order-77")
        self.assertNotEqual(line.span_id, span)
        with mute_logger("odoo.http"):
            _status, (line,) = self.json2("res.partner/search", key="f" * 40, **headers)
        self.assertNotEqual(line.trace_id, trace)
        self.assertEqual(line.detail["claimed_trace"], trace)

    def test_operation_of_a_flow(self):
        """Stock inquiries of the shop cannot be told from anybody else's calls."""
        system = self.env["integration.system"].create({"name": "Shop", "code": "im_rpc_shop"})
        flow = self.env["integration.flow"].create(
            {
                "name": "Stock inquiries",
                "code": "im.rpc.stock",
                "system_id": system.id,
                "message_type": "stock.inquiry",
                "rpc_operation": "res.partner.search_count",
            }
        )
        _status, (line,) = self.json2("res.partner/search_count", {"domain": []})
        self.assertEqual((line.flow_id, line.system_id), (flow.id, system.id))
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            flow.rpc_operation = "res.partner._private"
        self.assertIn("sale.order.create", str(caught.exception))

    def test_each_attempt_is_a_line(self):
        """A call that Odoo repeats after a conflict looks as if it had only been slow."""
        model = self.registry["res.partner"]
        original = model.search_count
        failures = [psycopg2.errors.SerializationFailure("could not serialize"), None]

        def search_count(records, *args, **kwargs):
            failure = failures.pop(0)
            if failure:
                # As PostgreSQL would raise it: code and all, by a statement that does.
                records.env.cr.execute(
                    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"
                )
            return original(records, *args, **kwargs)

        # Called over the API without ids, as the method that it stands in for.
        search_count._api_model = True
        with (
            patch.object(model, "search_count", search_count),
            patch("odoo.service.model.random.uniform", return_value=0.0),
            mute_logger("odoo.sql_db", "odoo.service.model"),
        ):
            answer, lines = self.xmlrpc("res.partner", "search_count", [[]])
        self.assertIsInstance(answer, int)
        self.assertEqual(
            [(line.attempt, line.outcome, line.error_class) for line in lines],
            [(1, "error", "server"), (2, "ok", None)],
        )
