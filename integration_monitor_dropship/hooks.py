"""Installation hooks of the dropships' addon."""

from odoo.addons.integration_monitor.models.integration_adoption import OPEN_STATES

from .models.integration_process import KIND

MODEL = "purchase.order"
#: Dropship transfers that were recorded before the addon knew them.
_ROLES = """
    UPDATE integration_transaction_document link SET role = 'dropship'
     WHERE link.res_model = 'stock.picking' AND link.role IN ('in', 'out')
       AND EXISTS (SELECT FROM stock_picking picking
                     JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
                    WHERE picking.id = link.res_id AND kind.code = 'dropship')"""


def post_init_hook(env):
    """Call dropship transfers by their name, and let a job look at purchases for orders anew.

    Purchases that have a transaction keep their process, as with a new version of one.
    """
    env.cr.execute(_ROLES)
    env.invalidate_all()
    env["integration.transaction"]._relate_later()


def uninstall_hook(env):
    """Leave nothing behind: the process, and what follows it.

    While purchases are followed still, dropships among them are so, too, as any other purchase.
    """
    every = env(context={"active_test": False})
    processes = every["integration.process"].sudo().search([("root_kind", "=", KIND)])
    # Of many purchases, millions of milestones: they go with their transactions.
    env.cr.execute(
        "DELETE FROM integration_transaction WHERE process_id = ANY(%s)", [processes.ids]
    )
    env.invalidate_all()
    processes._forget()
    flows = every["integration.flow"].sudo().search([("trigger_event", "=like", "dropship.%")])
    flows.write({"active": False, "trigger_domain": False, "trigger_event": False})
    bought = (
        env["ir.module.module"]
        .sudo()
        .search([("name", "=", "integration_monitor_purchase"), ("state", "=", "installed")])
    )
    if bought:
        adoptions = env["integration.adoption"].sudo()
        adoptions.search([("root_model", "=", MODEL), ("state", "in", OPEN_STATES)])._forget()
        adoptions._adopt_all(MODEL)
