"""Draining on request: what waits is worked off now."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.client_actions import RELOAD, notification


class IntegrationFlow(models.Model):
    """For who knows that the partner is back, and does not wait for the times of retries."""

    _inherit = "integration.flow"

    def action_drain(self):
        """Let everything that waits go now, as far as gates and limits allow.

        Retries become due at once and cost no attempt more than they would have; what a person
        does by hand, and what a gate of documents keeps back, stays.

        :return: a notification with the number of messages
        :raises UserError: somebody paused the exchange
        """
        self._check_may_switch()
        flows = self.sudo()  # an operator may start an exchange; messages are the engine's
        paused = flows.filtered(lambda flow: "paused" in (flow.state, flow.endpoint_id.state))
        if paused:
            raise UserError(
                self.env._(
                    "Resume first what is paused: %(flows)s.",
                    flows=", ".join(paused.mapped("name")),
                )
            )
        count = flows._work_off()
        text = (
            self.env._("%(count)s messages are worked off now.", count=count)
            if count
            else self.env._("Nothing waits.")
        )
        return notification(text, "success" if count else "info", then=RELOAD)

    def _work_off(self):
        """Make what waits due, and wake the lanes.

        :return: number of messages
        """
        self.env["integration.message"].flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET next_attempt_at = CASE WHEN state = 'retry' THEN NULL
                                                 ELSE next_attempt_at END,
                          held = held AND hold_reason <> 'budget',
                          hold_reason = NULLIF(hold_reason, 'budget')
                    WHERE id IN (
                          SELECT id FROM integration_message
                           WHERE flow_id = ANY(%(flows)s) AND state IN ('pending', 'retry')
                             AND (held IS NOT TRUE OR hold_reason NOT IN ('manual', 'gate'))
                             AND (next_attempt_at IS NULL OR state = 'retry'
                                  OR next_attempt_at <= %(now)s)
                           ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)""",
                flows=self.ids,
                now=fields.Datetime.now(),
            )
        )
        count = self.env.cr.rowcount
        self.env["integration.message"].invalidate_model(
            ["next_attempt_at", "held", "hold_reason"], flush=False
        )
        self._wake()
        return count


class IntegrationEndpoint(models.Model):
    _inherit = "integration.endpoint"

    def action_drain(self):
        """Let everything that waits for the endpoint go now; see the flow's."""
        self._check_may_switch()
        return self.sudo()._outbound_flows().action_drain()  # whoever may start the exchange
