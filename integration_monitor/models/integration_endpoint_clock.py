"""What a clock that was ahead has closed: the sweep opens it again."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.backoff import RETRY_AFTER_CAP
from ..tools.observation import CLOCK_SKEW
from .integration_endpoint_breaker import PROBE_SPARE


class IntegrationEndpoint(models.Model):
    """Moments of breaker, partner's pause and tokens, compared with what settings allow."""

    _inherit = "integration.endpoint"

    @api.model
    def _set_clock_right(self, now):
        """Bring moments back that lie further ahead than settings allow; for the sweep.

        :param datetime now: UTC
        """
        late = now + CLOCK_SKEW
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE integration_endpoint SET
                          breaker_until = CASE WHEN %(until)s THEN %(now)s
                                               ELSE breaker_until END,
                          breaker_probe_until = CASE WHEN %(probe)s THEN %(now)s
                                                     ELSE breaker_probe_until END,
                          throttled_until = CASE WHEN %(throttled)s THEN %(now)s
                                                 ELSE throttled_until END,
                          breaker_closed_at = LEAST(breaker_closed_at, %(now)s)
                    WHERE id IN (
                          SELECT id FROM integration_endpoint
                           WHERE %(until)s OR %(probe)s OR %(throttled)s
                              OR breaker_closed_at > %(late)s
                             FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id""",
                now=now,
                late=late,
                # A partner who answers may ask for six hours; not in the future, though.
                until=SQL(
                    """(breaker_until > %(now)s AND breaker_opened_at > %(late)s)
                       OR breaker_until > %(late)s + interval '1 second' * GREATEST(
                           breaker_cool_down, breaker_cool_down_cap, %(asked)s)""",
                    now=now,
                    late=late,
                    asked=RETRY_AFTER_CAP,
                ),
                probe=SQL(
                    "breaker_probe_until > %s + interval '1 second'"
                    " * (deadline_seconds + connect_timeout + %s)",
                    late,
                    PROBE_SPARE,
                ),
                throttled=SQL(
                    "(throttled_until > %(now)s AND throttled_since > %(late)s)"
                    " OR throttled_until > %(longest)s",
                    now=now,
                    late=late,
                    longest=late + timedelta(seconds=RETRY_AFTER_CAP),
                ),
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self.invalidate_model(flush=False)
            self.browse(ids)._outbound_flows()._wake()
        # A bucket fills from this moment on.
        self.env.cr.execute(
            SQL(
                """UPDATE integration_endpoint_bucket SET refilled_at = %s
                    WHERE id IN (SELECT id FROM integration_endpoint_bucket
                                  WHERE refilled_at > %s FOR NO KEY UPDATE SKIP LOCKED)""",
                now,
                late,
            )
        )
