"""The jobs of an engine that is taken away."""

import contextlib

import psycopg2

from odoo.sql_db import db_connect


def forget_after_commit(cr):
    """Delete our jobs once the transaction of ``cr`` is committed, on a connection of its own.

    Nobody could open, or run, a job of a model that is gone. Within the transaction a job that
    the runner has changed since would make it fail.
    """
    dbname = cr.dbname
    cr.postcommit.add(lambda: _forget(dbname))


def _forget(dbname):
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
