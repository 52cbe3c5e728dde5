"""Installation hooks of the carriers' addon."""

HANDLERS = ("integration.handler.carrier.booking", "integration.handler.carrier.tracking")


def uninstall_hook(env):
    """Put the flows aside whose handlers go: they could only fail, and stop deliveries."""
    flows = env["integration.flow"].sudo().with_context(active_test=False)
    flows = flows.search([("handler", "in", HANDLERS)])
    flows.write({"active": False, "trigger_domain": False, "handler": "integration.handler.noop"})
