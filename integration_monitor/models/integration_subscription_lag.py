"""How far subscribers are behind: one statement for screens, graphs, the watch and Prometheus."""

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_event_type import PRICE, STOCK
from .integration_subscription_sql import WANTED

# Nobody needs to know more exactly how far behind a subscriber is.
COUNT_LIMIT = 100000


class IntegrationSubscriptionLag(models.Model):
    """One row for each subscription, of this moment; has the id of the subscription."""

    _name = "integration.subscription.lag"
    _description = "Lag of subscriptions"
    _auto = False
    _rec_name = "subscription_id"
    _order = "lag_minutes desc, id"
    _depends = {
        "integration.subscription": [
            "flow_id",
            "company_id",
            "state",
            "cursor_id",
            "event_codes",
            "start_at",
            "warehouse_ids",
            "pricelist_id",
        ],
        "integration.message": ["flow_id", "event_code", "state", "occurred_at", "done_at"],
    }

    subscription_id = fields.Many2one("integration.subscription", readonly=True)
    flow_id = fields.Many2one("integration.flow", readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    state = fields.Selection([("active", "Active"), ("paused", "Paused")], readonly=True)
    behind_count = fields.Integer(
        string="Events Behind",
        readonly=True,
        help="Not handed over yet; at most 100,000 are counted. The condition on documents is "
        "judged later.",
    )
    oldest_event_at = fields.Datetime(string="Oldest Event Behind", readonly=True)
    waiting_count = fields.Integer(string="Messages Waiting", readonly=True)
    dead_count = fields.Integer(string="Dead Letters", readonly=True)
    oldest_waiting_at = fields.Datetime(
        readonly=True, help="When the oldest event happened that is not delivered yet."
    )
    lag_minutes = fields.Integer(
        string="Lag (minutes)",
        readonly=True,
        aggregator="max",
        help="Age of the oldest event that is not delivered. Dead letters do not count: each has "
        "an exception.",
    )
    last_push_at = fields.Datetime(string="Last Push", readonly=True)
    last_event_at = fields.Datetime(
        string="Last Event", readonly=True, help="When the newest event happened that was told."
    )
    last_stock_push_at = fields.Datetime(string="Last Stock Push", readonly=True)
    last_price_push_at = fields.Datetime(string="Last Price Push", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT s.id, s.id AS subscription_id, s.flow_id, f.system_id, s.company_id, s.state,
                   behind.number AS behind_count, behind.oldest AS oldest_event_at,
                   work.waiting AS waiting_count, work.dead AS dead_count,
                   LEAST(behind.oldest, work.oldest) AS oldest_waiting_at,
                   GREATEST(0, EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC'
                       - LEAST(behind.oldest, work.oldest)) / 60)::int AS lag_minutes,
                   push.last_push_at, push.last_event_at, push.last_stock_push_at,
                   push.last_price_push_at
              FROM integration_subscription s
              JOIN integration_flow f ON f.id = s.flow_id
             CROSS JOIN LATERAL (
                   SELECT count(*) AS number, min(b.occurred_at) AS oldest
                     FROM (SELECT e.occurred_at FROM integration_event e
                            WHERE e.id > s.cursor_id AND %(wanted)s
                            ORDER BY e.id LIMIT %(limit)s) b) behind
             CROSS JOIN LATERAL (
                   SELECT count(*) FILTER (
                              WHERE m.state NOT IN ('dead', 'quarantined')) AS waiting,
                          count(*) FILTER (WHERE m.state IN ('dead', 'quarantined')) AS dead,
                          min(m.occurred_at) FILTER (
                              WHERE m.state NOT IN ('dead', 'quarantined')) AS oldest
                     FROM integration_message m
                    WHERE m.flow_id = s.flow_id AND m.state IN
                          ('pending', 'processing', 'retry', 'dead', 'quarantined')) work
             CROSS JOIN LATERAL (
                   SELECT max(last.done_at) AS last_push_at, max(last.occurred_at) AS last_event_at,
                          max(last.done_at) FILTER (WHERE c.code = %(stock)s)
                              AS last_stock_push_at,
                          max(last.done_at) FILTER (WHERE c.code = %(price)s)
                              AS last_price_push_at
                     FROM unnest(string_to_array(s.event_codes, ',')) AS c (code)
                    CROSS JOIN LATERAL (
                          SELECT m.done_at, m.occurred_at FROM integration_message m
                           WHERE m.flow_id = s.flow_id AND m.event_code = c.code
                             AND m.state = 'done' AND m.direction = 'outbound'
                           ORDER BY m.done_at DESC LIMIT 1) last) push
            """,
            wanted=WANTED,
            limit=COUNT_LIMIT,
            stock=STOCK,
            price=PRICE,
        )

    @api.model
    def _figures(self, subscription_ids=None):
        """Look now; without access rules, for callers that checked them.

        :param subscription_ids: ids; None: all that are not archived
        :return: dict of subscription id → dict of this model's columns
        """
        self.env.flush_all()
        where = SQL("lag.id IN (SELECT id FROM integration_subscription WHERE active)")
        if subscription_ids is not None:
            where = SQL("lag.id = ANY(%s)", list(subscription_ids))
        self.env.cr.execute(SQL("SELECT lag.* FROM (%s) lag WHERE %s", self._table_query, where))
        return {row["id"]: row for row in self.env.cr.dictfetchall()}
