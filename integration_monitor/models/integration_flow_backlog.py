"""What collects in front of a partner, and when it will be gone."""

import math

from odoo import api, fields, models

from ..tools import backlog, queue_verdict
from .integration_transaction_blame import since_text


class IntegrationFlow(models.Model):
    """Back-pressure on the flow's form: how many wait, since when, until when."""

    _inherit = "integration.flow"

    drain_pace = fields.Integer(related="endpoint_id.drain_pace")
    backlog_since = fields.Datetime(compute="_compute_backlog")
    backlog_text = fields.Char(string="Backlog", compute="_compute_backlog")

    @api.depends("queue_ids.samples", "endpoint_id.breaker_state", "endpoint_id.state", "state")
    def _compute_backlog(self):
        """Count what waits: one query for all flows. The watch has measured the pace."""
        groups = self.env["integration.message"]._read_group(
            [("flow_id", "in", self.ids), ("state", "in", ("pending", "retry"))],
            ["flow_id"],
            ["__count", "received_at:min"],
        )
        counts = {flow.id: (waiting, oldest) for flow, waiting, oldest in groups}
        for flow in self:
            waiting, oldest = counts.get(flow.id, (0, False))
            flow.backlog_since = oldest
            flow.backlog_text = flow._backlog_words(waiting, oldest) if waiting else False

    def _backlog_words(self, waiting, oldest):
        """:return: one or two sentences for the flow's form"""
        words = self.env._(
            "Waiting: %(count)s (the oldest: %(since)s).",
            count=waiting,
            since=since_text(self.env, oldest),
        )
        return f"{words} {self._pace_words(waiting)}".strip()

    def _pace_words(self, waiting):
        """:return: when the backlog will be gone, at the pace since the partner is back"""
        # Whoever may read the flow may know why it waits.
        if self.sudo()._hold_reason():
            return self.env._("Nothing is sent at the moment.")
        # A minute in which nothing waited, held messages apart, ends what the watch remembers.
        samples = queue_verdict.load(self.queue_ids.samples)
        if len(samples) < 2:
            return self._declared_words(waiting)
        first, last = samples[0], samples[-1]
        finished, minutes = last.finished - first.finished, (last.at - first.at) / 60
        left = backlog.minutes_left(
            waiting, finished=finished, arrived=last.arrived - first.arrived, minutes=minutes
        )
        if left is None:
            return self.env._("At the present pace it does not become less.")
        return self.env._(
            "At the present pace (%(pace)s a minute) it is gone in %(left)s min.",
            pace=f"{finished / minutes:.1f}",
            left=left,
        )

    def _declared_words(self, waiting):
        """:return: when the backlog will be gone, as long as nothing was measured"""
        pace = self.drain_pace
        if not pace:
            return ""
        return self.env._(
            "At the declared pace (%(pace)s a minute) it is gone in %(left)s min.",
            pace=pace,
            left=math.ceil(waiting / pace),
        )
