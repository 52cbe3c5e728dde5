"""Plain SQL: a database function that tells what messages and exceptions say of a transaction."""

MESSAGE = """
    SELECT jsonb_build_object(
               'state', message.state, 'held', COALESCE(message.held, false),
               'hold_reason', message.hold_reason,
               'paused', flow.state = 'paused' OR endpoint.state = 'paused',
               'breaker_since', CASE WHEN message.direction = 'outbound'
                                      AND endpoint.breaker_state <> 'closed'
                                     THEN endpoint.breaker_since END,
               'error', message.error_message, 'attempt', message.attempt_count,
               'limit', policy.max_attempts, 'next_at', message.next_attempt_at,
               'message_type', message.message_type, 'ack_state', message.ack_state,
               'system', system.name, 'system_id', system.id,
               'endpoint', endpoint.name, 'flow', flow.name)
      FROM integration_message message
      JOIN integration_flow flow ON flow.id = message.flow_id
      LEFT JOIN integration_retry_policy policy ON policy.id = flow.retry_policy_id
      LEFT JOIN integration_endpoint endpoint ON endpoint.id = message.endpoint_id
      LEFT JOIN integration_system system
        ON system.id = COALESCE(endpoint.system_id, message.system_id)
     WHERE message.transaction_id = owner.id
       AND (message.state IN ('pending', 'processing', 'retry')
            OR (message.state = 'done' AND message.ack_state = 'awaited')
            -- A failure that a person has closed is no reason to wait any more.
            OR (message.state IN ('dead', 'quarantined')
                AND COALESCE((SELECT bool_or(problem.is_open) FROM integration_exception problem
                               WHERE problem.flow_id = message.flow_id
                                 AND (problem.message_id = message.id
                                      OR problem.transaction_id = owner.id)), true)))
     ORDER BY array_position(ARRAY['dead', 'quarantined', 'retry', 'processing', 'pending'],
                             message.state::text), message.id DESC
     LIMIT 1"""

# What a business rule found is what became of the order, and no reason for it.
EXCEPTION = """
    SELECT jsonb_build_object('title', problem.name, 'category', problem.category,
                              'system', system.name, 'system_id', system.id)
      FROM integration_exception problem
      LEFT JOIN integration_system system ON system.id = problem.system_id
     WHERE problem.transaction_id = owner.id AND problem.is_open
       AND problem.business_rule_id IS NULL
     ORDER BY problem.id DESC
     LIMIT 1"""

RELEASED_TO = """
    SELECT jsonb_build_object('system', system.name, 'system_id', system.id)
      FROM integration_message message
      JOIN integration_system system ON system.id = message.system_id
     WHERE message.transaction_id = owner.id AND message.direction = 'outbound'
       AND message.state = 'done' AND system.kind IN ('wms', 'tms')
     ORDER BY message.id DESC
     LIMIT 1"""

# How many documents were told to whom: who was told nothing cannot report.
TOLD = """
    SELECT jsonb_agg(jsonb_build_array(told.message_type, told.system_id, told.documents,
                                       told.res_model))
      FROM (SELECT message.message_type, message.system_id, message.res_model,
                   count(DISTINCT message.res_id) AS documents
              FROM integration_message message
             WHERE message.transaction_id = owner.id AND message.direction = 'outbound'
               AND message.res_model IS NOT NULL AND message.state <> 'cancelled'
             GROUP BY message.message_type, message.system_id, message.res_model) told"""

EVIDENCE = f"""
    BEGIN
        IF NOT EXISTS (SELECT FROM integration_message WHERE transaction_id = owner_id)
           AND NOT EXISTS (SELECT FROM integration_exception
                            WHERE transaction_id = owner_id AND is_open)
        THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT jsonb_build_object('message', ({MESSAGE}), 'exception', ({EXCEPTION}),
                                          'released_to', ({RELEASED_TO}), 'told', ({TOLD}))
                  FROM (VALUES (owner_id)) owner (id));
    END"""
