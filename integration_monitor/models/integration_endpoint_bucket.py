"""The tokens of endpoints with a rate limit, shared by all workers."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import flow_control


class IntegrationEndpointBucket(models.Model):
    """One row for each endpoint with a rate limit, and one for its pace of draining.

    Apart from the endpoint: a row that is written with each call must be small, and must not make
    those wait who read or correct the endpoint. The clock is the database's, the same for all.
    """

    _name = "integration.endpoint.bucket"
    _description = "Tokens of a rate-limited endpoint"
    _log_access = False
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one(
        "integration.endpoint", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("rate", "Rate limit"), ("pace", "Pace of draining")],
        default="rate",
        required=True,
        readonly=True,
    )
    tokens = fields.Float(readonly=True, required=True)
    refilled_at = fields.Datetime(readonly=True, required=True)

    _endpoint_uniq = models.UniqueIndex(
        "(endpoint_id, kind)", "An endpoint has one bucket of each kind."
    )

    @api.model
    def _level(self, rate):
        """:return: the tokens in bucket ``b`` at this moment, as ``SQL``"""
        return SQL(
            """LEAST(%(burst)s, b.tokens + %(speed)s * GREATEST(0, EXTRACT(
                   epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - b.refilled_at)))""",
            burst=rate.burst,
            speed=rate.per_second,
        )

    @api.model
    def _has_token(self, endpoint_id, rate, kind="rate"):
        """:return: whether there is a token to be taken; parameters as of :meth:`_take`"""
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM integration_endpoint_bucket b WHERE endpoint_id = %s AND kind = %s",
                self._level(rate),
                endpoint_id,
                kind,
            )
        )
        row = self.env.cr.fetchone()
        return row is None or row[0] >= 1

    @api.model
    def _take(self, endpoint_id, rate, kind="rate"):
        """Take one token in this transaction; a rollback gives it back.

        :param rate: a ``tools.flow_control.Rate``
        :return: 0 when it was taken, else the seconds until there is one
        :raises OperationalError: a serialization failure: another worker took one just now
        """
        level = self._level(rate)
        self.env.cr.execute(
            SQL(
                """INSERT INTO integration_endpoint_bucket AS b
                          (endpoint_id, kind, tokens, refilled_at)
                   VALUES (%(endpoint)s, %(kind)s, %(rest)s, clock_timestamp() AT TIME ZONE 'UTC')
                   ON CONFLICT (endpoint_id, kind) DO UPDATE
                      SET tokens = %(level)s - 1,
                          refilled_at = clock_timestamp() AT TIME ZONE 'UTC'
                    WHERE %(level)s >= 1
                RETURNING tokens""",
                endpoint=endpoint_id,
                kind=kind,
                rest=rate.burst - 1,
                level=level,
            )
        )
        if self.env.cr.fetchone():
            return 0.0
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM integration_endpoint_bucket b WHERE endpoint_id = %s AND kind = %s",
                level,
                endpoint_id,
                kind,
            )
        )
        # A moment that is too short would find the bucket short of a token by a rounding error.
        return max(flow_control.wait_for_token(self.env.cr.fetchone()[0], rate), 0.001)
