"""Whoever knocks at Odoo's API without being let in: counted, and none of his words kept."""

import json
import xmlrpc.client
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from .common_inbound import InboundCase

SECRET = "MyPassWord"


@tagged("post_install", "-at_install")
class TestInboundStrangers(InboundCase):
    def knock(self, path, times=1, **options):
        """Call a route. :return: (status of the last answer, lines)"""
        options.setdefault("data", "{}")
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        with log_writer.captured() as seen:
            for _number in range(times):
                answer = self.url_open(path, headers=headers, **options)
            log_writer._flush(log_writer.log_buffer.current(), last=True)
        return answer.status_code, [line for line in seen if line.kind == "rpc_in"]

    def assertCounted(self, status, times, answered, lines):
        self.assertEqual(answered, status)
        self.assertEqual([(line.count, line.outcome) for line in lines], [
            (1, "refused"), (times - 1, "refused"),
        ])  # fmt: skip
        for line in lines:
            self.assertEqual((line.retention_class, line.status_code), ("refused", status))

    def test_floods(self):
        """A stranger fills the log, and the disk with it: 404, 405, 415, each a line."""
        plain = {"Content-Type": "text/plain"}
        for status, path, options in (
            (404, f"/json/2/{SECRET}", {"method": "PATCH"}),
            (405, "/xmlrpc/2/object", {"method": "GET"}),
            (415, "/json/2/res.partner/search", {"headers": plain, "data": "a=b"}),
            (401, f"/json/2/{SECRET}/{SECRET}", {}),
        ):
            with self.subTest(path):
                answered, lines = self.knock(path, times=5, **options)
                self.assertCounted(status, 5, answered, lines)
                self.assertNotIn(SECRET, repr(lines))

    def test_faults_without_a_status(self):
        """XML-RPC answers 200 to rubbish, and each piece of it is a line."""
        answered, lines = self.knock(
            "/xmlrpc/2/object", times=5, data="<methodCall>", headers={"Content-Type": "text/xml"}
        )
        self.assertEqual(answered, 200)
        self.assertEqual([line.count for line in lines], [1, 4])

    def test_words_of_strangers(self):
        """A password in the place of the model is kept as the operation, or in the path."""
        for path in (
            f"/json/2/{SECRET}/hunter",
            f"/json/2/res.partner/{SECRET}",
            f"/json/2/{SECRET}/{SECRET}/{SECRET}",
            f"/jsonrpc/{SECRET}",
            f"/xmlrpc/2/{SECRET}",
            f"/xmlrpc/{SECRET}/object",
            f"/integration/{SECRET}",
        ):
            with self.subTest(path):
                _status, lines = self.knock(path)
                self.assertNotIn(SECRET, repr(lines))
                self.assertTrue(lines)
                self.assertFalse([line.operation for line in lines if line.operation])
        _status, (line,) = self.knock("/json/2/res.partner/search")
        self.assertEqual(line.path_template, "/json/2/res.partner/search")
        _status, (line,) = self.knock("/xmlrpc/2/object", method="GET")
        self.assertEqual(line.path_template, "/xmlrpc/2/object")

    def test_words_of_callers(self):
        """A caller whom Odoo knows puts his password in the wrong place; or slips in typing."""
        headers = {"Authorization": f"bearer {self.key}"}
        body = json.dumps({"domain": []})
        status, (line,) = self.knock("/json/2/res.partner/search_count", data=body, headers=headers)
        self.assertEqual((status, line.operation), (200, "res.partner.search_count"))
        status, (line,) = self.knock(f"/json/2/res.partner/{SECRET}", headers=headers)
        self.assertEqual((status, line.outcome, line.error_class), (404, "error", "client"))
        self.assertIsNone(line.operation)
        _status, (line,) = self.knock("/json/2/no.model/x", headers=headers)
        self.assertIn("does not exist", line.error_message)

    def test_databases_that_are_not_there(self):
        """A made-up database is loaded, or leaves a line in another one."""
        with log_writer.captured() as seen, self.assertRaises(xmlrpc.client.Fault):
            self.xmlrpc_object.execute_kw("no_such", 2, SECRET, "res.partner", "search", [[]])
        self.assertNotIn(SECRET, repr(seen))

    def test_a_replica(self):
        """A call that writes on a read-only copy is blamed on another transaction."""
        model = self.registry["res.partner"]
        original = model.search_count

        def search_count(records, *args, **kwargs):
            records.env.cr.execute("UPDATE res_partner SET ref = ref WHERE id = 1")
            return original(records, *args, **kwargs)

        search_count._api_model = search_count._readonly = True
        with (
            patch.object(model, "search_count", search_count),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.http", "WARNING") as logged,
        ):
            status, lines = self.knock(
                "/json/2/res.partner/search_count",
                data=json.dumps({"domain": []}),
                headers={"Authorization": f"bearer {self.key}"},
            )
        self.assertIn("retrying with a read/write cursor", logged.output[0])
        self.assertEqual(status, 200)
        self.assertEqual([(line.outcome, line.attempt) for line in lines], [("ok", 1)])
