"""SQL of the roll-up that is no statement of its own: JSON counters that add up."""

SUM_FUNCTION = """
    CREATE OR REPLACE FUNCTION integration_jsonb_sum(a jsonb, b jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE
            WHEN a IS NULL THEN b
            WHEN b IS NULL THEN a
            ELSE a || COALESCE((SELECT jsonb_object_agg(
                                           key, value::int8 + COALESCE((a -> key)::int8, 0))
                                  FROM jsonb_each(b)), '{}'::jsonb)
        END
    $$
"""
SUM_AGGREGATE = """
    CREATE OR REPLACE AGGREGATE integration_jsonb_total(jsonb) (
        sfunc = integration_jsonb_sum, stype = jsonb
    )
"""
# Of finer buckets: a coarse level is made of the next finer one, not of the lines again.
SUMS = (
    "sum(ok) AS ok, sum(error) AS error, sum(refused) AS refused, sum(duplicate) AS duplicate,"
    " sum(total) AS total, sum(sent) AS sent, sum(received) AS received, sum(spent) AS spent,"
    " max(longest) AS longest, integration_jsonb_total(classes) AS classes,"
    " integration_jsonb_total(slots) AS slots"
)
