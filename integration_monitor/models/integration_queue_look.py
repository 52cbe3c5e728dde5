"""What is in the queues at this moment: one query for all flows, one for all channels."""

from odoo import api, models
from odoo.tools import SQL

COUNTS = ("unfinished", "waiting", "due", "held", "working", "arrived")


class IntegrationQueue(models.Model):
    """Counting; nothing here writes."""

    _inherit = "integration.queue"

    @api.model
    def _look_at_flows(self, now):
        """Count the messages of each flow; what is held, blocked or in work is no lag.

        :return: list of dicts: ``key`` (flow id), the counts, ``oldest``, ``worked``, ``last_id``
        """
        self.env.cr.execute(
            SQL(
                """
                WITH mark AS (
                    SELECT max(last_id) AS id FROM integration_queue WHERE kind = 'flow'
                ), newest AS (
                    SELECT COALESCE(max(id), 0) AS id FROM integration_message
                ), came AS (
                    SELECT flow_id, count(*) AS arrived FROM integration_message
                     WHERE id > (SELECT id FROM mark) GROUP BY flow_id
                ), lanes AS (
                    SELECT f.id, f.ordering,
                           f.active AND f.state = 'active'
                           AND (e.id IS NULL OR (e.active AND e.state = 'active'))
                           AND %(open)s AS running
                      FROM integration_flow f
                      LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                ), rows AS (
                    SELECT m.flow_id, m.state, m.received_at, m.claimed_at, m.next_attempt_at,
                           NOT lanes.running OR m.held IS TRUE AS held,
                           lanes.ordering IS TRUE AND m.ordering_key IS NOT NULL AND EXISTS (
                               SELECT 1 FROM integration_message b
                                WHERE %(precedes)s) AS blocked
                      FROM integration_message m JOIN lanes ON lanes.id = m.flow_id
                     WHERE m.state IN ('pending', 'processing', 'retry')
                ), counted AS (
                    SELECT flow_id, count(*) AS unfinished,
                           count(*) FILTER (WHERE %(lag)s) AS waiting,
                           count(*) FILTER (WHERE %(lag)s AND %(is_due)s) AS due,
                           count(*) FILTER (WHERE state <> 'processing' AND held) AS held,
                           count(*) FILTER (WHERE state = 'processing') AS working,
                           min(received_at) FILTER (WHERE %(lag)s) AS oldest,
                           EXTRACT(EPOCH FROM max(claimed_at)) AS worked
                      FROM rows GROUP BY flow_id
                )
                SELECT COALESCE(counted.flow_id, came.flow_id), unfinished, waiting, due, held,
                       working, arrived, oldest, worked::float, newest.id
                  FROM counted FULL JOIN came ON came.flow_id = counted.flow_id
                 CROSS JOIN newest
                """,
                precedes=self.env["integration.message"]._precedes_condition(),
                lag=SQL("state <> 'processing' AND NOT held AND NOT blocked"),
                open=self.env["integration.flow"]._open_condition(now),
                is_due=SQL("COALESCE(next_attempt_at, received_at) <= %s", now),
            )
        )
        return self._looks()

    @api.model
    def _look_at_channels(self, now):
        """Count the background jobs of each channel.

        In SQL: whoever looks needs no rights on jobs, and queue_job itself changes states so.

        :return: as :meth:`_look_at_flows`; ``key`` is the channel
        """
        self.env.cr.execute(
            SQL(
                """
                WITH mark AS (
                    SELECT max(last_id) AS id FROM integration_queue WHERE kind = 'channel'
                ), newest AS (
                    SELECT COALESCE(max(id), 0) AS id FROM queue_job
                ), came AS (
                    SELECT COALESCE(channel, 'root') AS channel, count(*) AS arrived
                      FROM queue_job WHERE id > (SELECT id FROM mark) GROUP BY 1
                ), counted AS (
                    SELECT COALESCE(channel, 'root') AS channel, count(*) AS unfinished,
                           count(*) FILTER (WHERE %(lag)s) AS waiting,
                           count(*) FILTER (WHERE state = 'started') AS working,
                           min(greatest(date_created, eta)) FILTER (WHERE %(lag)s) AS oldest
                      FROM queue_job
                     WHERE state IN ('wait_dependencies', 'pending', 'enqueued', 'started')
                     GROUP BY 1
                )
                SELECT COALESCE(counted.channel, came.channel), unfinished, waiting,
                       waiting AS due, 0 AS held, working, arrived, oldest, NULL, newest.id
                  FROM counted FULL JOIN came ON came.channel = counted.channel
                 CROSS JOIN newest
                """,
                lag=SQL("state IN ('pending', 'enqueued') AND (eta IS NULL OR eta <= %s)", now),
            )
        )
        return self._looks()

    @api.model
    def _looks(self):
        """:return: the rows of the last query as dicts"""
        names = ("key", *COUNTS, "oldest", "worked", "last_id")
        return [
            {
                name: (value or 0) if name in COUNTS else value
                for name, value in zip(names, row, strict=True)
            }
            for row in self.env.cr.fetchall()
        ]
