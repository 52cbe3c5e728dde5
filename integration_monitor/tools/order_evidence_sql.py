"""Plain SQL: a database function that tells what messages and exceptions say of a transaction."""

# The place of a message among those that hold an order up, worst first.
_RANK = """CASE WHEN {m}.state = 'done' AND {m}.ack_state = 'rejected' THEN 0
                ELSE COALESCE(array_position(
                    ARRAY['dead', 'quarantined', 'retry', 'processing', 'pending'],
                    {m}.state::text), 9) END"""

# The open exception of a message. One may be shared by the messages about one matter.
_PROBLEM = """
    SELECT jsonb_build_object('category', problem.category, 'user_id', problem.user_id,
                              'source_model', problem.source_model,
                              'source_key', problem.source_key,
                              'source_value', problem.source_value,
                              'system', (SELECT name FROM integration_system
                                          WHERE id = problem.system_id),
                              'system_id', problem.system_id)
      FROM integration_exception problem
     WHERE problem.flow_id = judged.flow_id AND problem.is_open
       AND (problem.message_id = judged.id OR problem.transaction_id = owner.id)
     ORDER BY problem.message_id = judged.id DESC NULLS LAST, problem.id DESC
     LIMIT 1"""

# Of each type the worst message that is not over.
_UNFINISHED = f"""
    SELECT DISTINCT ON (candidate.message_type) candidate.id
      FROM integration_message candidate
     WHERE candidate.transaction_id = owner.id
       AND (candidate.state IN ('pending', 'processing', 'retry')
            OR (candidate.state = 'done' AND candidate.ack_state = 'awaited')
            -- A refusal is over once a person has closed it.
            OR (candidate.state = 'done' AND candidate.ack_state = 'rejected'
                AND EXISTS (SELECT FROM integration_exception problem
                             WHERE problem.message_id = candidate.id AND problem.is_open))
            -- A failure that a person has closed is no reason to wait any more.
            OR (candidate.state IN ('dead', 'quarantined')
                AND COALESCE((SELECT bool_or(problem.is_open) FROM integration_exception problem
                               WHERE problem.flow_id = candidate.flow_id
                                 AND (problem.message_id = candidate.id
                                      OR problem.transaction_id = owner.id)), true)))
     ORDER BY candidate.message_type, {_RANK.format(m="candidate")}, candidate.id DESC"""

# Where messages keep their order, the first unfinished one is what the others wait for; the same
# as ``integration.message._precedes_condition``.
_BEFORE = """
    SELECT earlier.id
      FROM integration_message earlier
     WHERE earlier.flow_id = message.flow_id AND earlier.ordering_key = message.ordering_key
       AND COALESCE(earlier.origin_id, earlier.replay_of_id, earlier.id)
           < COALESCE(message.origin_id, message.replay_of_id, message.id)
       AND earlier.let_pass IS NOT TRUE
       AND earlier.state IN ('pending', 'processing', 'retry', 'dead', 'quarantined')
       AND (earlier.state NOT IN ('dead', 'quarantined')
            OR (message.passes_failed IS NOT TRUE
                AND (earlier.coalesce_key = message.coalesce_key) IS NOT TRUE))
     ORDER BY COALESCE(earlier.origin_id, earlier.replay_of_id, earlier.id) LIMIT 1"""

MESSAGES = f"""
    SELECT jsonb_agg(jsonb_build_object(
               'id', judged.id, 'behind', judged.id <> message.id,
               'state', judged.state, 'direction', judged.direction,
               'held', COALESCE(judged.held, false), 'hold_reason', judged.hold_reason,
               'paused', flow.state = 'paused' OR endpoint.state = 'paused',
               'breaker_since', CASE WHEN judged.direction = 'outbound'
                                      AND endpoint.breaker_state <> 'closed'
                                     THEN endpoint.breaker_since END,
               'error', judged.error_message, 'error_class', judged.error_class,
               'failed_step', judged.failed_step, 'since', judged.received_at,
               'next_at', judged.next_attempt_at,
               'message_type', judged.message_type, 'ack_state', judged.ack_state,
               'ack_due_at', judged.ack_due_at,
               'system', system.name, 'system_id', system.id,
               'endpoint', endpoint.name, 'flow', flow.name, 'problem', ({_PROBLEM}))
           ORDER BY {_RANK.format(m="judged")}, judged.id DESC)
      FROM integration_message message
      JOIN integration_flow flow ON flow.id = message.flow_id
      JOIN integration_message judged
        ON judged.id = CASE WHEN flow.ordering AND message.state IN ('pending', 'retry')
                            THEN COALESCE(({_BEFORE}), message.id) ELSE message.id END
      LEFT JOIN integration_endpoint endpoint ON endpoint.id = judged.endpoint_id
      LEFT JOIN integration_system system
        ON system.id = COALESCE(endpoint.system_id, judged.system_id)
     WHERE message.id = ANY(ARRAY({_UNFINISHED}))"""

# What a business rule found is what became of the order, and no reason for it. A message that goes
# on speaks for its own exception. Of several the gravest, the oldest first.
EXCEPTION = """
    SELECT jsonb_build_object('title', problem.name, 'category', problem.category,
                              'system', system.name, 'system_id', system.id,
                              'user_id', problem.user_id)
      FROM integration_exception problem
      LEFT JOIN integration_system system ON system.id = problem.system_id
     WHERE problem.transaction_id = owner.id AND problem.is_open
       AND problem.business_rule_id IS NULL
       AND NOT EXISTS (SELECT FROM integration_message going
                        WHERE going.id = problem.message_id
                          AND going.state IN ('pending', 'processing', 'retry'))
     ORDER BY problem.severity_rank, problem.id
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
        RETURN (SELECT jsonb_build_object('messages', ({MESSAGES}), 'exception', ({EXCEPTION}),
                                          'released_to', ({RELEASED_TO}), 'told', ({TOLD}))
                  FROM (VALUES (owner_id)) owner (id));
    END"""
