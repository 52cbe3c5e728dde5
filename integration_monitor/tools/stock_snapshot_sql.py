"""Plain SQL: reading the runs of stock levels to channels, with what they are judged by."""

from __future__ import annotations

from .order_snapshot_sql import MILESTONES

# What the message of a run that has no transaction yet tells; the same as ``EVIDENCE`` of
# ``order_evidence_sql``, which finds messages by their transaction: nothing is news afterwards.
_FIRST_EVIDENCE = """jsonb_build_object('messages', jsonb_build_array(jsonb_build_object(
    'id', run.id, 'behind', false, 'state', run.state, 'direction', run.direction,
    'held', COALESCE(run.held, false), 'hold_reason', run.hold_reason,
    'paused', flow.state = 'paused' OR endpoint.state = 'paused',
    'breaker_since', CASE WHEN endpoint.breaker_state <> 'closed' THEN endpoint.breaker_since END,
    'error', run.error_message, 'error_class', run.error_class, 'failed_step', run.failed_step,
    'since', run.received_at, 'next_at', run.next_attempt_at, 'message_type', run.message_type,
    'ack_state', run.ack_state, 'ack_due_at', run.ack_due_at, 'system', system.name,
    'system_id', system.id, 'endpoint', endpoint.name, 'flow', flow.name, 'problem', NULL)),
    'exception', NULL, 'released_to', NULL,
    'told', jsonb_build_array(jsonb_build_array(
        run.message_type, run.system_id, 1, run.res_model)))"""

# The run that a message belongs to: a replay, and what coalesced into one, repeats the first.
_RUNS = """ARRAY(
    SELECT COALESCE((SELECT res_id FROM integration_transaction
                      WHERE correlation_id = asked.correlation_id
                        AND res_model = 'integration.message'), asked.id)
      FROM integration_message asked WHERE asked.id = ANY(%(messages)s))"""

# Nobody sends it any more: cancelled, or a failure that a person has closed.
_GONE = """
    last.state = 'cancelled'
    OR (last.state IN ('dead', 'quarantined') AND NOT COALESCE((
        SELECT bool_or(problem.is_open) FROM integration_exception problem
         WHERE problem.flow_id = run.flow_id
           AND (problem.message_id = last.id OR problem.transaction_id = owner.id)), true))
    OR (last.state = 'done' AND last.ack_state = 'rejected' AND NOT EXISTS (
        SELECT FROM integration_exception problem
         WHERE problem.message_id = last.id AND problem.is_open))"""

#: Runs by messages of theirs, whose ids it takes; with the ids that new transactions get.
#: One column with all of each, see ``reading``.
RUNS = f"""
    SELECT 'integration.message', jsonb_build_array(jsonb_build_object(
               'root_model', 'integration.message', 'id', run.id,
               'name', COALESCE(
                   (SELECT COALESCE(product.default_code, (
                               SELECT template.name ->> 'en_US' FROM product_template template
                                WHERE template.id = product.product_tmpl_id))
                      FROM product_product product WHERE product.id = run.res_id), '?')
                   || ' → ' || system.name,
               'state', CASE WHEN {_GONE} THEN 'cancel'
                             WHEN last.state = 'done' THEN 'done' ELSE 'open' END,
               'told_by', last.id, 'done_at', last.done_at, 'ack_state', last.ack_state,
               'acknowledges', COALESCE(flow.ack_minutes, 0) > 0,
               'system', system.name, 'system_id', system.id,
               'partner_id', system.partner_id, 'company_id', run.company_id,
               'warehouse_id', flow.warehouse_id, 'user_id', flow.user_id,
               'create_date', run.received_at,
               'commitment_date', CASE WHEN flow.latency_tolerance > 0 THEN
                   run.received_at + flow.latency_tolerance * interval '1 minute' END,
               'correlation_id', run.correlation_id,
               'amount_total', NULL, 'amount_company', NULL, 'currency_id', NULL,
               'pickings', NULL, 'invoices', NULL, 'payments', NULL),
           COALESCE(owner.id, nextval('integration_transaction_id_seq')), to_jsonb(owner),
           ({MILESTONES}),
           CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id)
                WHEN run.state <> 'done' THEN {_FIRST_EVIDENCE} END)
      FROM integration_message run
      JOIN integration_flow flow ON flow.id = run.flow_id
      JOIN integration_system system ON system.id = flow.system_id
      LEFT JOIN integration_endpoint endpoint ON endpoint.id = run.endpoint_id
      LEFT JOIN integration_transaction owner
        ON owner.res_model = 'integration.message' AND owner.res_id = run.id
     CROSS JOIN LATERAL (
           SELECT told.id, told.state, told.done_at, told.ack_state
             FROM integration_message told
            WHERE told.id = run.id OR told.transaction_id = owner.id
            ORDER BY told.state = 'cancelled', told.id DESC LIMIT 1) last
     WHERE run.id = ANY({_RUNS})
     ORDER BY run.id"""

#: Finished runs that began and ended before a moment, a bounded number; in the order of the index.
EXPIRED = """
    DELETE FROM integration_transaction WHERE id = ANY(ARRAY(
        SELECT id FROM integration_transaction
         WHERE res_model = 'integration.message' AND state <> 'in_progress'
           AND COALESCE(completed_at, started_at) < %(limit)s
         ORDER BY res_id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))"""
