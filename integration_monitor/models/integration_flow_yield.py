"""A lane leaves its place at an endpoint to a lane with more urgent messages."""

import time

from odoo import fields, models
from odoo.tools import SQL

from .integration_flow_drain import LEASE_SECONDS
from .integration_flow_lane import LANE_LOCK, LEASE_LOCK, LOOK_SECONDS


class IntegrationFlow(models.Model):
    """Priority between the flows of one endpoint: within a flow the claim keeps to it."""

    _inherit = "integration.flow"

    def _yields(self, turn):
        """Look, once a second, whether a more urgent flow waits for a place at the endpoint.

        All places may be taken by flows with thousands of messages: the urgent one would wait for
        the chance to find one free. It is woken, and this lane comes back a little later. Not for
        a flow that a place would not help.

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
        """:return: the more urgent flows that only lack a place at the endpoint"""
        flow = self.sudo()  # endpoints and other flows are for administrators
        endpoint = self._turn_endpoint(turn)
        others = (endpoint._outbound_flows() - flow).filtered(
            lambda other: other.active
            and other.state == "active"
            and other.priority < flow.priority
            and other._account_fits()
        )
        if not others:
            return others
        working, taken = self._taken(turn.endpoint_id)
        return (others - working).filtered(
            lambda other: other._lacks_a_place(turn, other._new_turn(0, endpoint), taken)
        )

    def _taken(self, endpoint_id):
        """:return: the flows whose lane somebody has, and the set of places that are taken"""
        rows = self.env.execute_query(
            SQL(
                """SELECT classid::bigint, objid::bigint FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
                      AND (classid = %(lane)s
                           OR (classid >= %(lease)s AND objid = %(endpoint)s))
                      AND database = (SELECT oid FROM pg_database
                                       WHERE datname = current_database())""",
                lane=LANE_LOCK,
                lease=LEASE_LOCK,
                endpoint=endpoint_id,
            )
        )
        lanes = self.browse(objid for classid, objid in rows if classid == LANE_LOCK)
        return lanes, {classid - LEASE_LOCK for classid, _objid in rows if classid != LANE_LOCK}

    def _lacks_a_place(self, turn, wanted, taken):
        """Tell whether this lane would send at once what is due, if only it had a place.

        :param turn: the ``Turn`` of the lane that might leave its place
        :param wanted: the ``Turn`` that this lane would have
        :param set taken: the numbers of the places that somebody has
        """
        if not taken.issuperset(range(wanted.limit)):
            return False
        wanted.retries = False
        message_id = self._next_due(wanted)
        if message_id is None:
            wanted.retries = True
            message_id = self._next_due(wanted)
            endpoint = self._turn_endpoint(wanted)
            if message_id is None or not endpoint._may_retry(fields.Datetime.now()):
                return False
        # Whoever takes tokens of the pace himself leaves them to who is more urgent.
        return turn.paced or self._has_pace_for(wanted, message_id)
