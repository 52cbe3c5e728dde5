"""An answer that its caller reads piece by piece: how much came, and whether it broke off.

The line of the call is buffered when its headers came, so that it appears whatever the caller does
with the rest. While it waits to be written, it is corrected; once it is written, a stream that
breaks is told by a line of its own.
"""

import dataclasses
import http.client
import time

import urllib3.exceptions
from urllib3.response import HTTPResponse

from ..tools import classify
from ..tools.observation import utcnow
from . import log_buffer, log_writer
from .wrapping import flush_outside_executions

# What the line, or the other side, does to a reader; anything else is the reader's own mistake.
_FAULTS = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


def watch(raw, dbname, observation):
    """Follow what the caller reads of an answer; reads nothing, and keeps nothing alive.

    :param raw: the answer of urllib3; one of another make is left alone
    :param observation: the line of the call as it was buffered, or None
    """
    if observation is not None and type(raw) is HTTPResponse:
        raw._integration_line = StreamLine(dbname, observation)
        # Not a proxy, nor functions on the instance: callers look at what they got, and a circle
        # of references would keep forgotten connections open.
        raw.__class__ = WatchedResponse


class StreamLine:
    """The line of a call whose answer is under way; no method raises."""

    __slots__ = ("_began", "_dbname", "_observation", "_told")

    def __init__(self, dbname, observation):
        self._dbname = dbname
        self._observation = observation
        self._began = time.perf_counter()
        self._told = False

    def received(self, number):
        """Note the bytes that came so far."""
        self._observation.response_bytes = number

    def broken(self, error, number):
        """Tell that reading failed after so many bytes; a call that had failed stays as it is."""
        try:
            line = self._observation
            line.response_bytes = number
            if self._told or line.outcome != "ok":
                return
            self._told = True
            fault = classify.from_exception(error)
            changes = {
                "outcome": "error",
                "error_class": fault.error_class,
                "error_message": fault.message,
                "duration_ms": line.duration_ms + (time.perf_counter() - self._began) * 1000,
            }
            if log_buffer.current().holds(line):
                for name, value in changes.items():
                    setattr(line, name, value)
            else:
                log_writer.record(
                    self._dbname, dataclasses.replace(line, occurred_at=utcnow(), **changes)
                )
                flush_outside_executions()
        except Exception:  # the caller gets his own exception, whatever ours is
            log_writer.note_failure("An answer that broke off was not recorded.")


class WatchedResponse(HTTPResponse):
    """urllib3's answer, which tells its line what is read of it; it does nothing else."""

    def read(self, *args, **kwargs):
        """Read as ever."""
        return self._integration_read(super().read, args, kwargs)

    if hasattr(HTTPResponse, "read1"):  # urllib3 2

        def read1(self, *args, **kwargs):
            """Read as ever."""
            return self._integration_read(super().read1, args, kwargs)

    def read_chunked(self, *args, **kwargs):
        """Read as ever; urllib3 does not count these bytes."""
        number = 0
        try:
            for piece in super().read_chunked(*args, **kwargs):
                number += len(piece)
                self._integration_line.received(number)
                yield piece
        except _FAULTS as error:
            self._integration_line.broken(error, number)
            raise

    def _integration_read(self, original, args, kwargs):
        try:
            data = original(*args, **kwargs)
        except _FAULTS as error:
            self._integration_line.broken(error, self.tell())
            raise
        self._integration_line.received(self.tell())
        return data
