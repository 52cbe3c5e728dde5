"""Scheduled actions write the log, too."""

from odoo import models

from ..instrumentation import log_writer


class IrCron(models.Model):
    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, cron_cr, job):
        """Run the job in a log execution of its own, flushed when its cursor is closed."""
        with log_writer.execution():
            return super()._process_job(cron_cr, job)
