"""Queues: the lanes of flows and the channels of background jobs, and how they are doing."""

from odoo import api, fields, models

VERDICTS = [
    ("ok", "Moving"),
    ("warning", "Falling behind"),
    ("stall", "Stuck"),
    ("stop", "Stopped"),
]
BAD_VERDICTS = ("stall", "stop")


class IntegrationQueue(models.Model):
    """One queue: a flow that has messages, or a channel of queue_job.

    Written each minute by :meth:`_watch` (``integration_queue_watch.py``), never by people. The
    verdict follows ``tools/queue_verdict.py``. A flow's queue belongs to the flow's company,
    channels serve all.
    """

    _name = "integration.queue"
    _description = "Integration queue"
    _order = "verdict_rank desc, waiting desc, name"
    _log_access = False

    name = fields.Char(compute="_compute_name", store=True, readonly=True)
    kind = fields.Selection(
        [("flow", "Messages of a flow"), ("channel", "Background jobs")],
        required=True,
        readonly=True,
    )
    flow_id = fields.Many2one(
        "integration.flow", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    system_id = fields.Many2one(related="flow_id.system_id", store=True)
    company_id = fields.Many2one(related="flow_id.company_id", store=True, index=True)
    channel = fields.Char(readonly=True, help="The channel of background jobs.")
    verdict = fields.Selection(VERDICTS, "State", required=True, default="ok", readonly=True)
    verdict_rank = fields.Integer(default=0, readonly=True, aggregator=None)
    reason = fields.Char("Why", readonly=True)
    since = fields.Datetime(readonly=True, help="Since when the verdict is what it is.")
    waiting = fields.Integer(
        readonly=True, help="Without those that are held on purpose or worked on right now."
    )
    held = fields.Integer(readonly=True, help="Kept back on purpose, for example by a pause.")
    oldest_at = fields.Datetime("Oldest Waits Since", readonly=True)
    arrived = fields.Integer(
        "Came In", readonly=True, aggregator=None, help="Since the queue is watched."
    )
    finished = fields.Integer(readonly=True, aggregator=None, help="Since the queue is watched.")
    sampled_at = fields.Datetime(
        "Last Change Seen", readonly=True, help="A queue in which nothing happens is not written."
    )
    samples = fields.Json(readonly=True, help="The last ten looks, one a minute.")
    unfinished = fields.Integer(readonly=True)
    last_id = fields.Integer(readonly=True, aggregator=None, help="The newest row counted.")

    _flow_uniq = models.UniqueIndex("(flow_id) WHERE flow_id IS NOT NULL")
    _channel_uniq = models.UniqueIndex("(channel) WHERE channel IS NOT NULL")

    @api.depends("flow_id.name", "channel")
    def _compute_name(self):
        """Name a queue after what waits in it."""
        for queue in self:
            queue.name = queue.flow_id.name or self.env._(
                "Background jobs: %(channel)s", channel=queue.channel or ""
            )

    def action_open_waiting(self):
        """Open the messages that wait, or the jobs of the channel for who may see them."""
        self.ensure_one()
        if self.flow_id:
            return self.flow_id.action_open_waiting()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "queue.job",
            "views": [(False, "list"), (False, "form")],
            "domain": [
                ("channel", "=", self.channel),
                ("state", "in", ("wait_dependencies", "pending", "enqueued", "started")),
            ],
        }

    def action_open_flow(self):
        """Open the flow whose messages wait."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.flow",
            "res_id": self.flow_id.id,
            "views": [(False, "form")],
        }
