"""A lane leaves its place at an endpoint to a lane with more urgent messages."""

import time

from odoo import models
from odoo.tools import SQL

from .integration_flow_drain import LEASE_SECONDS
from .integration_flow_lane import LANE_LOCK, LOOK_SECONDS


class IntegrationFlow(models.Model):
    """Priority between the flows of one endpoint: within a flow the claim keeps to it."""

    _inherit = "integration.flow"

    def _yields(self, turn):
        """Look, once a second, whether a more urgent flow waits for a place at the endpoint.

        All places may be taken by flows with thousands of messages: the urgent one would wait for
        the chance to find one free. It is woken, and this lane comes back a little later.

        :param turn: the ``Turn`` of this run of the lane
        :return: whether the lane gives up its place
        """
        moment = time.monotonic()
        if turn.endpoint_id is None or moment < turn.yield_at:
            return False
        turn.yield_at = moment + LOOK_SECONDS
        urgent = self._urgent_lanes(turn)
        if not urgent:
            self._rollback_step()  # the next claim looks with a new snapshot
            return False
        urgent._wake()
        self._commit_step()
        turn.wake_in(LEASE_SECONDS)
        return True

    def _urgent_lanes(self, turn):
        """:return: the more urgent flows with due messages for the endpoint, and nobody at work"""
        flow = self.sudo()  # endpoints and other flows are for administrators
        endpoint = self._turn_endpoint(turn)
        others = (endpoint._outbound_flows() - flow).filtered(
            lambda other: other.active and other.state == "active"
        )
        others = others.filtered(lambda other: other.priority < flow.priority)._without_worker()
        return others.filtered(lambda other: other._has_due(other._new_turn(0, endpoint)))

    def _without_worker(self):
        """:return: those of these flows whose lane nobody has"""
        if not self:
            return self
        rows = self.env.execute_query(
            SQL(
                """SELECT objid::bigint FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = %s
                      AND database = (SELECT oid FROM pg_database
                                       WHERE datname = current_database())""",
                LANE_LOCK,
            )
        )
        return self - self.browse(row[0] for row in rows)
