"""Installation hooks of the carriers' addon."""

from odoo.tools import SQL

from .models.integration_carrier_operation import INDEX

HANDLERS = ("integration.handler.carrier.booking", "integration.handler.carrier.tracking")


def uninstall_hook(env):
    """Put the flows aside whose handlers go: they could only fail, and stop deliveries.

    The engine's log keeps its lines, without the index that carriers needed.
    """
    env.cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(INDEX)))
    flows = env["integration.flow"].sudo().with_context(active_test=False)
    flows = flows.search([("handler", "in", HANDLERS)])
    flows.write({"active": False, "trigger_domain": False, "handler": "integration.handler.noop"})
