import requests

from odoo.tests import tagged

from odoo.addons.integration_monitor.tools import context, tracing

from .common_outbound import OutboundCase


@tagged("post_install", "-at_install")
class TestOutboundTrace(OutboundCase):
    """Trace headers as the partner receives them."""

    def headers(self, request):
        """:return: the headers of a received request, names in lower case"""
        lines = request.split("\r\n\r\n")[0].split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return {name.lower(): value.strip() for name, _colon, value in pairs}

    def get(self, port, path="/", host="127.0.0.1", **options):
        return requests.get(f"http://{host}:{port}{path}", timeout=5, **options)

    def test_partners_that_allow_it_get_our_trace(self):
        """The partner's support cannot find our call in their log."""
        with self.server(self.wire.answer()) as (port, received), self.lines() as seen:
            self.partner(port, inject_trace=True)
            self.env["integration.endpoint"]._match_table()
            with context.bound(correlation_id="cor-7", trace_id="a" * 32, span_id="b" * 16):
                response = self.get(port)
            self.get(port)
        first, second = (self.headers(request) for request in received)
        sent = tracing.parse_traceparent(first["traceparent"])
        self.assertEqual(first["x-correlation-id"], "cor-7")
        self.assertEqual(
            (seen[0].trace_id, seen[0].span_id, seen[0].parent_span_id),
            (sent.trace_id, sent.span_id, "b" * 16),
        )
        self.assertEqual(sent.trace_id, "a" * 32)
        self.assertNotEqual(sent.span_id, "b" * 16)
        self.assertEqual(seen[0].request_headers["traceparent"], first["traceparent"])
        self.assertEqual(response.status_code, 200)
        # Without a trace at hand a new one begins; there is no correlation to tell of.
        other = tracing.parse_traceparent(second["traceparent"])
        self.assertEqual((seen[1].trace_id, seen[1].span_id), (other.trace_id, other.span_id))
        self.assertNotIn("x-correlation-id", second)

    def test_others_get_nothing(self):
        """Strangers learn our ids, or an API refuses headers that it does not know."""
        with self.server(self.wire.answer()) as (port, received), self.lines() as seen:
            with context.bound(correlation_id="cor-7", trace_id="a" * 32):
                self.get(port)
                endpoint = self.partner(port, inject_trace=False)
                self.env["integration.endpoint"]._match_table()
                self.get(port)
        for request in received:
            self.assertFalse({"traceparent", "x-correlation-id"} & set(self.headers(request)))
        self.assertEqual([line.endpoint_id for line in seen], [None, endpoint.id])
        self.assertEqual({line.trace_id for line in seen}, {"a" * 32})

    def test_headers_of_the_caller_stay(self):
        """The trace of a module that traces by itself is torn."""
        own = tracing.new_trace()
        headers = {"Traceparent": own.header(), "x-correlation-id": "theirs"}
        with self.server(self.wire.answer()) as (port, received), self.lines() as seen:
            self.partner(port, inject_trace=True)
            self.env["integration.endpoint"]._match_table()
            with context.bound(correlation_id="cor-7", trace_id="a" * 32):
                self.get(port, headers=headers)
        sent = self.headers(received[0])
        self.assertEqual((sent["traceparent"], sent["x-correlation-id"]), (own.header(), "theirs"))
        self.assertEqual((seen[0].trace_id, seen[0].span_id), (own.trace_id, own.span_id))

    def test_a_request_that_is_sent_again_is_as_it_was(self):
        """The retry of a module goes to another partner with the trace of the first."""
        with self.server(self.wire.answer()) as (port, received), self.lines() as seen:
            self.partner(port, inject_trace=True)
            self.env["integration.endpoint"]._match_table()
            session = requests.Session()
            prepared = session.prepare_request(requests.Request("GET", f"http://127.0.0.1:{port}/"))
            before = dict(prepared.headers)
            for _number in range(2):
                session.send(prepared, timeout=5)
        self.assertEqual(dict(prepared.headers), before)
        traces = {self.headers(request)["traceparent"] for request in received}
        self.assertEqual(len(traces), 2)
        self.assertEqual(len({line.span_id for line in seen}), 2)

    def test_redirects_take_nothing_to_strangers(self):
        """A redirect carries our ids to a host that may not have them."""
        for allowed in (False, True, None):
            with (
                self.server(self.wire.answer()) as (back, arrived),
                self.server(
                    self.wire.answer(b"", "307 Temporary", Location=f"http://127.0.0.1:{back}/b")
                ) as (front, received),
                self.lines() as seen,
            ):
                self.partner(front, inject_trace=True)
                if allowed is not None:
                    self.partner(back, inject_trace=allowed)
                self.env["integration.endpoint"]._match_table()
                with context.bound(correlation_id="cor-7"):
                    self.get(front, headers={"X-Own": "1"})
                    # Whoever follows by himself is protected as well.
                    answer = self.get(front, allow_redirects=False)
                    requests.Session().send(answer.next, timeout=5)
            self.assertEqual((len(received), len(arrived), len(seen)), (2, 2, 3))
            for request in received:
                self.assertIn("traceparent", self.headers(request))
            for request in arrived:
                found = {"traceparent", "x-correlation-id"} & set(self.headers(request))
                self.assertEqual(bool(found), bool(allowed), f"{allowed} {found}")
            self.assertEqual(self.headers(arrived[0])["x-own"], "1")
