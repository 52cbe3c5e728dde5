"""Events do not stay for ever, but nobody's unread ones are deleted without a word."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# A person has so long to act on the exception before anything unread is deleted.
GRACE = timedelta(days=1)
GC_BATCH = 20000


class IntegrationEvent(models.Model):
    """Deleting what everybody has read."""

    _inherit = "integration.event"

    @api.model
    def _passed_by_all(self):
        """Tell which events everybody has read.

        A paused subscription keeps its events until a person was told, a day before, that they
        will go.

        :return: id of an event; None when there is no subscription that keeps any
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT min(s.cursor_id) FROM integration_subscription s
                    WHERE s.active AND (s.state = 'active' OR NOT EXISTS (
                          SELECT 1 FROM integration_exception x
                           WHERE x.dedupe_key = 'subscription-backlog:' || s.id
                             AND x.opened_at < %s
                             AND x.opened_at > COALESCE(s.paused_at, '-infinity')))""",
                fields.Datetime.now() - GRACE,
            )
        )
        return rows[0][0]

    @api.autovacuum
    def _gc_events(self):
        """Delete events past their retention that every subscriber has read, a batch at a time.

        :return: tuple (number removed, whether more may be left)
        """
        subscriptions = self.env["integration.subscription"]
        subscriptions.flush_model()
        limit = self.env["integration.log"]._retention_now() - timedelta(
            days=subscriptions._setting("event_retention_days")
        )
        passed = self._passed_by_all()
        self.env.cr.execute(
            SQL(
                """DELETE FROM integration_event
                    WHERE id IN (SELECT id FROM integration_event
                                  WHERE occurred_at < %s AND (%s::int IS NULL OR id <= %s)
                                  ORDER BY occurred_at LIMIT %s)""",
                limit,
                passed,
                passed,
                GC_BATCH,
            )
        )
        self.env.invalidate_all(flush=False)
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_BATCH
