"""Install every process-wide wrapper, once."""

import odoo

from . import http_server, job_run, requests_session, rpc_server


def install():
    """Called from ``post_load``; the event process (long polling) serves no business."""
    if odoo.evented:
        return
    http_server.install()
    requests_session.install()
    rpc_server.install()
    job_run.install()
