"""What a clock that was ahead has put off: the sweep takes it up again."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.backoff import RETRY_AFTER_CAP
from ..tools.observation import CLOCK_SKEW

CLOCK_BATCH = 10000


class IntegrationMessage(models.Model):
    """No wait is longer than a policy, a breaker or a partner may ask: a later date is wrong.

    So is the date of what was tried in the future: by that clock it was reckoned.
    """

    _inherit = "integration.message"

    _next_attempt_idx = models.Index(
        "(next_attempt_at, claimed_at) WHERE state = 'retry' AND next_attempt_at IS NOT NULL"
    )

    @api.model
    def _set_clock_right(self, now):
        """Make retries due that a clock that was ahead has put off; a batch at a time.

        The longest wait is the policy's cap, the breaker's, or six hours for what a partner asks.

        :param datetime now: UTC
        :return: number of messages
        """
        self.env["integration.endpoint"]._set_clock_right(now)
        late = now + CLOCK_SKEW
        # The index alone tells that there are none, which is what it tells as a rule.
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET next_attempt_at = %(now)s, claimed_at = LEAST(claimed_at, %(now)s),
                          budget_at = LEAST(budget_at, %(now)s)
                    WHERE id IN (
                          SELECT id FROM integration_message
                           WHERE state = 'retry' AND next_attempt_at > %(late)s
                             AND id IN (
                                 SELECT id FROM integration_message
                                  WHERE state = 'retry'
                                    AND next_attempt_at > %(late)s AND claimed_at > %(late)s
                                 UNION ALL
                                 SELECT m.id
                                   FROM integration_message m
                                   JOIN integration_flow f ON f.id = m.flow_id
                                   JOIN integration_retry_policy p ON p.id = f.retry_policy_id
                                   LEFT JOIN integration_endpoint e ON e.id = m.endpoint_id
                                  WHERE m.state = 'retry' AND m.next_attempt_at > %(least)s
                                    AND m.next_attempt_at > %(least)s + interval '1 second' * (
                                        GREATEST(p.cap_seconds, e.breaker_cool_down_cap,
                                                 e.breaker_cool_down, %(cap)s) - %(cap)s))
                           LIMIT %(batch)s
                             FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING flow_id""",
                now=now,
                late=late,
                least=late + timedelta(seconds=RETRY_AFTER_CAP),
                cap=RETRY_AFTER_CAP,
                batch=CLOCK_BATCH,
            )
        )
        flow_ids = [row[0] for row in self.env.cr.fetchall()]
        if flow_ids:
            self.invalidate_model(["next_attempt_at", "claimed_at", "budget_at"], flush=False)
            self.env["integration.flow"].browse(set(flow_ids))._wake()
        return len(flow_ids)
