import re
import smtplib
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exchange import exchange
from ..instrumentation import log_writer
from ..tools import context
from .common_exchange import ExchangeCase

README = Path(__file__).parent.parent / "readme" / "DEVELOP.md"


@tagged("post_install", "-at_install")
class TestExchange(ExchangeCase):
    def test_one_line_tells_what_happened(self):
        """A file that was fetched leaves no trace, or one that nobody can place."""

        def work():
            with exchange(
                self.env,
                "price list",
                endpoint="im_test_api",
                flow="im.test.orders",
                host="sftp.example",
                correlation_id="cor-7",
            ) as x:
                x.announced(3)
                for _record in range(3):
                    x.received(1)
                    x.applied(1)
                x.bytes(received=100)
                x.bytes(received=20, sent=5)
                x.note("file", "prices.csv")

        line = self.observed(work)
        self.assertEqual((line.kind, line.operation, line.outcome), ("custom", "price list", "ok"))
        self.assertEqual(
            (line.flow_id, line.endpoint_id, line.system_id, line.company_id),
            (self.inbound.id, self.endpoint.id, self.system.id, self.system.company_id.id),
        )
        self.assertEqual((line.direction, line.host), ("inbound", "sftp.example"))
        self.assertEqual(line.correlation_id, "cor-7")
        self.assertEqual(
            (line.records_announced, line.records_received, line.records_applied), (3, 3, 3)
        )
        self.assertEqual((line.request_bytes, line.response_bytes), (5, 120))
        self.assertEqual(line.detail, {"file": "prices.csv"})
        self.assertGreaterEqual(line.duration_ms, 0)
        self.assertRegex(line.trace_id, "^[0-9a-f]{32}$")
        self.assertEqual(line.user_id, self.env.uid)

    def test_exceptions_pass_unchanged_and_are_classified(self):
        """A refused mailbox looks like success, or the caller gets another exception."""
        for error, expected in (
            (smtplib.SMTPAuthenticationError(535, b"no"), "auth"),
            (TimeoutError("slow"), "timeout"),
            (ConnectionRefusedError("no"), "connect"),
            (UserError("No such product."), "business"),
            (ZeroDivisionError("bug"), "unknown"),
            (FileNotFoundError("prices.csv"), "client"),
        ):
            line = self.raising(error)
            self.assertEqual((line.outcome, line.error_class), ("error", expected), error)
            self.assertIn(type(error).__name__, line.error_message)

    def test_unknown_codes_break_nothing(self):
        """A renamed endpoint stops the import of prices."""

        def work():
            with exchange(self.env, "prices", endpoint="no-such", flow="gone.flow"):
                pass

        line = self.observed(work)
        self.assertEqual(line.outcome, "ok")
        self.assertEqual(line.detail, {"unknown_flow": "gone.flow", "unknown_endpoint": "no-such"})
        self.assertFalse(line.flow_id or line.endpoint_id or line.system_id)
        self.assertEqual(line.company_id, self.env.company.id)

    def test_codes_are_looked_up_once_and_followed(self):
        """Each of a thousand files costs queries; or a renamed endpoint is not found."""

        def work():
            with exchange(self.env, "prices", endpoint="im_test_api", flow="im.test.orders"):
                pass

        self.observed(work)
        with self.assertQueryCount(0):
            self.observed(work)
        self.endpoint.code = "im_test_renamed"
        self.assertEqual(self.observed(work).detail, {"unknown_endpoint": "im_test_api"})

    def test_endpoints_of_the_right_company(self):
        """Two companies use the same code, and one's calls are booked on the other."""
        company = self.other_company()
        system = self.env["integration.system"].create(
            {"name": "Far", "code": "im_far", "company_id": company.id, "environment": "test"}
        )
        far = self.endpoint.copy({"code": "im_test_api", "system_id": system.id})
        flow = self.env["integration.flow"].create(
            {"name": "Far", "code": "im.far", "system_id": system.id, "message_type": "x"}
        )
        target = self.env["integration.flow"]._exchange_target
        self.assertEqual(target(None, "im_test_api")["endpoint_id"], self.endpoint.id)
        self.assertEqual(target("im.far", "im_test_api")["endpoint_id"], far.id)
        self.assertEqual(target("im.far", None)["company_id"], company.id)
        elsewhere = flow.with_company(company)._exchange_target
        self.assertEqual(elsewhere(None, "im_test_api")["endpoint_id"], far.id)

    def test_what_is_inside_belongs_to_it(self):
        """Calls inside an exchange start a trace of their own."""
        with (
            log_writer.captured() as seen,
            log_writer.execution(trace_id="a" * 32, span_id="b" * 16),
        ):
            with exchange(self.env, "outer", flow="im.test.orders") as outer:
                inside = context.current()
                with exchange(self.env, "inner"):
                    pass
            self.assertEqual(context.current().flow_id, None)
        self.assertEqual((inside.span_id, inside.flow_id), (outer.span_id, self.inbound.id))
        inner, line = seen
        self.assertEqual((line.trace_id, line.parent_span_id), ("a" * 32, "b" * 16))
        self.assertEqual((inner.trace_id, inner.parent_span_id), ("a" * 32, outer.span_id))

    def test_what_odoo_refuses_says_nothing_of_the_partner(self):
        """A missing right of our own user takes the partner's endpoint for down."""
        line = self.raising(AccessError("Not for you."), endpoint="im_test_api")
        self.assertEqual((line.endpoint_id, line.error_class), (self.endpoint.id, "business"))

    def test_evidence_survives_the_rollback(self):
        """The import fails, its transaction is rolled back, and so is the evidence."""

        def remove():
            with closing(db_connect(self.env.cr.dbname).cursor()) as cr:
                cr.execute("DELETE FROM integration_log_data WHERE operation = 'rolled back'")
                cr.commit()  # pylint: disable=invalid-commit

        self.addCleanup(remove)
        raised = UserError("No such product.")
        with log_writer.sink(log_writer.database_sink), log_writer.execution():
            # A connection of its own, as in production; closing it rolls everything back.
            with closing(db_connect(self.env.cr.dbname).cursor()) as cr:
                env = self.env(cr=cr)
                try:
                    with exchange(env, "rolled back") as x:
                        x.announced(2)
                        x.applied(1)
                        env["res.partner.category"].create({"name": "rolled back"})
                        raise raised
                except UserError as caught:
                    self.assertIs(caught, raised)
        with closing(db_connect(self.env.cr.dbname).cursor()) as cr:
            cr.execute(
                "SELECT outcome, error_class, records_announced, records_applied"
                "  FROM integration_log_data WHERE operation = 'rolled back'"
            )
            self.assertEqual(cr.fetchall(), [("error", "business", 2, 1)])
            cr.execute("SELECT 1 FROM res_partner_category WHERE name ->> 'en_US' = 'rolled back'")
            self.assertFalse(cr.fetchall())

    def test_a_broken_transaction_is_observed(self):
        """A refused statement aborts the transaction, and the exchange leaves no line."""

        def work():
            with closing(db_connect(self.env.cr.dbname).cursor()) as cr:
                with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.DataError):
                    with exchange(self.env(cr=cr), "prices") as x:
                        x.received(1)
                        cr.execute("SELECT 1 / 0")

        line = self.observed(work)
        self.assertEqual((line.outcome, line.records_received), ("error", 1))
        self.assertEqual(line.company_id, self.env.company.id)

    def test_the_example_of_the_readme_runs(self):
        """Developers copy an example that does not work."""
        source, *_others = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
        names = {}
        exec(compile(source, str(README), "exec"), names)  # noqa: S102 - our own example
        self.env["product.product"].create({"name": "P", "default_code": "IM-1"})
        self.inbound.code = "prices.in"
        self.endpoint.code = "erp-sftp"
        for content, outcome in (
            ("IM-1,9.5\ntotal,1\n", "ok"),
            ("IM-1,9.5\nIM-2,3\ntotal,2\n", "error"),
        ):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "prices.csv"
                path.write_text(content)
                line = self.observed(lambda path=path: names["import_prices"](self.env, str(path)))
            self.assertEqual(line.outcome, outcome)
            self.assertEqual((line.detail["file"], line.detail["batch"]), ("prices.csv",) * 2)
            self.assertEqual((line.flow_id, line.endpoint_id), (self.inbound.id, self.endpoint.id))
            self.assertEqual(line.response_bytes, len(content))
