"""SQL of the business outcomes: what is due, what it amounts to, and what holds no more.

What is due is found by comparison, not by a moment: milestones may be reported for the past, and a
paid invoice may be unpaid again. ``limit`` bounds the facts of one statement, ``now`` is UTC. The
placeholders ``names`` and ``dimensions`` are columns and expressions of the common dimensions,
over the aliases ``fact``, ``owner`` (transaction), ``sale`` (order) and ``picking``.
"""

from .followed_sql import ENDED, followed
from .outcome_invoice_sql import billing

# The day in the company's time zone; the main category is that of the goods with the greatest
# amount, of services only where nothing else was ordered.
_PLACE = """
      LEFT JOIN res_company company ON company.id = fact.company_id
      LEFT JOIN res_partner home ON home.id = company.partner_id
      LEFT JOIN integration_system system ON system.id = fact.system_id
      LEFT JOIN LATERAL (
           SELECT template.categ_id
             FROM sale_order_line line
             JOIN product_product product ON product.id = line.product_id
             JOIN product_template template ON template.id = product.product_tmpl_id
            WHERE line.order_id = sale.id AND line.display_type IS NULL
            GROUP BY template.categ_id
            ORDER BY bool_and(template.type = 'service'), sum(line.price_subtotal) DESC,
                     template.categ_id LIMIT 1) main ON true
"""


def day_of(moment: str) -> str:
    """SQL for the day of a moment in the company's time zone.

    :param moment: SQL expression, UTC
    """
    return f"((({moment}) AT TIME ZONE 'UTC') AT TIME ZONE COALESCE(home.tz, 'UTC'))::date"


DAY = day_of("fact.at")

# Nobody retried, edited, overrode, took over, assigned or corrected anything; an exception that is
# still open, or whose source had to be corrected, needs somebody.
_TOUCHLESS = """
    owner.state = 'completed'
    AND NOT EXISTS (SELECT FROM integration_exception e WHERE e.transaction_id = owner.id
                       AND (e.by_person OR e.is_open OR e.source_model IS NOT NULL
                            OR e.resolution IN ('manual', 'ignored', 'discarded')))
    AND NOT EXISTS (SELECT FROM integration_message m WHERE m.transaction_id = owner.id
                       AND (m.by_person OR m.given_up OR m.by_hand_user_id IS NOT NULL
                            OR m.replay_of_id IS NOT NULL
                            OR EXISTS (SELECT FROM integration_message_edit edit
                                        WHERE edit.message_id = m.id)))
    AND NOT EXISTS (SELECT FROM integration_milestone s
                     WHERE s.transaction_id = owner.id AND s.source = 'manual')
    AND NOT EXISTS (SELECT FROM integration_transaction_document d
                      JOIN integration_gate_override g
                        ON g.res_model = d.res_model AND g.res_id = d.res_id
                     WHERE d.transaction_id = owner.id)
"""
ORDERS = f"""
    WITH fact AS MATERIALIZED (
        SELECT t.id, t.id AS transaction_id, t.name, t.company_id, t.partner_id, t.warehouse_id,
               s.integration_system_id AS system_id, t.res_id AS order_id,
               date_trunc('second', COALESCE(t.completed_at, (
                   SELECT max(m.reached_at) FROM integration_milestone m
                    WHERE m.transaction_id = t.id), t.started_at)) AS at
          FROM integration_transaction t
          JOIN sale_order s ON s.id = t.res_id
          LEFT JOIN integration_outcome o ON o.subject = 'order' AND o.res_id = t.id
         WHERE t.state <> 'in_progress' AND t.res_model = 'sale.order'
           AND {ENDED}
           AND (o.id IS NULL OR o.ended_state <> t.state
                OR o.completed_at IS DISTINCT FROM t.completed_at)
         ORDER BY t.id LIMIT %(limit)s)
    INSERT INTO integration_outcome AS o (
        subject, res_id, transaction_id, name, at, settled, ended_state, completed_at,
        order_count, cancelled_count, cycle_seconds, touchless_count, amount_company, %(names)s)
    SELECT 'order', fact.id, fact.id, fact.name, fact.at, true, owner.state, owner.completed_at,
           (owner.state = 'completed')::int, (owner.state = 'cancelled')::int,
           CASE WHEN owner.state = 'completed' THEN greatest(EXTRACT(EPOCH FROM
               fact.at - date_trunc('second', owner.started_at)), 0)::int END,
           ({_TOUCHLESS})::int,
           CASE WHEN owner.state = 'completed' THEN owner.amount_company END, %(dimensions)s
      FROM fact
      JOIN integration_transaction owner ON owner.id = fact.transaction_id
      JOIN sale_order sale ON sale.id = fact.order_id
      LEFT JOIN stock_picking picking ON false
      {_PLACE}
    ON CONFLICT (subject, res_id) DO UPDATE SET (%(updated)s) = ROW(%(excluded)s)
    RETURNING res_id, o.xmax = 0
"""
# Each moment ends the step it belongs to: the parts add up to the cycle time.
STEPS = """
    WITH gone AS (DELETE FROM integration_outcome_step WHERE transaction_id = ANY(%(ids)s))
    INSERT INTO integration_outcome_step (
        transaction_id, step_id, reached_count, seconds, %(names)s)
    SELECT o.transaction_id, m.step_id, 1, EXTRACT(EPOCH FROM m.until - lag(m.until, 1, m.since)
               OVER (PARTITION BY m.transaction_id ORDER BY m.until, m.sequence, m.id))::int,
           %(copied)s
      FROM (SELECT step.*, began.since,
                   date_trunc('second', greatest(began.since, least(step.reached_at, began.ended)))
                   AS until
              FROM integration_milestone step
              JOIN (SELECT id, date_trunc('second', started_at) AS since, completed_at AS ended
                      FROM integration_transaction
                     WHERE id = ANY(%(ids)s) AND state = 'completed') began
                ON began.id = step.transaction_id
             WHERE step.state = 'reached' AND step.reached_at IS NOT NULL) m
      JOIN integration_outcome o ON o.subject = 'order' AND o.res_id = m.transaction_id
"""
DELIVERIES = f"""
    WITH fact AS MATERIALIZED (
        SELECT * FROM (
            SELECT DISTINCT ON (p.id) p.id, d.transaction_id, p.name, t.company_id, t.partner_id,
                   kind.warehouse_id, s.integration_system_id AS system_id, t.res_id AS order_id,
                   date_trunc('second', p.date_done) AS at, o.refreshed_at
              FROM integration_transaction_document d
              JOIN stock_picking p ON p.id = d.res_id AND p.state = 'done'
              JOIN stock_picking_type kind ON kind.id = p.picking_type_id
              JOIN integration_transaction t ON t.id = d.transaction_id
              JOIN sale_order s ON s.id = t.res_id AND t.res_model = 'sale.order'
              LEFT JOIN integration_outcome o ON o.subject = 'delivery' AND o.res_id = p.id
             WHERE d.res_model = 'stock.picking' AND d.role IN ('out', 'dropship')
               AND p.date_done IS NOT NULL AND {followed("p.date_done")}
               AND (o.id IS NULL OR NOT o.settled)
             ORDER BY p.id, d.transaction_id) open
         ORDER BY refreshed_at NULLS FIRST, id LIMIT %(limit)s
    ), judged AS MATERIALIZED (
        SELECT fact.id, {DAY} + COALESCE(company.integration_invoice_target_days, 1) AS due,
               {day_of("%(now)s::timestamp")} AS today
          FROM fact
          JOIN res_company company ON company.id = fact.company_id
          JOIN res_partner home ON home.id = company.partner_id)
    INSERT INTO integration_outcome AS o (
        subject, res_id, transaction_id, name, at, settled, refreshed_at, delivery_count,
        confirmation_count, confirmation_seconds, ship_promised_count, ship_on_time_count,
        arrival_promised_count, arrival_on_time_count, invoice_due_count, invoice_in_time_count,
        %(names)s)
    SELECT 'delivery', fact.id, fact.transaction_id, fact.name, fact.at,
           (bill.decided AND (arrival.at IS NOT NULL OR arrival.awaited IS NOT TRUE))
           OR fact.at < %(now)s::timestamp - %(settle_days)s * interval '1 day', %(now)s, 1,
           (told.seconds IS NOT NULL)::int, told.seconds,
           (picking.date_deadline IS NOT NULL)::int,
           ({DAY} <= {day_of("picking.date_deadline")})::int,
           (arrival.at IS NOT NULL AND picking.date_deadline IS NOT NULL)::int,
           ({day_of("arrival.at")} <= {day_of("picking.date_deadline")})::int,
           bill.decided::int, (bill.decided AND NOT bill.missing)::int, %(dimensions)s
      FROM fact
      JOIN judged ON judged.id = fact.id
      JOIN stock_picking picking ON picking.id = fact.id
      JOIN integration_transaction owner ON owner.id = fact.transaction_id
      JOIN sale_order sale ON sale.id = fact.order_id
      {_PLACE}
      LEFT JOIN LATERAL (
           SELECT min((m.evidence ->> ('stock.picking,' || picking.id))::timestamp) AS at,
                  bool_or(m.state IN ('pending', 'partial') AND m.expected_count > 0) AS awaited
             FROM integration_milestone m
             JOIN integration_process_step step ON step.id = m.step_id
                                               AND step.event_code = 'tracking.delivered'
            WHERE m.transaction_id = owner.id) arrival ON true
      LEFT JOIN LATERAL (
           SELECT greatest(EXTRACT(EPOCH FROM date_trunc('second', m.done_at)
                      - date_trunc('second', least(m.occurred_at, m.received_at))), 0)::int
                  AS seconds
             FROM integration_message m
             JOIN integration_flow f ON f.id = m.flow_id AND f.message_type = 'wms.shipment'
            WHERE m.res_model = 'stock.picking' AND m.res_id = picking.id AND m.state = 'done'
            ORDER BY m.done_at LIMIT 1) told ON true
      CROSS JOIN LATERAL ({billing(day_of)}) of_delivery
      CROSS JOIN LATERAL (
           SELECT of_delivery.missing,
                  of_delivery.wanted AND (NOT of_delivery.missing OR judged.today > judged.due)
                  AS decided) bill
    ON CONFLICT (subject, res_id) DO UPDATE SET (%(updated)s) = ROW(%(excluded)s)
    RETURNING res_id, o.xmax = 0
"""
RELEASES = f"""
    WITH fact AS MATERIALIZED (
        SELECT m.id, m.transaction_id, t.name, t.company_id, t.partner_id, t.warehouse_id,
               f.system_id, t.res_id AS order_id, date_trunc('second', m.received_at) AS at,
               date_trunc('second', CASE WHEN m.state IN ('done', 'cancelled') THEN
                   COALESCE(m.done_at, (SELECT n.done_at FROM integration_message n
                                         WHERE n.id = m.superseded_by_id), m.write_date)
                   ELSE (SELECT min(n.done_at) FROM integration_message n
                          WHERE n.replay_of_id = m.id AND n.state = 'done') END) AS until,
               f.latency_tolerance * 60 AS tolerated
          FROM integration_message m
          JOIN integration_flow f ON f.id = m.flow_id AND f.message_type = 'wms.release'
                                 AND f.direction = 'outbound'
          JOIN integration_transaction t ON t.id = m.transaction_id
          LEFT JOIN integration_outcome o ON o.subject = 'release' AND o.res_id = m.id
         WHERE m.replay_of_id IS NULL AND (o.id IS NULL OR NOT o.settled)
         ORDER BY o.refreshed_at NULLS FIRST, m.id LIMIT %(limit)s)
    INSERT INTO integration_outcome AS o (
        subject, res_id, transaction_id, name, at, settled, refreshed_at, releasable_seconds,
        blocked_seconds, %(names)s)
    SELECT 'release', fact.id, fact.transaction_id, fact.name, fact.at, fact.until IS NOT NULL,
           %(now)s, waited.seconds, greatest(waited.seconds - fact.tolerated, 0), %(dimensions)s
      FROM fact
      JOIN integration_transaction owner ON owner.id = fact.transaction_id
      LEFT JOIN sale_order sale ON sale.id = fact.order_id
      LEFT JOIN stock_picking picking ON false
      {_PLACE}
      CROSS JOIN LATERAL (SELECT greatest(EXTRACT(EPOCH FROM
          COALESCE(fact.until, %(now)s::timestamp) - fact.at), 0)::int AS seconds) waited
    ON CONFLICT (subject, res_id) DO UPDATE SET (%(updated)s) = ROW(%(excluded)s)
    RETURNING res_id, o.xmax = 0
"""
EXCEPTIONS = f"""
    WITH fact AS MATERIALIZED (
        SELECT e.id, e.transaction_id, e.name, e.company_id,
               COALESCE(e.partner_id, t.partner_id) AS partner_id, t.warehouse_id, e.system_id,
               CASE WHEN t.res_model = 'sale.order' THEN t.res_id END AS order_id,
               date_trunc('second', e.resolved_at) AS at,
               date_trunc('second', e.opened_at) AS since
          FROM integration_exception e
          LEFT JOIN integration_transaction t ON t.id = e.transaction_id
          LEFT JOIN integration_outcome o ON o.subject = 'exception' AND o.res_id = e.id
         WHERE e.state = 'resolved' AND e.resolved_at IS NOT NULL
           AND (o.id IS NULL OR o.at <> date_trunc('second', e.resolved_at))
         ORDER BY e.id LIMIT %(limit)s)
    INSERT INTO integration_outcome AS o (
        subject, res_id, transaction_id, name, at, settled, exception_count, resolution_seconds,
        %(names)s)
    SELECT 'exception', fact.id, fact.transaction_id, fact.name, fact.at, true, 1,
           greatest(EXTRACT(EPOCH FROM fact.at - fact.since), 0)::int, %(dimensions)s
      FROM fact
      LEFT JOIN integration_transaction owner ON owner.id = fact.transaction_id
      LEFT JOIN sale_order sale ON sale.id = fact.order_id
      LEFT JOIN stock_picking picking ON false
      {_PLACE}
    ON CONFLICT (subject, res_id) DO UPDATE SET (%(updated)s) = ROW(%(excluded)s)
    RETURNING res_id, o.xmax = 0
"""
#: What is written by subject, in this order.
FACTS = {"order": ORDERS, "delivery": DELIVERIES, "release": RELEASES, "exception": EXCEPTIONS}

# An order that goes on again, and an exception that was opened again, have no outcome yet.
FORGET = """
    WITH steps AS (
        DELETE FROM integration_outcome_step s USING integration_transaction t
         WHERE t.id = s.transaction_id AND t.state = 'in_progress')
    DELETE FROM integration_outcome o
     WHERE (o.subject = 'order' AND EXISTS (
               SELECT FROM integration_transaction t
                WHERE t.id = o.res_id AND t.state = 'in_progress'))
        OR (o.subject = 'exception' AND EXISTS (
               SELECT FROM integration_exception e
                WHERE e.id = o.res_id AND e.state <> 'resolved'))
"""
# What can be computed again; the rest tells of what retention has removed.
CLEAR = """
    WITH gone AS (
        DELETE FROM integration_outcome o
         WHERE (o.subject = 'order' AND EXISTS (
                   SELECT FROM integration_transaction t WHERE t.id = o.res_id))
            OR (o.subject = 'delivery' AND EXISTS (
                   SELECT FROM stock_picking p WHERE p.id = o.res_id))
            OR (o.subject = 'release' AND EXISTS (
                   SELECT FROM integration_message m WHERE m.id = o.res_id))
            OR (o.subject = 'exception' AND EXISTS (
                   SELECT FROM integration_exception e WHERE e.id = o.res_id))
        RETURNING o.subject, o.res_id)
    DELETE FROM integration_outcome_step s USING gone
     WHERE gone.subject = 'order' AND gone.res_id = s.transaction_id
"""
