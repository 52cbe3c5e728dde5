import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer

from .common_outbound import OutboundCase

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


@tagged("post_install", "-at_install")
class TestOutboundFaults(OutboundCase):
    """Each way in which a call can fail, caused on a real socket: its class and one line."""

    def fails(self, error_class, work, status=None):
        """Run a call that must raise as it would without us; returns its line."""
        with self.lines() as seen, self.assertRaises(requests.RequestException):
            work()
        # Whatever else a shared process has to say comes at its own time.
        (line,) = [line for line in seen if line.kind == "http_out"]
        self.assertEqual((line.outcome, line.error_class), ("error", error_class))
        self.assertEqual(line.status_code, status)
        self.assertTrue(line.error_message)
        self.assertGreaterEqual(line.duration_ms, 0)
        log_writer.write_on(self.env.cr, seen)  # PostgreSQL takes it
        return line

    def get(self, port, scheme="http", timeout=0.4, **options):
        return requests.get(f"{scheme}://127.0.0.1:{port}/x", timeout=timeout, **options)

    def test_dns(self):
        """A typing slip in an address looks like a partner's outage."""
        line = self.fails(
            "dns", lambda: requests.get("http://no-such-host.invalid/x/1", timeout=10)
        )
        self.assertEqual((line.host, line.path_template), ("no-such-host.invalid", "/x/{id}"))

    def test_connect_refused(self):
        """A stopped server looks like a slow one."""
        port = self.closed_port()
        self.fails("connect", lambda: self.get(port))

    def test_connect_reset(self):
        """A line that broke is reported as unknown."""
        for start in (b"", b"HTTP/1.1 200 OK\r\nX-A: ", HALF):

            def behave(connection, start=start):
                connection.sendall(start)
                self.wire.reset(connection)

            with self.server(behave) as (port, _received):
                self.fails("connect", lambda port=port: self.get(port, timeout=5))

    def test_connect_closed_in_the_middle(self):
        """Half an answer counts as a whole one."""
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
        for start in (b"", chunked, b"nonsense\r\n\r\n"):
            with self.server(lambda connection, start=start: connection.sendall(start)) as (
                port,
                _received,
            ):
                self.fails("connect", lambda port=port: self.get(port, timeout=5))

    def test_tls(self):
        """An expired or foreign certificate looks like a broken line."""
        with TemporaryDirectory() as folder:
            context, _authority = self.wire.certificate(Path(folder))
            with self.server(self.wire.answer(), tls=context) as (port, _received):
                self.fails("tls", lambda: self.get(port, "https", timeout=5))

    def test_timeout_before_the_headers(self):
        """A partner that never answers looks like one that is down."""
        with self.server(lambda connection: connection.recv(1)) as (port, _received):
            line = self.fails("timeout", lambda: self.get(port))
        self.assertGreater(line.duration_ms, 300)

    def test_timeout_in_the_middle_of_the_body(self):
        """``requests`` calls this one a connection error."""

        def behave(connection):
            connection.sendall(HALF)
            connection.recv(1)

        with self.server(behave) as (port, _received):
            self.fails("timeout", lambda: self.get(port))

    def test_timeout_while_connecting(self):
        """A firewall that drops packets looks like a refusal."""
        with self.wire.full_queue() as port:
            self.fails("timeout", lambda: self.get(port))

    def test_contract(self):
        """An answer that is not what it says it is looks like a broken line."""
        broken = self.wire.answer(b"no gzip", Content_Encoding="gzip")
        with self.server(broken) as (port, _received):
            self.fails("contract", lambda: self.get(port, timeout=5))
        cut = self.wire.answer(gzip.compress(b"x" * 999)[:-300], Content_Encoding="gzip")
        with self.server(cut) as (port, _received), self.lines() as seen:
            self.get(port, timeout=5)  # requests takes it, and so do we
        self.assertEqual(seen[0].outcome, "ok")

    def test_client(self):
        """A loop of redirects, or a request that cannot be sent, is the partner's outage."""
        loop = self.wire.answer(b"", "302 Found", Location="/x")
        with self.server(loop) as (port, _received):
            line = self.fails("client", lambda: self.get(port, timeout=5), status=302)
        self.assertEqual(line.host, "127.0.0.1")
        self.fails("client", lambda: requests.Session().send(self._prepared("foo://host/")))

    def test_server_after_retries(self):
        """An adapter that retries hides the reason why it gave up."""
        with self.server(self.wire.answer(b"", "503 Service Unavailable")) as (port, received):
            session = requests.Session()
            retry = Retry(total=2, status_forcelist=[503], backoff_factor=0)
            session.mount("http://", HTTPAdapter(max_retries=retry))
            self.fails("server", lambda: session.get(f"http://127.0.0.1:{port}/", timeout=5))
        self.assertEqual(len(received), 3)

    def test_success_after_retries(self):
        """An adapter's retries hide that every call needs three attempts."""
        busy = self.wire.answer(b"", "503 Service Unavailable")
        with (
            self.server(busy, busy, self.wire.answer(b"ok")) as (port, _received),
            self.lines() as seen,
        ):
            session = requests.Session()
            retry = Retry(total=5, status_forcelist=[503], backoff_factor=0)
            session.mount("http://", HTTPAdapter(max_retries=retry))
            self.assertEqual(session.get(f"http://127.0.0.1:{port}/", timeout=5).text, "ok")
        (line,) = seen
        self.assertEqual(line.outcome, "ok")
        self.assertEqual((line.detail["retries"], line.detail["retried_after"]), (2, "HTTP 503"))

    def test_unknown(self):
        """A bug in a module's adapter is put on the partner."""

        class Broken(HTTPAdapter):
            def send(self, *args, **kwargs):
                raise ZeroDivisionError("a bug")

        session = requests.Session()
        session.mount("http://", Broken())
        with self.lines() as seen, self.assertRaises(ZeroDivisionError):
            session.get("http://127.0.0.1/", timeout=1)
        (line,) = seen
        self.assertEqual((line.outcome, line.error_class), ("error", "unknown"))

    def test_equal_faults_have_one_fingerprint(self):
        """Each refused connection is a new problem, for its port and object numbers."""
        for _number in range(2):
            self.fails("connect", lambda: self.get(self.closed_port()))
        self.env.cr.execute(
            "SELECT count(DISTINCT fingerprint), count(*) FROM integration_log_data"
            " WHERE txid = pg_current_xact_id() AND error_class = 'connect'"
        )
        self.assertEqual(self.env.cr.fetchone(), (1, 2))

    def test_unknown_hosts_are_apart(self):
        """Two hosts that nobody has described share one issue: who mends one, closes both."""
        for host in ("a1.invalid", "a2.invalid", "a1.invalid"):
            self.fails("dns", lambda host=host: requests.get(f"http://{host}/x", timeout=10))
        self.env.cr.execute(
            "SELECT host, count(DISTINCT fingerprint) FROM integration_log_data"
            " WHERE txid = pg_current_xact_id() AND error_class = 'dns' GROUP BY 1 ORDER BY 1"
        )
        self.assertEqual(self.env.cr.fetchall(), [("a1.invalid", 1), ("a2.invalid", 1)])
        self.env.cr.execute(
            "SELECT count(DISTINCT fingerprint) FROM integration_log_data"
            " WHERE txid = pg_current_xact_id() AND error_class = 'dns'"
        )
        self.assertEqual(self.env.cr.fetchone(), (2,))

    def test_token_in_the_path(self):
        """A web hook's address is its password, and stands in the text of each refusal."""
        port = self.closed_port()
        for path in ("services/T0A1/SLACKSEKRIT9", "bot123:AAFSEKRIT9/send", "token/PATHSEKRIT9/x"):
            address = f"http://127.0.0.1:{port}/{path}"
            self.fails("connect", lambda address=address: requests.get(address, timeout=5))
        self.env.cr.execute(
            "SELECT count(*), count(DISTINCT fingerprint), string_agg(l::text, '')"
            " FROM integration_log_data l"
            " WHERE txid = pg_current_xact_id() AND error_class = 'connect'"
        )
        number, faults, text = self.env.cr.fetchone()
        self.assertEqual((number, faults), (3, 1), "one host, one fault")
        self.assertNotIn("SEKRIT", text)

    def _prepared(self, url):
        prepared = requests.Request("GET", "http://host/").prepare()
        prepared.url = url
        return prepared
