"""SQL of what was followed of orders that were adopted: the rest is known by documents alone."""


def followed(moment: str) -> str:
    """SQL for whether something of the transaction ``t`` happened while it was followed.

    :param moment: SQL expression, when it happened
    """
    return f"(t.adopted_at IS NULL OR {moment} > t.adopted_at)"


#: Whether it ended while it was followed, over ``t`` (transaction) and ``s`` (order). What was over
#: when it was adopted was not; that it was undone since is told by the order, or by a lost step.
ENDED = f"""(
    {followed("t.completed_at")}
    OR (t.state = 'cancelled' AND (s.state = 'cancel' OR EXISTS (
        SELECT FROM integration_milestone m
         WHERE m.transaction_id = t.id AND m.history IS NOT NULL))))"""
