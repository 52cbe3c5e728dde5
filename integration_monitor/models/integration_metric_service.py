"""The roll-up of the log counts delays and outages of flows, too."""

import logging
from datetime import timedelta

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ..tools import service_sql
from ..tools.classification import FLOW_FAULTS

_logger = logging.getLogger(__name__)

# The longest period that is looked at, and some days more.
RETENTION_DAYS = 35


class IntegrationMetric(models.Model):
    """What the new lines tell of the service of flows; in the same transaction, counted once."""

    _inherit = "integration.metric"

    @api.model
    def _count_lines(self, cr, new):
        """Count traffic, then delays and outages."""
        result = super()._count_lines(cr, new)
        try:
            with cr.savepoint(flush=False):
                cr.execute(SQL(service_sql.COUNT_DELAYS, new=new))
                cr.execute(SQL(service_sql.COUNT_OUTAGES, new=new, faults=list(FLOW_FAULTS)))
        except psycopg2.OperationalError:
            raise  # somebody changed the same rows: the whole roll-up comes again in a minute
        except Exception:
            # The figures must go on; the lines stay in the log.
            _logger.exception("Delays and outages of flows could not be counted")
            self._note_failure(cr)
        return result

    @api.model
    def _purge(self):
        """Scheduled daily: forget delays and outages that no period contains any more."""
        result = super()._purge()
        limit = self.env["integration.log"]._retention_now() - timedelta(days=RETENTION_DAYS)
        self.env.cr.execute(SQL("DELETE FROM integration_flow_delay WHERE day < %s::date", limit))
        self.env.cr.execute(SQL("DELETE FROM integration_flow_outage WHERE ended_at < %s", limit))
        return result
