"""The messages of a subscription, made from events by one statement."""

from odoo import fields, models
from odoo.tools import SQL

from .integration_message_replay import REPLAY_PRIORITY
from .integration_subscription_sql import COALESCE_KEY


class IntegrationSubscription(models.Model):
    """What a subscriber gets, and what it stands for."""

    _inherit = "integration.subscription"

    def _insert_messages(self, event_ids):
        """Make the messages of events in one statement.

        What coalesces refreshes the message that waits for the same key, be it for its first
        attempt or for another one: its content is built when it goes out. A message that a lane is
        sending this moment, or that a person tells by hand, is left alone, and followed by another
        one.

        :return: number of messages made or refreshed
        """
        hold = self.flow_id._hold_reason()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """WITH newest AS (
                       SELECT DISTINCT ON (COALESCE(k.key, e.event_uid)) e.*, k.key,
                              e.id <= COALESCE(s.repeat_until_id, 0) AS repetition,
                              jsonb_build_object(
                                  'warehouse_id', e.warehouse_id, 'pricelist_id',
                                  COALESCE(s.pricelist_id, e.pricelist_id)) AS scope
                         FROM integration_event e
                         JOIN integration_subscription s ON s.id = %(subscription)s
                        CROSS JOIN LATERAL (SELECT %(key)s AS key) k
                        WHERE e.id = ANY(%(ids)s)
                        ORDER BY COALESCE(k.key, e.event_uid), e.id DESC
                   ), waiting AS (
                       SELECT m.id, n.event_uid, n.occurred_at, n.scope, n.repetition
                         FROM integration_message m JOIN newest n ON n.key = m.coalesce_key
                        WHERE m.flow_id = %(flow)s AND m.state = 'retry'
                          AND (m.held AND m.hold_reason = 'manual') IS NOT TRUE
                          AND (m.occurred_at > n.occurred_at) IS NOT TRUE
                          FOR NO KEY UPDATE OF m SKIP LOCKED
                   ), refreshed AS (
                       UPDATE integration_message m
                          SET event_uid = w.event_uid, occurred_at = w.occurred_at,
                              event_scope = w.scope,
                              repetition = m.repetition AND w.repetition, write_date = %(now)s
                         FROM waiting w WHERE m.id = w.id
                    RETURNING m.id, m.coalesce_key
                   ), made AS (
                       INSERT INTO integration_message AS m (
                              message_uid, idempotency_key, flow_id, system_id, endpoint_id,
                              company_id, message_type, event_code, event_uid, event_scope,
                              repetition, priority, held, hold_reason, coalesce_key, ordering_key,
                              subject_key, res_model, res_id, correlation_id, trace_id,
                              direction, state, ack_state, attempt_count, attempt_start,
                              conflict_count, duplicate_count, occurred_at, received_at,
                              create_uid, create_date, write_uid, write_date)
                       SELECT u.uid,
                              CASE WHEN n.repetition AND %(new_key)s THEN u.uid
                                   ELSE n.event_uid || '-' || f.id END,
                              f.id, f.system_id, f.endpoint_id, f.company_id, f.message_type,
                              n.event_code, n.event_uid, n.scope, n.repetition,
                              f.priority + CASE WHEN n.repetition THEN %(behind)s ELSE 0 END,
                              %(held)s, %(hold)s, n.key,
                              CASE WHEN f.ordering THEN n.res_model || ',' || n.res_id END,
                              COALESCE(n.key, n.event_uid), n.res_model, n.res_id,
                              COALESCE(n.correlation_id, n.event_uid), n.trace_id,
                              'outbound', 'pending', 'none', 0, 0, 0, 0, n.occurred_at, %(now)s,
                              %(uid)s, %(now)s, %(uid)s, %(now)s
                         FROM newest n
                         JOIN integration_flow f ON f.id = %(flow)s
                        CROSS JOIN LATERAL (
                              SELECT replace(gen_random_uuid()::text, '-', '') AS uid
                               WHERE n.id IS NOT NULL) u
                        WHERE n.key IS NULL OR NOT EXISTS (
                              SELECT 1 FROM refreshed r WHERE r.coalesce_key = n.key)
                        ORDER BY n.id
                       ON CONFLICT (flow_id, coalesce_key)
                             WHERE state = 'pending' AND coalesce_key IS NOT NULL
                       DO UPDATE SET event_uid = EXCLUDED.event_uid,
                                     event_scope = EXCLUDED.event_scope,
                                     occurred_at = EXCLUDED.occurred_at,
                                     repetition = m.repetition AND EXCLUDED.repetition,
                                     priority = LEAST(m.priority, EXCLUDED.priority),
                                     write_date = EXCLUDED.write_date
                               WHERE EXCLUDED.occurred_at >= m.occurred_at
                       RETURNING m.id)
                   SELECT id FROM made UNION ALL SELECT id FROM refreshed""",
                subscription=self.id,
                key=COALESCE_KEY,
                ids=event_ids,
                flow=self.flow_id.id,
                now=now,
                new_key=bool(self.repeat_new_key),
                behind=REPLAY_PRIORITY,
                held=bool(hold),
                hold=hold or None,
                uid=self.env.uid,
            )
        )
        return len(rows)
