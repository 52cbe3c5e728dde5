"""Around ``requests.Session.send``: every call that any module makes leaves one line.

``requests``, zeep, payment providers and carriers all end there. Redirects come back through
``send`` of the same session, and are part of the call that they belong to.
"""

import functools
from contextvars import ContextVar

import requests

from .outbound_call import OutboundCall

_MARK = "_integration_monitor_wrapped"
# queue_job's runner starts each job with a call to this Odoo: the job has a line of its own.
_OF_THE_RUNNER = "/queue_job/runjob?"
_under_way = ContextVar("integration_outbound_call", default=None)


def install():
    """Wrap ``Session.send``; a second call changes nothing."""
    if not getattr(requests.Session.send, _MARK, False):
        requests.Session.send = wrapped(requests.Session.send)


def wrapped(original):
    """``original`` with observation: same arguments, answers and exceptions."""

    @functools.wraps(original)
    def send(self, request, **kwargs):
        outer = _under_way.get()
        if outer is not None and outer.is_redirect(self, request, kwargs):
            outer.redirected(request)
            return original(self, request, **kwargs)
        call = None if _OF_THE_RUNNER in str(request.url) else OutboundCall.begin(self, request)
        if call is None:
            return original(self, request, **kwargs)
        token = _under_way.set(call)
        try:
            response = original(self, call.request, **kwargs)
        except Exception as error:
            call.failed(error)
            raise
        finally:
            _under_way.reset(token)
        call.answered(response)
        return response

    setattr(send, _MARK, True)
    return send
