import gc
import io
import threading
import weakref

import requests
from urllib3.response import HTTPResponse

from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer

from .common_outbound import OutboundCase

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"


@tagged("post_install", "-at_install")
class TestOutboundStreams(OutboundCase):
    """Answers that the caller reads piece by piece: what came of them is in the line."""

    def get(self, port, timeout=5):
        return requests.get(f"http://127.0.0.1:{port}/file", stream=True, timeout=timeout)

    def cut_after(self, start):
        """A partner that sends the beginning, and closes."""
        return lambda connection: connection.sendall(start)

    def hanging(self, start):
        """A partner that sends the beginning, and then nothing."""

        def behave(connection):
            connection.sendall(start)
            connection.recv(1)

        return behave

    def assertBroken(self, seen, error_class, received):
        (line,) = seen
        self.assertEqual((line.outcome, line.error_class), ("error", error_class))
        self.assertEqual((line.status_code, line.response_bytes), (200, received))
        self.assertTrue(line.error_message)
        self.assertTrue(line.detail["streamed"])
        log_writer.write_on(self.env.cr, seen)

    def test_an_answer_that_breaks_off(self):
        """Half a price list came, and the log says that all is well."""
        readers = {
            "content": lambda response: response.content,
            "iter_content": lambda response: list(response.iter_content(2)),
            "iter_lines": lambda response: list(response.iter_lines()),
            "stream": lambda response: list(response.raw.stream(2)),
        }
        for name, read in readers.items():
            for start in (HALF, CHUNK):
                with self.subTest(name), self.server(self.cut_after(start)) as (port, _received):
                    with self.lines() as seen:
                        response = self.get(port)
                        with self.assertRaises(Exception) as caught:
                            read(response)
                    if name != "stream":
                        self.assertIsInstance(
                            caught.exception, requests.exceptions.ChunkedEncodingError
                        )
                    self.assertBroken(seen, "connect", 4)

    def test_an_answer_that_stalls(self):
        """A partner stops in the middle: a timeout for the caller, a success for the log."""
        for start in (HALF, CHUNK):
            with self.server(self.hanging(start)) as (port, _received), self.lines() as seen:
                response = self.get(port, timeout=0.3)
                with self.assertRaises(requests.ConnectionError):
                    list(response.iter_content(4))
            self.assertBroken(seen, "timeout", 4)
            self.assertGreater(seen[0].duration_ms, 250)

    def test_an_answer_that_cannot_be_unpacked(self):
        """A broken file from the partner is a success."""
        answer = self.wire.answer(b"no gzip at all", Content_Encoding="gzip")
        with self.server(answer) as (port, _received), self.lines() as seen:
            with self.assertRaises(requests.exceptions.ContentDecodingError):
                self.get(port).json()
        self.assertBroken(seen, "contract", 14)

    def test_an_answer_that_was_written_already(self):
        """The line was written while the file was on its way: its break is never told."""
        with self.server(lambda connection: connection.sendall(HALF)) as (port, _received):
            with self.lines() as seen:
                response = self.get(port)
                log_writer.flush()
                with self.assertRaises(requests.exceptions.ChunkedEncodingError):
                    list(response.iter_content(2))
                with self.assertRaises(Exception):  # noqa: B017 - whatever comes of it
                    response.raw.stream(2).__next__()
        self.assertEqual([line.outcome for line in seen], ["ok", "error"])
        self.assertEqual(seen[1].response_bytes, 4)

    def test_bytes_are_those_that_came(self):
        """Of a file that was left after its first lines, all bytes count."""
        with (
            self.server(self.wire.answer(b"first\nsecond\n")) as (port, _received),
            self.lines() as seen,
        ):
            with self.get(port) as response:
                self.assertEqual(response.raw.read(6), b"first\n")
            response = self.get(port)
            self.assertEqual(io.TextIOWrapper(response.raw).read(), "first\nsecond\n")
        self.assertEqual([line.response_bytes for line in seen], [6, 13])
        self.assertEqual([line.outcome for line in seen], ["ok", "ok"])

    def test_answers_that_nobody_reads(self):
        """A caller who only wanted the status leaves no line, or connections stay open."""
        gc.disable()
        self.addCleanup(gc.enable)
        with self.server(self.wire.answer(b"unread")) as (port, _received), self.lines() as seen:
            response = self.get(port)
            self.assertIsInstance(response.raw, HTTPResponse)
            forgotten = weakref.ref(response.raw)
            del response
            self.assertIsNone(forgotten())  # at once, as without us
        (line,) = seen
        self.assertEqual((line.outcome, line.status_code), ("ok", 200))

    def test_mistakes_of_the_reader(self):
        """A bug of the caller is put on the partner."""
        with self.server(self.wire.answer(b"ok")) as (port, _received), self.lines() as seen:
            with self.assertRaises(TypeError):
                self.get(port).raw.read("all")
        self.assertEqual([line.outcome for line in seen], ["ok"])

    def test_read_by_another_thread(self):
        """An answer that is read elsewhere breaks, and nobody is told."""
        with self.server(lambda connection: connection.sendall(HALF)) as (port, _received):
            self.env["integration.endpoint"]._match_table()
            seen = []
            with log_writer.sink(lambda _dbname, lines: seen.extend(lines)):
                with log_writer.execution():
                    response = self.get(port)

                    def work():
                        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
                            list(response.iter_content(2))

                    thread = threading.Thread(target=work)
                    thread.start()
                    thread.join()
        self.assertEqual(sorted(line.outcome for line in seen), ["error", "ok"])

    def test_streams_are_left_alone(self):
        """A download of a gigabyte is read into memory by the monitor."""
        gate = threading.Event()

        def slowly(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            gate.wait(10)
            connection.sendall(b"defghij")
            return True

        with self.server(slowly) as (port, _received), self.lines() as seen:
            response = requests.get(f"http://127.0.0.1:{port}/file", stream=True, timeout=5)
            self.assertFalse(response._content_consumed)
            gate.set()
            self.assertEqual(response.raw.read(), b"abcdefghij")
        (line,) = seen
        self.assertEqual((line.outcome, line.response_bytes), ("ok", 10))
        self.assertEqual(line.detail["streamed"], True)

    def test_streamed_failures_keep_their_body(self):
        """The reason of a refusal is eaten by the monitor."""
        answer = self.wire.answer(b"why", "503 Service Unavailable", Retry_After="30")
        with self.server(answer) as (port, _received), self.lines() as seen:
            response = requests.get(f"http://127.0.0.1:{port}/", stream=True, timeout=5)
            self.assertEqual(response.raw.read(), b"why")
        (line,) = seen
        self.assertEqual((line.error_class, line.retry_after), ("server", 30))
        self.assertFalse(line.response_excerpt)
