"""SQL of the measured service of flows: delays and outages are counted from new lines of the log.

Delays keep whole seconds up to an hour and whole minutes beyond, so that a percentile is exact
where promises are made, and a day of a flow stays a few hundred rows.
"""

# The line tells of a message that is done; a replay is as old as what it repeats, and says nothing.
COUNT_DELAYS = """
    INSERT INTO integration_flow_delay AS d (flow_id, day, seconds, count)
    SELECT flow_id, day,
           CASE WHEN seconds <= 3600 THEN seconds
                ELSE least(ceil(seconds / 60.0) * 60, 2592000) END::int, count(*)
      FROM (SELECT m.flow_id, m.done_at::date AS day,
                   greatest(ceil(EXTRACT(EPOCH FROM m.done_at
                            - least(m.occurred_at, m.received_at))), 0) AS seconds
              FROM (SELECT DISTINCT message_id FROM integration_log_data
                     WHERE %(new)s AND kind = 'message' AND outcome = 'ok') l
              JOIN integration_message m ON m.id = l.message_id
             WHERE m.state = 'done' AND m.replay_of_id IS NULL) done
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (flow_id, day, seconds) DO UPDATE SET count = d.count + excluded.count
"""
# An outage is a failure of the flow and all that follow until the next success. The roll-up may see
# lines late: what followed a failure may be counted already, so the log itself is asked, too.
COUNT_OUTAGES = """
    WITH lines AS MATERIALIZED (
        SELECT flow_id, occurred_at AS at, outcome = 'error' AS fault
          FROM integration_log_data
         WHERE %(new)s AND kind = 'message'
           AND (outcome = 'ok' OR (outcome = 'error' AND error_class = ANY(%(faults)s)))
           AND EXISTS (SELECT 1 FROM integration_flow f WHERE f.id = flow_id)
    ), runs AS (
        SELECT flow_id, min(at) AS began, max(at) AS last, count(*) AS n, success
          FROM (SELECT *, min(at) FILTER (WHERE NOT fault) OVER (
                              PARTITION BY flow_id ORDER BY at, NOT fault
                              ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS success
                  FROM lines) looked
         WHERE fault GROUP BY flow_id, success
    ), outages AS MATERIALIZED (
        SELECT r.flow_id, r.began, r.n, COALESCE(r.success, (
                   SELECT s.occurred_at FROM integration_log_data s
                    WHERE s.flow_id = r.flow_id AND s.occurred_at > r.last
                      AND s.kind = 'message' AND s.outcome = 'ok'
                    ORDER BY s.occurred_at LIMIT 1)) AS ended
          FROM runs r
    ), going_on AS MATERIALIZED (
        SELECT o.id, o.flow_id, o.began_at, (
                   SELECT min(l.at) FROM lines l
                    WHERE l.flow_id = o.flow_id AND NOT l.fault AND l.at >= o.began_at) AS ended
          FROM integration_flow_outage o
         WHERE o.ended_at IS NULL AND o.flow_id IN (SELECT flow_id FROM lines)
    ), same AS MATERIALIZED (
        SELECT g.id, o.flow_id, o.began, o.n
          FROM outages o JOIN going_on g USING (flow_id)
         WHERE (o.began >= g.began_at AND (g.ended IS NULL OR o.began < g.ended))
            OR (o.began < g.began_at AND o.ended IS NULL)
    ), goes_on AS (
        UPDATE integration_flow_outage o
           SET began_at = least(o.began_at, date_trunc('second', s.began)),
               failure_count = o.failure_count + COALESCE(s.n, 0),
               ended_at = date_trunc('second', g.ended)
          FROM going_on g
          LEFT JOIN (SELECT id, min(began) AS began, sum(n) AS n FROM same GROUP BY id) s USING (id)
         WHERE o.id = g.id
        RETURNING o.id
    )
    INSERT INTO integration_flow_outage (flow_id, began_at, ended_at, failure_count)
    SELECT flow_id, date_trunc('second', began), date_trunc('second', ended), n
      FROM outages o
     WHERE NOT EXISTS (SELECT 1 FROM same s WHERE s.flow_id = o.flow_id AND s.began = o.began)
       -- What ended is closed first: a flow has one open outage at most.
       AND (SELECT count(*) FROM goes_on) >= 0
     ORDER BY flow_id, began
"""
# One row a flow and period. Nearest-rank percentile: the smallest delay that 95 %% kept to.
MEASURE = """
    WITH flow AS MATERIALIZED (
        SELECT * FROM integration_flow WHERE active
    ), delay AS (
        -- Of all flows: one pass over the table is cheaper than a search for each of them.
        SELECT flow_id, seconds, sum(count)::int AS n30,
               COALESCE(sum(count) FILTER (WHERE day >= %(week)s::date), 0)::int AS n7
          FROM integration_flow_delay
         WHERE day >= %(month)s::date GROUP BY 1, 2
    ), rank AS (
        SELECT flow_id, seconds, n7, n30,
               sum(n7) OVER low AS upto7, sum(n7) OVER whole AS all7,
               sum(n30) OVER low AS upto30, sum(n30) OVER whole AS all30
          FROM delay
        WINDOW whole AS (PARTITION BY flow_id), low AS (PARTITION BY flow_id ORDER BY seconds)
    ), latency AS (
        SELECT flow_id, max(all7) AS done7, max(all30) AS done30,
               min(seconds) FILTER (WHERE n7 > 0 AND upto7 >= 0.95 * all7) AS p7,
               min(seconds) FILTER (WHERE n30 > 0 AND upto30 >= 0.95 * all30) AS p30
          FROM rank GROUP BY 1
    ), ended AS (
        SELECT m.flow_id, m.done_at, m.state = 'cancelled'
               OR m.done_at <= %(now)s - f.recovery_time * interval '1 minute' AS lost
          FROM flow f JOIN integration_message m ON m.flow_id = f.id
         WHERE m.state IN ('dead', 'quarantined') AND m.superseded_by_id IS NULL
           AND m.done_at >= %(month)s AND m.replay_of_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM integration_message r
                            WHERE r.replay_of_id = m.id AND r.state = 'done')
         UNION ALL
        SELECT m.flow_id, m.done_at, TRUE
          FROM flow f JOIN integration_message m ON m.flow_id = f.id
         WHERE m.given_up AND m.done_at >= %(month)s AND m.replay_of_id IS NULL
    ), loss AS (
        SELECT flow_id,
               count(*) FILTER (WHERE lost AND done_at >= %(week)s) AS lost7,
               count(*) FILTER (WHERE NOT lost AND done_at >= %(week)s) AS failing7,
               count(*) FILTER (WHERE lost) AS lost30,
               count(*) FILTER (WHERE NOT lost) AS failing30
          FROM ended GROUP BY 1
    ), outage AS (
        SELECT o.flow_id, o.began_at, o.ended_at,
               EXTRACT(EPOCH FROM COALESCE(o.ended_at, %(now)s) - o.began_at)::bigint AS seconds
          FROM integration_flow_outage o
         WHERE o.ended_at IS NULL OR o.ended_at >= %(month)s
    ), recovery AS (
        SELECT flow_id, min(began_at) FILTER (WHERE ended_at IS NULL) AS failing_since,
               count(*) FILTER (WHERE ended_at IS NULL OR ended_at >= %(week)s) AS count7,
               max(seconds) FILTER (WHERE ended_at IS NULL OR ended_at >= %(week)s) AS longest7,
               count(*) AS count30, max(seconds) AS longest30,
               (array_agg(seconds ORDER BY began_at DESC))[1] AS latest,
               bool_or(ended_at IS NULL OR ended_at >= %(week)s) AS recent
          FROM outage GROUP BY 1
    ), late AS (
        SELECT m.flow_id, count(*) AS n
          FROM flow f JOIN integration_message m ON m.flow_id = f.id
         WHERE m.state IN ('pending', 'processing', 'retry') AND m.replay_of_id IS NULL
           AND least(m.occurred_at, m.received_at)
               < %(now)s - f.latency_tolerance * interval '1 minute'
         GROUP BY 1
    )
    SELECT f.id, f.system_id, f.company_id, f.latency_tolerance, f.recovery_time, f.tolerated_loss,
           f.tolerated_loss_unit, p.days, COALESCE(p.done, 0)::bigint AS done_count,
           p.latency AS latency_p95, COALESCE(late.n, 0) AS late_count,
           COALESCE(p.outages, 0) AS outage_count, p.longest AS recovery_longest,
           p.latest AS recovery_latest, recovery.failing_since,
           COALESCE(p.lost, 0) AS lost_count, COALESCE(p.failing, 0) AS failing_count
      FROM flow f
      LEFT JOIN latency ON latency.flow_id = f.id
      LEFT JOIN loss ON loss.flow_id = f.id
      LEFT JOIN recovery ON recovery.flow_id = f.id
      LEFT JOIN late ON late.flow_id = f.id
     CROSS JOIN LATERAL (VALUES
           ('7', done7, p7, count7, longest7, CASE WHEN recent THEN latest END, lost7, failing7),
           ('30', done30, p30, count30, longest30, latest, lost30, failing30)
           ) AS p (days, done, latency, outages, longest, latest, lost, failing)
     ORDER BY f.id, p.days
"""
