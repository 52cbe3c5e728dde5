"""Messages that a person does by hand while the partner is out."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_flow_wake import SWITCH_REASONS

# So many messages are handed to people in one sweep: each is an exception with its activity.
HAND_OVER_BATCH = 200
# The partner cannot be called. What a person paused, or planned, goes out afterwards; and a wrong
# environment is no outage: nothing may leave by hand either.
CLOSED = ("breaker", "rate_limit")


class IntegrationFlow(models.Model):
    """When a person takes over, and what he is told to do."""

    _inherit = "integration.flow"

    manual_after = fields.Integer(
        string="By Hand After (minutes)",
        default=0,
        help="A message that has waited so long for its partner is handed to a person. 0: the "
        "time within which the flow promises to recover, else the minutes after which a message "
        "counts as late.",
    )
    manual_text = fields.Text(
        string="What to Do by Hand",
        translate=True,
        help="For example: call the warehouse at …, give the order number, note the reference.",
    )
    manual_runbook_id = fields.Many2one(
        "integration.runbook",
        string="Runbook",
        check_company=True,
        ondelete="set null",
        help="Is proposed on the exception.",
    )

    _manual_after_range = models.Constraint(
        "CHECK (manual_after >= 0)", "The minutes until a person takes over are zero or more."
    )

    def _manual_minutes(self):
        """:return: how long a message waits for its partner before a person takes over"""
        return self.manual_after or self.recovery_time or self.latency_tolerance

    def _overdue_ways(self, now, elsewhere):
        """Find the endpoints of the flow that are out, and what has waited too long for each.

        :param datetime now: UTC
        :param elsewhere: the other endpoints that messages of the flow are bound to
        :return: list of (flow id, endpoint id, moment): what waits there since then or longer
        """
        since = now - timedelta(minutes=self._manual_minutes())
        rows = []
        for endpoint in self.endpoint_id | elsewhere:
            # Shown holds may lag behind: what counts is whether the gate is closed now.
            if self._hold_reason_at(endpoint) not in CLOSED:
                continue
            # A pause or a maintenance before is no time in which the partner was out.
            available = self._working_since(endpoint, now)
            if not available or available <= since:
                rows.append((self.id, endpoint.id, since))
        return rows

    @api.model
    def _hand_over_waiting(self, now):
        """Take out of the queue what has waited too long for its partner, and ask its owners.

        One statement for all flows; called by the sweep.

        :param datetime now: UTC
        :return: the ``integration.message`` records that people do now
        """
        flows = self.sudo().search([("fallback", "=", "manual"), ("direction", "=", "outbound")])
        none = self.env["integration.endpoint"]
        elsewhere = flows._bound_elsewhere() if flows else {}
        rows = []
        for flow in flows:
            rows += flow._overdue_ways(now, elsewhere.get(flow.id, none))
        if not rows:
            return self.env["integration.message"]
        self.env["integration.message"].flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET state = 'retry', held = TRUE, hold_reason = 'manual',
                          next_attempt_at = NULL, write_date = %(now)s
                    WHERE id IN (
                          SELECT m.id
                            FROM integration_message m
                            JOIN integration_flow f ON f.id = m.flow_id
                            JOIN (VALUES %(rows)s) AS late (flow_id, endpoint_id, since)
                              ON late.flow_id = f.id AND late.endpoint_id
                                 = COALESCE(m.bound_endpoint_id, f.endpoint_id)
                           WHERE m.state IN ('pending', 'retry') AND m.answer IS NULL
                             AND (m.held IS NOT TRUE OR m.hold_reason IN %(switches)s)
                             AND COALESCE(m.budget_at, m.received_at) <= late.since
                           ORDER BY m.priority, m.id LIMIT %(batch)s
                             FOR NO KEY UPDATE OF m SKIP LOCKED)
                RETURNING id""",
                now=now,
                rows=SQL(", ").join(SQL("%s", row) for row in rows),
                switches=SWITCH_REASONS,
                batch=HAND_OVER_BATCH,
            )
        )
        messages = self.env["integration.message"].browse(row[0] for row in self.env.cr.fetchall())
        messages.invalidate_recordset()
        messages.sorted("id")._ask_by_hand()
        messages.transaction_id._refresh_blame()
        return messages
