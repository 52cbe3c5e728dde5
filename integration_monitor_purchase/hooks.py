"""Installation hooks of the purchases' addon."""

from .models.integration_business_rule import CHECKS, MODELS
from .models.integration_transaction import PREFIX
from .models.purchase_order import MODEL
from .tools.purchase_root import EVENT_MODELS


def post_init_hook(env):
    """Give purchases from before the installation their transactions, by a job."""
    env["integration.adoption"]._adopt_all(MODEL)
    env["integration.transaction"]._relate_later()


def uninstall_hook(env):
    """Leave nothing behind: transactions of purchases, what defines them, and what it opened.

    Flows that purchases trigger are put aside: nothing would trigger them any more.
    """
    every = env(context={"active_test": False})
    rules = every["integration.business.rule"].sudo()
    rules.search(["|", ("check_code", "in", CHECKS), ("model", "in", MODELS)]).unlink()
    every["integration.adoption"].sudo().search([("root_model", "=", MODEL)])._forget()
    # Of many purchases, millions of milestones: they go with their transactions.
    env.cr.execute("DELETE FROM integration_transaction WHERE res_model = %s", [MODEL])
    env.cr.execute("DELETE FROM integration_transaction_document WHERE res_model = %s", [MODEL])
    env.invalidate_all()
    transactions = every["integration.transaction"].sudo()
    transactions.search([("cause", "=", "purchase")])._refresh_blame()
    env.invalidate_all()
    every["integration.process"].sudo().search([("root_model", "=", MODEL)])._forget()
    flows = every["integration.flow"].sudo().search([("trigger_event", "!=", False)])
    flows.filtered(lambda flow: flow.trigger_event.partition(".")[0] in EVENT_MODELS).write(
        {"active": False, "trigger_domain": False, "trigger_event": False}
    )

    @env.cr.postcommit.add
    def _drop_functions():
        # Until the registry is loaded anew, which others' hooks come before, orders name them.
        with env.registry.cursor() as cr:
            env(cr=cr)["integration.transaction"]._drop_functions(PREFIX)
