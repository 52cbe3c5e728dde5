"""The endpoints that a lane sends to, and which messages go where."""

from odoo import fields, models
from odoo.tools import SQL

from .integration_flow_wake import LIVE_REASONS, QUIET_REASONS, SYNC_BATCH


class IntegrationFlow(models.Model):
    """Which messages go which way.

    A message is bound to the endpoint where an attempt of it may have taken effect: there alone
    the repetition is known as one. All others go to the flow's own endpoint, or to the other one
    while that is out. Each endpoint keeps its own breaker, leases, limits and sign-in.
    """

    _inherit = "integration.flow"

    def _ways(self):
        """First the own endpoint (its probe may open it again), then the others that are open."""
        flow = self.sudo()  # endpoints are for administrators
        if flow.direction != "outbound":
            yield from super()._ways()
            return
        fallback = flow.fallback  # read already; afterwards it would be a query of its own
        if not flow.endpoint_id._gate(fields.Datetime.now())[0]:
            yield flow.endpoint_id
        # Read anew: the first way may have changed them.
        for other in flow._other_ways(fallback):
            if not other._shut(fields.Datetime.now())[0]:
                yield other

    def _other_ways(self, fallback):
        """:return: the endpoints beside the own one that messages of the lane may go to"""
        others = self._bound_elsewhere().get(self.id, self.env["integration.endpoint"])
        return self.fallback_endpoint_id | others if fallback == "endpoint" else others

    def _bound_elsewhere(self):
        """Find where messages are bound to that wait: one query for all flows.

        :return: dict of flow id → ``integration.endpoint`` records without the flow's own one
        """
        self.flush_model(["endpoint_id"])
        self.env["integration.message"].flush_model(["bound_endpoint_id", "state"])
        rows = self.env.execute_query(
            SQL(
                """SELECT m.flow_id, array_agg(DISTINCT m.bound_endpoint_id)
                     FROM integration_message m JOIN integration_flow f ON f.id = m.flow_id
                    WHERE m.flow_id IN %s AND m.bound_endpoint_id IS NOT NULL
                      AND m.state IN ('pending', 'retry')
                      AND m.bound_endpoint_id IS DISTINCT FROM f.endpoint_id
                    GROUP BY m.flow_id""",
                self._ids or (0,),
            )
        )
        # Endpoints are for administrators; the lane must keep to them.
        endpoints = self.env["integration.endpoint"].sudo()
        return {flow_id: endpoints.browse(ids) for flow_id, ids in rows}

    def _way_condition(self, turn, now):
        """Leave to each endpoint what is bound to it; divert the rest only while that is right."""
        flow = self.sudo()  # as above
        if turn is None or turn.endpoint_id is None:
            return super()._way_condition(turn, now)
        own, other = flow.endpoint_id.id, None
        if flow.fallback == "endpoint":
            other = flow.fallback_endpoint_id.id
        shared = other is not None and flow.fallback_shared_keys
        if not turn.elsewhere:
            if turn.endpoint_id != own:
                return SQL("FALSE")  # the flow got another endpoint since this run began
            return SQL(
                """(m.answer IS NOT NULL OR m.bound_endpoint_id IS NULL
                    OR m.bound_endpoint_id IN %s)""",
                (own, other) if shared else (own,),
            )
        if turn.endpoint_id != other or not flow._diverts(now):
            # Alone, so that the index of the few bound messages serves it.
            return SQL("m.bound_endpoint_id = %s AND m.answer IS NULL", turn.endpoint_id)
        free = SQL("m.bound_endpoint_id IS NULL")
        if shared:
            free = SQL("(m.bound_endpoint_id IS NULL OR m.bound_endpoint_id = %s)", own)
        return SQL(
            """CASE WHEN m.answer IS NOT NULL THEN m.endpoint_id = %(other)s
                    ELSE m.bound_endpoint_id = %(other)s OR (%(free)s AND %(diverted)s) END""",
            other=other,
            free=free,
            diverted=self._diverted_condition(now),
        )

    def _way_assignment(self, turn):
        """Write down where the message goes; one that has an answer stays where it got it.

        Whatever the message said before: it is called where the claim looked at the gates.
        """
        if turn is None or turn.endpoint_id is None:
            return super()._way_assignment(turn)
        return SQL(
            ", endpoint_id = CASE WHEN answer IS NULL THEN %s ELSE endpoint_id END",
            turn.endpoint_id,
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
        if not endpoint.active:
            return "archived"
        if endpoint._environment_refusal():
            return "environment"
        return endpoint._hold_reason(fields.Datetime.now())

    def _gate_opens_at(self):
        """The lane has something to do while one of its ways is open."""
        closed, opens_at = super()._gate_opens_at()
        if not closed:
            return closed, opens_at
        now = fields.Datetime.now()
        ways = self._bound_elsewhere().get(self.id, self.env["integration.endpoint"])
        if self._diverts(now):
            ways |= self.fallback_endpoint_id
        gates = [endpoint._shut(now) for endpoint in ways]
        if any(not shut for shut, _opens_at in gates):
            return False, None
        return True, min((t for _shut, t in [(closed, opens_at), *gates] if t), default=None)

    def _look_again_at(self):
        """Also for the probe of the own endpoint while messages take another way."""
        if self.direction != "outbound":
            return super()._look_again_at()
        now = fields.Datetime.now()
        gates = [
            endpoint._gate(now) for endpoint in self.endpoint_id | self._other_ways(self.fallback)
        ]
        return min((opens_at for closed, opens_at in gates if closed and opens_at), default=None)

    def _holds(self, others):
        """What is bound to one endpoint waits for that one, the rest for the present way."""
        if self.fallback == "endpoint":
            known = self.endpoint_id | self.fallback_endpoint_id
            others = others - known if self.fallback_shared_keys else others | known
        if not others:
            return super()._holds(others)
        return [
            (
                self._hold_reason() or None,
                SQL("COALESCE(bound_endpoint_id, 0) <> ALL(%s)", others.ids),
            ),
            *(
                (self._hold_reason_at(endpoint) or None, SQL("bound_endpoint_id = %s", endpoint.id))
                for endpoint in others
            ),
        ]

    def _sync_holds(self):
        """Show also where the messages of a diverted flow are about to go."""
        self.filtered(lambda flow: flow.fallback == "endpoint")._sync_ways()
        return super()._sync_holds()

    def _sync_ways(self):
        """Write on the messages that wait where they are sent to at present."""
        for flow in self.sudo().filtered(lambda f: f.direction == "outbound"):
            # Messages are the engine's. In batches, as lanes work on them at the same time.
            way = flow._sending_endpoint().id or None
            while True:
                self.env.cr.execute(
                    SQL(
                        """UPDATE integration_message SET endpoint_id = %(way)s
                            WHERE id IN (
                                  SELECT id FROM integration_message
                                   WHERE flow_id = %(flow)s AND state IN ('pending', 'retry')
                                     AND bound_endpoint_id IS NULL AND answer IS NULL
                                     AND endpoint_id IS DISTINCT FROM %(way)s
                                   ORDER BY id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED)""",
                        way=way,
                        flow=flow.id,
                        batch=SYNC_BATCH,
                    )
                )
                if self.env.cr.rowcount < SYNC_BATCH:
                    break
        self.env["integration.message"].invalidate_model(["endpoint_id"])

    def _idle_lanes(self, now):
        """Add the lanes of which another endpoint than the own one takes messages."""
        return super()._idle_lanes(now) | self._idle_elsewhere(now) | self._idle_bound(now)

    def _idle_elsewhere(self, now):
        """:return: the flows whose due messages are diverted at present, and no job for them"""
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
                             AND %(diverted)s
                             AND (m.bound_endpoint_id IS NULL OR f.fallback_shared_keys)
                             AND COALESCE(m.next_attempt_at, m.received_at) <= %(now)s)
                      AND %(jobless)s""",
                open=self._gate_condition(now),
                probe=self._gate_condition(now, probe=True),
                diverted=self._diverted_condition(now),
                live=tuple(reason for reason in LIVE_REASONS if reason not in QUIET_REASONS),
                now=now,
                jobless=self._jobless_condition(now),
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    def _idle_bound(self, now):
        """:return: the flows with due messages that are bound to others, and no job for them"""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT f.id
                     FROM integration_message m
                     JOIN integration_flow f ON f.id = m.flow_id
                     JOIN integration_endpoint e ON e.id = m.bound_endpoint_id
                    WHERE m.bound_endpoint_id IS NOT NULL AND m.state IN ('pending', 'retry')
                      AND m.bound_endpoint_id IS DISTINCT FROM f.endpoint_id
                      AND m.answer IS NULL AND (m.held IS NOT TRUE OR m.hold_reason IN %(live)s)
                      AND COALESCE(m.next_attempt_at, m.received_at) <= %(now)s
                      AND f.active AND f.state = 'active'
                      AND e.active AND e.state = 'active' AND e.breaker_forced IS NOT TRUE
                      AND (%(open)s OR %(probe)s) AND %(jobless)s""",
                open=self._gate_condition(now),
                probe=self._gate_condition(now, probe=True),
                live=tuple(reason for reason in LIVE_REASONS if reason not in QUIET_REASONS),
                now=now,
                jobless=self._jobless_condition(now),
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])
