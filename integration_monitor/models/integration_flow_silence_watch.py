"""Finding flows that should have spoken: a few queries a minute, whatever their number."""

import json
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from ..tools import rhythm
from ..tools.observation import CLOCK_SKEW

LEARN_BATCH = 50
# The kinds of log lines that are traffic of a flow; jobs and scheduled actions are not.
TRAFFIC_KINDS = ("message", "webhook_in", "rpc_in", "http_out", "span", "custom")
# A call and its message are one exchange: messages count where there are any.
_TRAFFIC = SQL(
    "COALESCE(NULLIF(sum(m.count_ok) FILTER (WHERE m.kind = 'message'), 0),"
    " max(m.count_ok) FILTER (WHERE m.kind <> 'message'), 0)"
)


class IntegrationFlow(models.Model):
    """The sweep for silence. Writes in SQL: ``write`` clears caches that every order needs."""

    _inherit = "integration.flow"

    @api.model
    def _watch_silence(self, now):
        """Learn rhythms that are a day old, and find the flows that are silent.

        :param datetime now: UTC
        """
        flows = self.sudo().with_context(active_test=False)  # the engine watches all companies
        flows._learn_rhythms(now)
        found = flows._silence_candidates(now)
        rows, silent, speaking = [], flows.browse(), flows.browse()
        # Browsed together, so that they are read together.
        candidates = flows.browse([row[0] for row in found])
        for flow, (_flow_id, last, watched) in zip(candidates, found, strict=True):
            expected = flow._rhythm() if watched and last else None
            due = expected.expected_by(last) if expected else None
            due = due and due.replace(microsecond=0)
            is_silent = bool(due and due <= now)
            if is_silent and not flow.silent_since:
                silent += flow
            elif flow.silent_since and not is_silent:
                speaking += flow
            rows.append(
                {"id": flow.id, "expected_by": due, "silent_since": last if is_silent else None}
            )
        flows._store_silence(rows)
        if silent:
            self.env["integration.exception"]._open(
                [flow._silence_exception_values(now) for flow in silent]
            )
        if speaking:
            speaking._resolve_silence()

    @api.model
    def _silence_candidates(self, now):
        """:return: rows (flow id, last traffic, whether it is watched) of flows to look at

        What a wrong clock dated in the future is no sign of life.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT f.id, greatest(f.silence_from, message.at, minute.at, hour.at), c.watched
                  FROM (SELECT f.id, f.silence_from,
                               f.active AND f.state = 'active' AND f.silence_watch <> 'off'
                               AND s.active
                               AND (e.id IS NULL OR (e.active AND e.state = 'active')) AS watched,
                               f.silent_since, f.expected_by,
                               f.silence_watch = 'declared' OR f.rhythm IS NOT NULL AS known
                          FROM integration_flow f
                          JOIN integration_system s ON s.id = f.system_id
                          LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id) c
                  JOIN integration_flow f ON f.id = c.id
                  LEFT JOIN LATERAL (
                       SELECT received_at AS at FROM integration_message
                        WHERE flow_id = f.id AND received_at <= %(latest)s
                        ORDER BY received_at DESC LIMIT 1) message ON TRUE
                  LEFT JOIN LATERAL (
                       SELECT max(bucket) AS at FROM integration_metric
                        WHERE flow_id = f.id AND level = 'minute' AND count_ok > 0
                          AND bucket <= %(latest)s AND kind IN %(kinds)s) minute ON TRUE
                  LEFT JOIN LATERAL (
                       SELECT max(bucket) AS at FROM integration_metric
                        WHERE flow_id = f.id AND level = 'hour' AND count_ok > 0
                          AND bucket <= %(latest)s AND kind IN %(kinds)s) hour ON TRUE
                 WHERE c.silent_since IS NOT NULL
                    OR (c.watched AND c.known
                        AND (c.expected_by IS NULL OR c.expected_by <= %(now)s))
                """,
                kinds=TRAFFIC_KINDS,
                now=now,
                latest=now + CLOCK_SKEW,
            )
        )

    @api.model
    def _forget_expectations(self):
        """Judge every flow anew: what was expected was told by a clock that was set back since."""
        self.flush_model(["expected_by"])
        self.env.cr.execute(
            SQL("UPDATE integration_flow SET expected_by = NULL WHERE expected_by IS NOT NULL")
        )
        self.invalidate_model(["expected_by"], flush=False)

    @api.model
    def _store_silence(self, rows):
        """Write what was found, in one statement, where it differs."""
        if not rows:
            return
        self.flush_model(["expected_by", "silent_since"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_flow f
                   SET expected_by = v.expected_by, silent_since = v.silent_since
                  FROM jsonb_to_recordset(%s::jsonb)
                       AS v(id int, expected_by timestamp, silent_since timestamp)
                 WHERE f.id = v.id
                   AND (f.expected_by IS DISTINCT FROM v.expected_by
                        OR f.silent_since IS DISTINCT FROM v.silent_since)
                """,
                json.dumps(rows, default=str),
            )
        )
        self.invalidate_model(["expected_by", "silent_since"], flush=False)

    def _silence_exception_values(self, now):
        """:return: what a person is told about a silent flow"""
        self.ensure_one()
        owner = self.env["integration.exception"]._default_owner(self, self.system_id)
        since = format_datetime(
            self.env,
            self.silent_since,
            tz=owner.tz or self.company_id.partner_id.tz or "UTC",
            dt_format="medium",
        )
        expected = self._rhythm()
        if isinstance(expected, rhythm.Declared):
            text = self.env._(
                "Nothing since %(since)s. A message is expected at least every %(minutes)s "
                "minutes.",
                since=since,
                minutes=self.expected_every_minutes,
            )
        else:
            text = self.env._(
                "Nothing since %(since)s. Usually %(number)s messages come in such a time.",
                since=since,
                number=round(expected.expected(self.silent_since, now)),
            )
        return {
            "name": self.env._("%(flow)s has fallen silent", flow=self.name),
            "dedupe_key": f"silence:{self.id}",
            "category": "partner" if self.direction == "inbound" else "technical",
            "error_message": text,
            "flow_id": self.id,
        }

    def _resolve_silence(self):
        """Close the exceptions of flows that speak again, or are not watched any more."""
        self.env["integration.exception"].search(
            [
                ("is_open", "=", True),
                ("dedupe_key", "in", [f"silence:{flow.id}" for flow in self]),
            ]
        )._resolve()

    @api.model
    def _learn_rhythms(self, now):
        """Learn the rhythm of the flows for which that is a day ago, a bounded number at a time."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT id FROM integration_flow
                    WHERE active AND silence_watch = 'learn'
                      AND (rhythm_at IS NULL OR rhythm_at < %s)
                    ORDER BY rhythm_at NULLS FIRST, id LIMIT %s""",
                now - timedelta(days=1),
                LEARN_BATCH,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if not ids:
            return
        spreads = dict(self._spread_rows(ids, now))
        hours = {}
        for flow_id, hour, number, first, last in self._hourly_rows(ids, now):
            counts, since, _last = hours.setdefault(flow_id, ({}, first, last))
            counts[hour] = float(number)
            hours[flow_id] = (counts, min(since, first), last)
        rows = []
        for flow_id in ids:
            counts, since, last = hours.get(flow_id, ({}, now, now))
            spread = spreads.get(flow_id)
            learnt = rhythm.learn(counts, since=since, last=last, spread=spread)
            rows.append(
                {
                    "id": flow_id,
                    "rhythm": learnt and {"rates": learnt.rates, "steady": learnt.steady},
                }
            )
        self.env.cr.execute(
            SQL(
                """UPDATE integration_flow f
                      SET rhythm = NULLIF(v.rhythm, 'null'), rhythm_at = %s, expected_by = NULL
                     FROM jsonb_to_recordset(%s::jsonb) AS v(id int, rhythm jsonb)
                    WHERE f.id = v.id""",
                now,
                json.dumps(rows),
            )
        )
        self.invalidate_model(["rhythm", "rhythm_at", "expected_by"], flush=False)

    @api.model
    def _hourly_rows(self, ids, now):
        """:return: rows (flow, hour of the week, messages, begin and end of the traffic)

        Of the four weeks before the last traffic: the silence after it is no habit.
        """
        return self.env.execute_query(
            SQL(
                """
                WITH hours AS (
                    SELECT m.flow_id, m.bucket, %(traffic)s AS n
                      FROM integration_metric m
                     WHERE m.level = 'hour' AND m.flow_id = ANY(%(ids)s) AND m.kind IN %(kinds)s
                       AND m.bucket <= %(latest)s
                     GROUP BY 1, 2
                ), span AS (
                    SELECT flow_id, max(bucket) AS last FROM hours WHERE n > 0 GROUP BY 1
                )
                SELECT h.flow_id,
                       ((EXTRACT(isodow FROM h.bucket) - 1) * 24
                        + EXTRACT(hour FROM h.bucket))::int,
                       sum(h.n), min(h.bucket), max(span.last) + interval '1 hour'
                  FROM hours h JOIN span ON span.flow_id = h.flow_id
                 WHERE h.n > 0 AND h.bucket > span.last - %(weeks)s * interval '7 days'
                 GROUP BY 1, 2
                """,
                traffic=_TRAFFIC,
                ids=ids,
                kinds=TRAFFIC_KINDS,
                weeks=rhythm.WEEKS,
                latest=now + CLOCK_SKEW,
            )
        )

    @api.model
    def _spread_rows(self, ids, now):
        """:return: rows (flow, minutes with traffic as a share of those that chance would give)"""
        return self.env.execute_query(
            SQL(
                """
                SELECT flow_id, (sum(active) / sum(60 * (1 - exp(-n / 60.0))))::float
                  FROM (SELECT flow_id, date_trunc('hour', bucket), count(*) AS active,
                               sum(n)::float AS n
                          FROM (SELECT m.flow_id, m.bucket, %(traffic)s AS n
                                  FROM integration_metric m
                                 WHERE m.level = 'minute' AND m.flow_id = ANY(%(ids)s)
                                   AND m.kind IN %(kinds)s AND m.bucket > %(since)s
                                 GROUP BY 1, 2) minutes
                         WHERE n > 0
                         GROUP BY 1, 2) hours
                 GROUP BY 1
                """,
                traffic=_TRAFFIC,
                ids=ids,
                kinds=TRAFFIC_KINDS,
                since=now - timedelta(days=7),
            )
        )
