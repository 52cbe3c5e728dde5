"""The roll-up of the log counts issues and looks at the control totals of batches, too."""

import logging

import psycopg2

from odoo import api, models

from ..instrumentation.environment import environment_on

_logger = logging.getLogger(__name__)


class IntegrationMetric(models.Model):
    """What else the new lines tell; in the same transaction, so that each counts once."""

    _inherit = "integration.metric"

    @api.model
    def _count_lines(self, cr, new):
        """Count traffic, then batches and issues."""
        result = super()._count_lines(cr, new)
        env = environment_on(cr, self.env.registry)
        env["integration.exception"]._check_batches(new)
        try:
            with cr.savepoint(flush=False):
                env["integration.issue"]._count_faults(cr, new)
        except psycopg2.OperationalError:
            raise  # somebody changed the same issues: the whole roll-up comes again in a minute
        except Exception:
            # The figures must go on; the failed lines stay in the log.
            _logger.exception("Issues could not be counted")
            self._note_failure(cr)
        return result
