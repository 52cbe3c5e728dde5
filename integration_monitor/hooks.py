"""Installation hooks of the engine."""

import contextlib

import psycopg2

from odoo.sql_db import db_connect

from .instrumentation import log_table
from .instrumentation.install import install


def post_load():
    """Install the process-wide wrappers once the addon's code is loaded."""
    install()


def post_init_hook(env):
    """Prepare a database on which the engine was just installed."""


def uninstall_hook(env):
    """Leave nothing behind: drop what the ORM does not know of."""
    env["integration.transaction"]._drop_snapshot()
    env["integration.metric"]._drop_storage()
    env["integration.health"]._drop_storage()
    env["integration.replay.event"]._drop_storage()
    env["integration.gate.override"]._drop_storage()
    env["integration.subscription.rewind"]._drop_storage()
    log_table.drop_all(env.cr)
    # Not now: the runner works on these rows meanwhile, and would make us fail.
    dbname = env.cr.dbname
    env.cr.postcommit.add(lambda: _forget_jobs(dbname))
    # Settings outlive their page.
    env["ir.config_parameter"].sudo().search([("key", "=like", "integration_monitor%")]).unlink()
    env["ir.filters"].sudo().search([("model_id", "=like", "integration.%")]).unlink()
    # Nobody may sign in with them, but accounts with rights and without use should not stay.
    env["integration.system"].sudo()._service_accounts().active = False


def _forget_jobs(dbname):
    """Nobody could open, or run, a job of a model that is gone."""
    with (
        contextlib.suppress(psycopg2.errors.UndefinedTable),  # queue_job left together with us
        contextlib.closing(db_connect(dbname).cursor()) as cr,
    ):
        # One statement in a transaction of its own, which sees what the runner did until now.
        cr.connection.set_session(isolation_level="READ COMMITTED")
        cr.execute(
            """WITH gone AS (DELETE FROM queue_job WHERE model_name ^@ 'integration.' RETURNING id),
                    said AS (DELETE FROM mail_message
                              WHERE model = 'queue.job' AND res_id IN (SELECT id FROM gone))
               DELETE FROM mail_followers
                WHERE res_model = 'queue.job' AND res_id IN (SELECT id FROM gone)""",
            log_exceptions=False,
        )
        cr.commit()  # pylint: disable=invalid-commit # the uninstallation is committed already
