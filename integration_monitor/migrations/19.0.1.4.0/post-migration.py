"""Orders that are late and were not told get a note now, however late they are."""


def migrate(cr, _version):
    """Leave alone what has been late for more than a day: nobody was to be told of it so far."""
    cr.execute(
        """UPDATE integration_transaction
              SET breach_seen_at = due_at - interval '7 days'
            WHERE state = 'in_progress' AND timeliness = 'missed' AND breach_noted_at IS NULL
              AND breach_seen_at IS NULL
              AND due_at <= now() AT TIME ZONE 'UTC' - interval '1 day'"""
    )
