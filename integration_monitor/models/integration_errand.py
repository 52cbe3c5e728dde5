"""Work that a job does after a commit, kept until it is done, whatever becomes of the job."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_flow_wake import CHANNEL

LOST_BATCH = 100
# Older work is no news any more.
GIVE_UP = timedelta(days=1)


class IntegrationErrand(models.Model):
    """What nothing but its job would tell of: who waited for a record, whose price changed.

    Rows are added only, so whoever saves a product conflicts with nobody. The sweep removes those
    whose job is done, and enqueues those whose job was cancelled or is gone once more. A job that
    failed is left to whoever looks after failed jobs.
    """

    _name = "integration.errand"
    _description = "Work that an integration job is to do"

    model_name = fields.Char(required=True, readonly=True)
    record_ids = fields.Json(readonly=True)
    method = fields.Char(required=True, readonly=True)
    arguments = fields.Json(readonly=True)
    description = fields.Char(readonly=True)
    job_uuid = fields.Char(required=True, readonly=True)

    @api.model
    def _send(self, records, method, arguments=(), *, description):
        """Enqueue a job, and keep what it is to do.

        :param records: whose method is the job function, in the environment of the job
        :param str method: its name
        :param arguments: what it is called with, as JSON can tell it
        :param str description: of the job, for people
        """
        # Whoever saves a record needs no rights on what the engine keeps.
        self.sudo().create(
            {
                "model_name": records._name,
                "record_ids": records.ids,
                "method": method,
                "arguments": list(arguments),
                "description": description,
                "job_uuid": self._enqueue(records, method, arguments, description),
            }
        )

    @api.model
    def _enqueue(self, records, method, arguments, description):
        """:return: the uuid of a new job"""
        delayed = records.with_delay(channel=CHANNEL, max_retries=5, description=description)
        return getattr(delayed, method)(*arguments).uuid

    @api.model
    def _send_lost(self):
        """Enqueue what lost its job once more; called by the sweep each minute.

        :return: how many
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """DELETE FROM integration_errand e
                    WHERE e.create_date < %s
                       OR EXISTS (SELECT 1 FROM queue_job j
                                   WHERE j.uuid = e.job_uuid AND j.state = 'done')""",
                fields.Datetime.now() - GIVE_UP,
            )
        )
        self.env.cr.execute(
            SQL(
                """SELECT e.id FROM integration_errand e
                    WHERE NOT EXISTS (SELECT 1 FROM queue_job j
                                       WHERE j.uuid = e.job_uuid AND j.state <> 'cancelled')
                    ORDER BY e.id LIMIT %s
                      FOR UPDATE SKIP LOCKED""",
                LOST_BATCH,
            )
        )
        lost = self.browse([row[0] for row in self.env.cr.fetchall()])
        self.invalidate_model(flush=False)
        for errand in lost:
            records = self.env[errand.model_name].browse(errand.record_ids or [])
            errand.job_uuid = self._enqueue(
                records, errand.method, errand.arguments or [], errand.description
            )
        return len(lost)
