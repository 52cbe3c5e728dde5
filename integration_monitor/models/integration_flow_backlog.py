"""What collects in front of a partner, and when it will be gone."""

from odoo import fields, models
from odoo.tools import SQL

from ..tools import backlog
from .integration_transaction_blame import since_text

# The present pace is measured over so many minutes.
PACE_MINUTES = 5


class IntegrationFlow(models.Model):
    """Back-pressure on the flow's form: how many wait, since when, until when."""

    _inherit = "integration.flow"

    drain_pace = fields.Integer(related="endpoint_id.drain_pace")
    backlog_since = fields.Datetime(string="Oldest Waits", compute="_compute_backlog")
    backlog_text = fields.Char(string="Backlog", compute="_compute_backlog")

    def _compute_backlog(self):
        """Count what waits and what came and went lately: one query for all flows."""
        self.backlog_since = self.backlog_text = False
        for flow_id, waiting, oldest, arrived, finished in self._backlogs():
            flow = self.browse(flow_id)
            flow.backlog_since = oldest
            flow.backlog_text = flow._backlog_words(waiting, oldest, arrived, finished)

    def _backlogs(self):
        """:return: rows (flow id, waiting, oldest, arrived and finished in the last minutes)"""
        if not self.ids:
            return []
        self.env["integration.message"].flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT f.id, waits.number, waits.oldest, came.number, went.number
                     FROM unnest(%(ids)s) AS f(id)
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS number, min(received_at) AS oldest
                            FROM integration_message
                           WHERE flow_id = f.id AND state IN ('pending', 'retry')) waits
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS number FROM integration_message
                           WHERE flow_id = f.id AND received_at >= %(since)s) came
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS number FROM integration_message
                           WHERE flow_id = f.id AND done_at >= %(since)s) went
                    WHERE waits.number > 0""",
                ids=self.ids,
                since=fields.Datetime.subtract(fields.Datetime.now(), minutes=PACE_MINUTES),
            )
        )

    def _backlog_words(self, waiting, oldest, arrived, finished):
        """:return: one sentence for the flow's form"""
        words = self.env._(
            "%(count)s wait, the oldest for %(since)s.",
            count=waiting,
            since=since_text(self.env, oldest),
        )
        # Whoever may read the flow may know why it waits.
        if self.sudo()._hold_reason():
            return words + " " + self.env._("Nothing is sent at the moment.")
        left = backlog.minutes_left(
            waiting, finished=finished, arrived=arrived, minutes=PACE_MINUTES
        )
        if left is None:
            return words + " " + self.env._("At the present pace it does not become less.")
        return words + " " + self.env._(
            "At the present pace (%(pace)s a minute) it is gone in %(left)s min.",
            pace=round(finished / PACE_MINUTES, 1),
            left=left,
        )
