"""Traffic by outcome, for graphs that stack succeeded, failed, refused and duplicates."""

from odoo import fields, models
from odoo.tools import SQL

from .integration_log import KINDS, OUTCOMES
from .integration_loose_reference_mixin import LooseMany2one


class IntegrationTraffic(models.Model):
    """The hourly figures of ``integration.metric``, one row for each outcome."""

    _name = "integration.traffic"
    _description = "Integration traffic by outcome"
    _inherit = ["integration.loose.reference.mixin"]
    _auto = False
    _order = "bucket desc, id desc"
    _rec_name = "bucket"
    _depends = {
        "integration.metric": [
            "level",
            "bucket",
            "kind",
            "system_id",
            "endpoint_id",
            "flow_id",
            "company_id",
            "count_ok",
            "count_error",
            "count_refused",
            "count_duplicate",
        ]
    }

    bucket = fields.Datetime("Hour", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    system_id = LooseMany2one("integration.system", readonly=True)
    endpoint_id = LooseMany2one("integration.endpoint", readonly=True)
    flow_id = LooseMany2one("integration.flow", readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)
    interactions = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT m.id * 4 + part.position AS id, m.bucket, m.kind, part.outcome,
                   m.system_id, m.endpoint_id, m.flow_id, m.company_id,
                   part.interactions
              FROM integration_metric m
             CROSS JOIN LATERAL (VALUES
                    (0, 'ok', m.count_ok), (1, 'error', m.count_error),
                    (2, 'refused', m.count_refused), (3, 'duplicate', m.count_duplicate)
                    ) part(position, outcome, interactions)
             WHERE m.level = 'hour' AND part.interactions > 0
            """
        )
