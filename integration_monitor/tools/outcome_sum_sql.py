"""SQL of the sums of cycle times: how they follow the steps, and how their rows are joined.

Triggers, for steps go by cascades of PostgreSQL, too, and lose a warehouse that is deleted.
"""

#: What sums are kept by.
KEY = ("day", "step_id", "company_id", "warehouse_id", "system_id", "region", "categ_id")
_NAMES = ", ".join(KEY)
_INTO = f"INSERT INTO integration_outcome_step_sum ({_NAMES}, row_count, reached_count, seconds)"


def _added(table: str, sign: str = "") -> str:
    """Write down what rows of steps amount to."""
    return f"""{_INTO}
        SELECT {_NAMES}, {sign}count(*), {sign}COALESCE(sum(reached_count), 0),
               {sign}COALESCE(sum(seconds), 0)
          FROM {table} GROUP BY {_NAMES}"""


#: By operation: what the trigger does, and the tables it sees.
TRIGGERS = {
    "INSERT": (f"{_added('added')};", "NEW TABLE AS added"),
    "DELETE": (f"{_added('gone', '-')};", "OLD TABLE AS gone"),
    "UPDATE": (
        f"{_added('gone', '-')}; {_added('added')};",
        "OLD TABLE AS gone NEW TABLE AS added",
    ),
}

# An installation from before the sums.
FILL = f"""{_added("integration_outcome_step")}
    HAVING NOT EXISTS (SELECT FROM integration_outcome_step_sum)"""

#: Join the rows of the days that have several of one key; rows that others add meanwhile stay.
JOIN_ROWS = f"""
    WITH split AS (
        SELECT day FROM integration_outcome_step_sum GROUP BY day
        HAVING count(*) > count(DISTINCT ROW({_NAMES})) OR min(row_count) <= 0
    ), gone AS (
        DELETE FROM integration_outcome_step_sum
         WHERE day IN (SELECT day FROM split)
     RETURNING {_NAMES}, row_count, reached_count, seconds)
    {_INTO}
    SELECT {_NAMES}, sum(row_count), sum(reached_count), sum(seconds)
      FROM gone GROUP BY {_NAMES} HAVING sum(row_count) <> 0"""
