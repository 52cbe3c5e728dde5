"""The lane of a flow that has another endpoint to send to."""

from odoo import fields, models
from odoo.tools import SQL

from .integration_flow_wake import LIVE_REASONS


class IntegrationFlow(models.Model):
    """Which messages go which way.

    A message is bound to the endpoint where an attempt of it may have taken effect: there alone
    the repetition is known as one. All others go to the flow's own endpoint, or to the other one
    while that is out. Each endpoint keeps its own breaker, leases, limits and sign-in.
    """

    _inherit = "integration.flow"

    def _ways(self):
        """First the own endpoint (its probe may open it again), then the other one."""
        flow = self.sudo()  # endpoints are for administrators
        if flow.fallback != "endpoint":
            yield from super()._ways()
            return
        if not flow.endpoint_id._gate(fields.Datetime.now())[0]:
            yield flow.endpoint_id
        # Read anew: the first way may have changed it.
        other = flow.fallback_endpoint_id
        if not other._gate(fields.Datetime.now())[0] and not other._environment_refusal():
            yield other

    def _way_condition(self, turn, now):
        """Leave to each endpoint what is bound to it; divert the rest only while that is right."""
        flow = self.sudo()  # as above
        if flow.fallback != "endpoint" or turn is None:
            return super()._way_condition(turn, now)
        other = flow.fallback_endpoint_id.id
        if not turn.elsewhere:
            if flow.fallback_shared_keys:
                return SQL("TRUE")
            return SQL("(m.answer IS NOT NULL OR m.bound_endpoint_id IS DISTINCT FROM %s)", other)
        if not flow._diverts(now):
            # Alone, so that the index of the few bound messages serves it.
            return SQL("m.bound_endpoint_id = %s AND m.answer IS NULL", other)
        free = SQL("TRUE") if flow.fallback_shared_keys else SQL("m.bound_endpoint_id IS NULL")
        return SQL(
            """CASE WHEN m.answer IS NOT NULL THEN m.endpoint_id = %(other)s
                    ELSE m.bound_endpoint_id = %(other)s OR (%(free)s AND %(diverted)s) END""",
            other=other,
            free=free,
            diverted=self._diverted_condition(now),
        )

    def _way_assignment(self, turn):
        """Write down where the message goes; one that has an answer stays where it got it."""
        flow = self.sudo()  # as above
        if flow.fallback != "endpoint" or turn is None or turn.endpoint_id is None:
            return super()._way_assignment(turn)
        way = SQL("%s", turn.endpoint_id)
        if not flow.fallback_shared_keys:
            way = SQL("COALESCE(bound_endpoint_id, %s)", turn.endpoint_id)
        return SQL(
            ", endpoint_id = CASE WHEN answer IS NULL THEN %s ELSE endpoint_id END",
            way,
        )

    def _sending_endpoint(self):
        """The other endpoint while the own one is out."""
        flow = self.sudo()  # as above
        if flow._diverts(fields.Datetime.now()):
            return flow.fallback_endpoint_id
        return super()._sending_endpoint()

    def _hold_reason(self):
        """While messages are diverted they wait for the other endpoint only."""
        reason = super()._hold_reason()
        if not reason or self.state == "paused" or not self._diverts(fields.Datetime.now()):
            return reason
        return self._hold_reason_at(self.fallback_endpoint_id)

    def _hold_reason_at(self, endpoint):
        """:return: why messages for one of the endpoints wait, a code or False"""
        if endpoint.state == "paused" or self.state == "paused":
            return "paused"
        if endpoint._environment_refusal():
            return "environment"
        return endpoint._hold_reason(fields.Datetime.now())

    def _gate_opens_at(self):
        """The lane has something to do while one of its ways is open."""
        closed, opens_at = super()._gate_opens_at()
        now = fields.Datetime.now()
        if not closed or not self._diverts(now):
            return closed, opens_at
        other_closed, other_opens_at = self.fallback_endpoint_id._gate(now)
        if not other_closed:
            return False, None
        return True, min((t for t in (opens_at, other_opens_at) if t), default=None)

    def _look_again_at(self):
        """Also for the probe of the own endpoint while messages take the other way."""
        if self.fallback != "endpoint":
            return super()._look_again_at()
        now = fields.Datetime.now()
        gates = [endpoint._gate(now) for endpoint in self.endpoint_id | self.fallback_endpoint_id]
        return min((opens_at for closed, opens_at in gates if closed and opens_at), default=None)

    def _holds(self):
        """What is bound to one endpoint waits for that one, the rest for the present way."""
        if self.fallback != "endpoint" or self.fallback_shared_keys:
            return super()._holds()
        endpoints = self.endpoint_id | self.fallback_endpoint_id
        free = SQL("COALESCE(bound_endpoint_id, 0) <> ALL(%s)", endpoints.ids)
        return [
            (self._hold_reason() or None, free),
            *(
                (self._hold_reason_at(endpoint) or None, SQL("bound_endpoint_id = %s", endpoint.id))
                for endpoint in endpoints
            ),
        ]

    def _sync_holds(self):
        """Show also where the messages of a diverted flow are about to go."""
        self.filtered(lambda flow: flow.fallback == "endpoint")._sync_ways()
        return super()._sync_holds()

    def _sync_ways(self):
        """Write on the messages that wait where they are sent to at present."""
        for flow in self.sudo():  # messages are the engine's
            self.env.cr.execute(
                SQL(
                    """UPDATE integration_message SET endpoint_id = %(way)s
                        WHERE id IN (
                              SELECT id FROM integration_message
                               WHERE flow_id = %(flow)s AND state IN ('pending', 'retry')
                                 AND bound_endpoint_id IS NULL AND answer IS NULL
                                 AND endpoint_id IS DISTINCT FROM %(way)s
                               ORDER BY id LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED)""",
                    way=flow._sending_endpoint().id or None,
                    flow=flow.id,
                )
            )
        self.env["integration.message"].invalidate_model(["endpoint_id"])

    def _idle_lanes(self, now):
        """Add the lanes whose own endpoint is out and whose other one takes messages."""
        return super()._idle_lanes(now) | self._idle_elsewhere(now)

    def _idle_elsewhere(self, now):
        """:return: the flows with due messages for their other endpoint, and no job for them"""
        self.env.cr.execute(
            SQL(
                """SELECT f.id
                     FROM integration_flow f
                     JOIN integration_endpoint e ON e.id = f.fallback_endpoint_id
                    WHERE f.active AND f.state = 'active' AND f.fallback = 'endpoint'
                      AND e.active AND e.state = 'active' AND e.breaker_forced IS NOT TRUE
                      AND EXISTS (
                          SELECT 1 FROM integration_message m
                           WHERE m.flow_id = f.id AND m.state IN ('pending', 'retry')
                             AND (m.held IS NOT TRUE OR m.hold_reason IN %(live)s)
                             AND (%(open)s OR %(probe)s)
                             AND (m.bound_endpoint_id = e.id OR (%(diverted)s
                                  AND (m.bound_endpoint_id IS NULL OR f.fallback_shared_keys)))
                             AND COALESCE(m.next_attempt_at, m.received_at) <= %(now)s)
                      AND %(jobless)s""",
                open=self._gate_condition(now),
                probe=self._gate_condition(now, probe=True),
                diverted=self._diverted_condition(now),
                live=tuple(reason for reason in LIVE_REASONS if reason != "environment"),
                now=now,
                jobless=self._jobless_condition(now),
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])


class IntegrationEndpoint(models.Model):
    """Other flows use the endpoint while their own one is out."""

    _inherit = "integration.endpoint"

    fallback_flow_ids = fields.One2many("integration.flow", "fallback_endpoint_id")

    def _outbound_flows(self):
        """Also those that divert to this endpoint."""
        diverting = self.sudo().fallback_flow_ids.filtered(
            lambda flow: flow.active and flow.fallback == "endpoint"
        )
        return super()._outbound_flows() | diverting

    def _hold_waiting(self):
        """A paused endpoint sends its flows the other way, at once."""
        result = super()._hold_waiting()
        flows = self._outbound_flows().filtered(lambda flow: flow.fallback == "endpoint")
        flows._sync_holds()
        flows._wake()
        return result

    def _wake_after_resume(self):
        """Flows that divert to a resumed endpoint go on, too."""
        result = super()._wake_after_resume()
        (self._outbound_flows() - self.sudo().flow_ids)._wake_after_resume()
        return result
