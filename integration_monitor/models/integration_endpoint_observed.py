"""Health of endpoints from every call that was seen, also those that other modules made."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import endpoint_health
from ..tools.endpoint_health import KNOWN_FOR, Minute
from ..tools.observation import CLOCK_SKEW

# How far back a row of failures is followed.
LOOK_BACK = timedelta(minutes=15)
_SHOWN_EVERY = timedelta(minutes=1)


class IntegrationEndpoint(models.Model):
    """The minutely look at the figures; a flow's own calls count at once (``_note_outcome``)."""

    _inherit = "integration.endpoint"

    failing_share = fields.Float(
        string="Failing Lately",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Failed share of the calls of the last five minutes, when there were at least ten.",
    )

    @api.model
    def _watch_calls(self, now):
        """Judge the endpoints that were called lately; what nobody calls becomes unknown.

        :param datetime now: UTC
        """
        endpoints = self.sudo()  # health is the engine's, whoever made the calls
        found = endpoints._minutes_of_calls(now)
        # Locked rows are being written by their own calls, which know better.
        called = endpoints._lock_free(list(found))
        for endpoint in called:
            finding = endpoint_health.of_calls(
                found[endpoint.id],
                now,
                last_success=endpoint.last_success_at,
                last_failure=endpoint.last_failure_at,
            )
            endpoint._take_over(finding)
        recovering = endpoints.search([("failing_share", ">", 0), ("id", "not in", list(found))])
        recovering.failing_share = 0
        endpoints._forget(now)

    def _take_over(self, finding):
        """Write what the calls of the last minutes say, where it differs from what is known."""
        values = {}
        for name, seen in (
            ("last_success_at", finding.last_ok),
            ("last_failure_at", finding.last_failure),
        ):
            if seen and (not self[name] or seen - self[name] >= _SHOWN_EVERY):
                values[name] = seen
        recovered = finding.last_ok and not any(
            failed and failed >= finding.last_ok
            for failed in (finding.last_failure, self.last_failure_at)
        )
        streak = 0 if recovered else max(finding.streak, self.failure_streak)
        values.update(failure_streak=streak, failing_share=round(finding.share, 2))
        self.write({name: value for name, value in values.items() if self[name] != value})
        if finding.health == "up":
            self._set_health("up")
        elif finding.health == "down" or (
            # What its own calls know to be down does not get better by a share.
            finding.health == "degraded" and (recovered or self.health != "down")
        ):
            self._set_health(finding.health, self._failing_reason(finding))

    def _failing_reason(self, finding):
        """:return: in words why the endpoint counts as degraded or down"""
        labels = self.env["integration.log"]._fields["error_class"]
        kind = dict(labels._description_selection(self.env)).get(finding.error_class, "")
        if finding.streak >= endpoint_health.DEGRADED_AFTER:
            return self.env._(
                "The last calls failed (%(number)s in a row): %(kind)s.",
                number=finding.streak,
                kind=kind,
            )
        return self.env._(
            "%(failed)s of the %(calls)s calls of the last minutes failed: %(kind)s.",
            failed=finding.failed,
            calls=finding.calls,
            kind=kind,
        )

    @api.model
    def _minutes_of_calls(self, now):
        """:return: dict of endpoint id to the list of its ``Minute``

        An exchange may make calls, which tell the same in better words: it counts in minutes that
        have no call.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT endpoint_id, bucket, kind, count_ok, error_classes
                  FROM integration_metric
                 WHERE level = 'minute' AND bucket > %s AND bucket <= %s
                   AND kind IN ('http_out', 'custom') AND endpoint_id IS NOT NULL
                """,
                now - LOOK_BACK,
                now + CLOCK_SKEW,
            )
        )
        calls = {row[:2] for row in rows if row[2] == "http_out"}
        merged = {}
        for endpoint_id, bucket, kind, good, classes in rows:
            if kind == "custom" and (endpoint_id, bucket) in calls:
                continue
            total, sums = merged.setdefault(endpoint_id, {}).setdefault(bucket, (0, {}))
            for name, count in (classes or {}).items():
                sums[name] = sums.get(name, 0) + int(count)
            merged[endpoint_id][bucket] = (total + (good or 0), sums)
        return {
            endpoint_id: [Minute(bucket, *counts) for bucket, counts in minutes.items()]
            for endpoint_id, minutes in merged.items()
        }

    @api.model
    def _lock_free(self, ids):
        """:return: those of the endpoints that this transaction could lock without waiting"""
        if not ids:
            return self.browse()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT id FROM integration_endpoint WHERE id = ANY(%s) AND active
                    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
                ids,
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    @api.model
    def _forget(self, now):
        """Show as unknown what nobody has called for days: it may be well or not."""
        limit = now - KNOWN_FOR
        stale = self.search(
            [
                ("health", "!=", "unknown"),
                "|", ("last_success_at", "=", False), ("last_success_at", "<", limit),
                "|", ("last_failure_at", "=", False), ("last_failure_at", "<", limit),
                ("health_since", "<", limit),
            ]
        )  # fmt: skip
        stale._set_health(
            "unknown",
            self.env._("No call for %(days)s days.", days=KNOWN_FOR.days),
        )
