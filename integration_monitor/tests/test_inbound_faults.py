"""What goes wrong in calls to Odoo: one class and one status, whichever way the call came."""

import io
import json
import urllib.error
import xmlrpc.client
from unittest.mock import patch

from odoo.tests import tagged

from ..instrumentation import log_writer
from .common_inbound import PASSWORD, InboundCase


@tagged("post_install", "-at_install")
class TestInboundFaults(InboundCase):
    def post(self, path, body, **headers):
        """:return: the one line that the call leaves"""
        with log_writer.captured() as seen:
            response = self.url_open(path, data=body, headers=headers)
        (line,) = [line for line in seen if line.kind == "rpc_in"]
        return response, line

    def json2(self, path, body=None):
        return self.post(
            f"/json/2/{path}",
            body if isinstance(body, str) else json.dumps(body or {}),
            Authorization=f"bearer {self.key}",
            **{"Content-Type": "application/json"},
        )[1]

    def jsonrpc(self, params):
        body = params if isinstance(params, str) else json.dumps({"params": params})
        return self.post("/jsonrpc", body, **{"Content-Type": "application/json"})[1]

    def executed(self, *args, method="execute_kw", service="object"):
        """The same call by JSON-RPC and by XML-RPC. :return: their lines"""
        args = (self.env.cr.dbname, self.caller.id, PASSWORD, *args)
        packed = xmlrpc.client.dumps(args, method)
        return [
            self.jsonrpc({"service": service, "method": method, "args": args}),
            self.post(f"/xmlrpc/2/{service}", packed, **{"Content-Type": "text/xml"})[1],
        ]

    def assertClass(self, error_class, *lines):
        self.assertEqual(
            [(line.outcome, line.error_class) for line in lines],
            # A stranger's rubbish with a status is turned away at the door.
            [
                ("error" if line.user_id or line.status_code < 400 else "refused", error_class)
                for line in lines
            ],
            [line.error_message for line in lines],
        )

    def failing(self, make_error):
        """Let a business method raise an exception."""

        def search_count(records, domain, limit=None):
            raise make_error()

        search_count._api_model = True  # called without ids, as what it stands in for
        return patch.object(self.registry["res.partner"], "search_count", search_count)

    def test_malformed(self):
        """A caller who sends rubbish looks like a fault of ours, with a status that is none."""
        xml = {"Content-Type": "text/xml"}
        lines = [
            self.post("/xmlrpc/2/object", "<methodCall><foo", **xml)[1],
            self.post("/xmlrpc/object", "no xml at all", **xml)[1],
            self.post("/xmlrpc/2/object", xmlrpc.client.dumps(("x",), "execute_kw"), **xml)[1],
            self.jsonrpc('{"jsonrpc":"2.0"'),
            self.jsonrpc({}),
            self.jsonrpc({"service": "object", "method": "execute_kw", "args": ["x"]}),
            self.json2("res.partner/search", "{"),
        ]
        self.assertClass("contract", *lines)
        self.assertEqual([line.status_code for line in lines], [200, 200, 200, 400, 200, 200, 400])

    def test_unknown_operations(self):
        """The same slip is the caller's by JSON-2, and nobody's by the older ways."""
        self.assertClass(
            "client",
            self.json2("res.partner/no_such_method"),
            *self.executed("res.partner", "no_such_method", [[]]),
            self.json2("no.such.model/search"),
            *self.executed("no.such.model", "search", [[]]),
            self.json2("res.partner/search_count", {"foo": 1}),
            *self.executed("res.partner", "search_count", [], {"foo": 1}),
            *self.executed("res.partner", "read", []),
            *self.executed("res.partner", "search", [[]], method="no_such_method"),
            *self.executed(service="common", method="no_such_method"),
            *self.executed(service="common", method="version"),
            *self.executed(service="no_such_service"),
        )

    def test_a_bug_is_not_the_callers(self):
        """A bug in a method is put on the caller, who gave it what it wants."""
        with self.failing(lambda: TypeError("unsupported operand")):
            lines = self.executed("res.partner", "search_count", [[]])
        self.assertClass("unknown", *lines)

    def test_status_of_another_systems_answer(self):
        """A partner's 401 is kept as ours: as if our own caller had been refused."""
        for code in (401, 404, 429):

            def answer(code=code):
                return urllib.error.HTTPError("http://x/", code, "no", {}, io.BytesIO())

            with self.failing(answer):
                line = self.json2("res.partner/search_count", {"domain": []})
                self.assertEqual((line.status_code, line.outcome), (500, "error"))
                self.assertClass("server", line)
                lines = self.executed("res.partner", "search_count", [[]])
            self.assertEqual([line.status_code for line in lines], [200, 200])
            self.assertEqual([line.outcome for line in lines], ["error", "error"])
            self.assertEqual({line.user_id for line in lines}, {self.caller.id})

    def test_names(self):
        """Calls are listed as `POST /json/{id}/{id}.probe/call`, and none can be told apart."""
        line = self.json2("res.partner/search_count", {"domain": []})
        self.assertEqual(line.path_template, "/json/2/res.partner/search_count")
        # A model's name may have digits, another's key may stand in its place.
        with patch.dict(self.registry.models, {"s3x.probe": self.registry["res.partner"]}):
            line = self.json2("s3x.probe/search_count", {"domain": []})
        self.assertEqual(line.path_template, "/json/2/s3x.probe/search_count")
        self.assertEqual(line.operation, "s3x.probe.search_count")
        line = self.json2(f"{self.key}/search")
        self.assertNotIn(self.key, repr(line))
        _answer, line = self.post(
            "/xmlrpc/2/common", xmlrpc.client.dumps((), "version"), **{"Content-Type": "text/xml"}
        )
        self.assertEqual(line.path_template, "/xmlrpc/2/common")

    def test_display_name(self):
        """The list of calls shows one address, over and over."""
        log = self.env["integration.log"]
        line = log.new({"kind": "rpc_in", "operation": "sale.order.read", "method": "POST",
                        "path_template": "/xmlrpc/2/object", "status_code": 200})  # fmt: skip
        self.assertEqual(line.display_name, "sale.order.read 200")
        line = log.new({"kind": "http_out", "method": "GET", "path_template": "/x"})
        self.assertEqual(line.display_name, "GET /x")
