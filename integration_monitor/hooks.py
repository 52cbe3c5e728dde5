"""Installation hooks of the engine."""

from .instrumentation import log_table, queue_jobs
from .instrumentation.install import install
from .models.integration_transaction_snapshot import PREFIX
from .tools.return_root import RETURN


def post_load():
    """Install the process-wide wrappers once the addon's code is loaded."""
    install()


def post_init_hook(env):
    """Prepare a database on which the engine was just installed."""
    env["integration.adoption"]._adopt_all()
    env["integration.adoption"]._adopt_all(RETURN.model)


def uninstall_hook(env):
    """Leave nothing behind: drop what the ORM does not know of."""
    # Millions of rows that hold on to the steps of processes, which the ORM removes one by one.
    env.cr.execute("TRUNCATE integration_milestone")
    env["integration.transaction"]._drop_functions(PREFIX)
    env["integration.transaction"]._drop_trigger()
    env["integration.outcome.step.sum"]._drop_triggers()
    env["integration.metric"]._drop_storage()
    env["integration.health"]._drop_storage()
    env["integration.replay.event"]._drop_storage()
    env["integration.gate.override"]._drop_storage()
    env["integration.subscription.rewind"]._drop_storage()
    log_table.drop_all(env.cr)
    # Not now: the runner works on these rows meanwhile, and would make us fail.
    queue_jobs.forget_after_commit(env.cr)
    # Settings outlive their page.
    env["ir.config_parameter"].sudo().search([("key", "=like", "integration_monitor%")]).unlink()
    env["ir.filters"].sudo().search([("model_id", "=like", "integration.%")]).unlink()
    # Nobody may sign in with them, but accounts with rights and without use should not stay.
    env["integration.system"].sudo()._service_accounts().active = False
