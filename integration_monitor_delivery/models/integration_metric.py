"""The roll-up of the log follows what providers of deliveries did, too."""

import logging

import psycopg2

from odoo import api, models

from odoo.addons.integration_monitor.instrumentation.environment import environment_on

_logger = logging.getLogger(__name__)


class IntegrationMetric(models.Model):
    """In the same transaction, so that each line counts once."""

    _inherit = "integration.metric"

    @api.model
    def _count_lines(self, cr, new):
        """Count the lines, then look after labels and failed bookings."""
        result = super()._count_lines(cr, new)
        env = environment_on(cr, self.env.registry)
        if not env["delivery.carrier"]._integration_has_providers():
            return result
        try:
            with cr.savepoint(flush=False):
                env["integration.carrier.label"]._follow(new)
                env["integration.exception"]._check_carriers(new)
                env.flush_all()
        except psycopg2.OperationalError:
            raise  # somebody changed the same exceptions: the roll-up comes again in a minute
        except Exception:
            # The figures must go on; the lines stay in the log.
            _logger.exception("Operations of carriers could not be followed")
            env.invalidate_all(flush=False)
        return result
