"""Looking at all queues once a minute: two queries, one update, whatever their number."""

import json
from datetime import timezone

from odoo import api, models
from odoo.tools import SQL

from ..tools import queue_verdict
from .integration_queue import BAD_VERDICTS
from .integration_queue_look import COUNTS

_RANK = {"ok": 0, "warning": 1, "stall": 2, "stop": 3}
# Written in one statement; the type of each as PostgreSQL reads it from JSON.
_COLUMNS = {
    "verdict": "varchar",
    "verdict_rank": "int4",
    "reason": "varchar",
    "since": "timestamp",
    "waiting": "int4",
    "held": "int4",
    "oldest_at": "timestamp",
    "arrived": "int4",
    "finished": "int4",
    "sampled_at": "timestamp",
    "samples": "jsonb",
    "unfinished": "int4",
    "last_id": "int4",
}


class IntegrationQueue(models.Model):
    """Samples and verdicts; queues that stopped become one exception each."""

    _inherit = "integration.queue"

    @api.model
    def _watch(self, now):
        """Take a sample of every queue and judge it.

        :param datetime now: UTC
        """
        self = self.sudo()  # the engine's bookkeeping
        known = self.search([])
        looks = {
            **{("flow", look["key"]): look for look in self._look_at_flows(now)},
            **{("channel", look["key"]): look for look in self._look_at_channels(now)},
        }
        known |= self._create_missing(known, looks)
        changed = []
        for queue in known:
            values = queue._next_values(looks.get(queue._key()), now)
            if values:
                changed.append((queue, queue.verdict, values))
        self._store([{"id": queue.id, **values} for queue, _before, values in changed])
        self._tell([(queue, before) for queue, before, _values in changed])

    def _key(self):
        """:return: what identifies the queue among the looks"""
        return (self.kind, self.flow_id.id if self.kind == "flow" else self.channel)

    @api.model
    def _create_missing(self, known, looks):
        """:return: rows for queues that show something for the first time"""
        present = {queue._key() for queue in known}
        return self.create(
            [
                {
                    "kind": kind,
                    "flow_id": key if kind == "flow" else False,
                    "channel": key if kind == "channel" else False,
                    # What is there now came before anybody counted.
                    "unfinished": max(look["unfinished"] - look["arrived"], 0),
                }
                for (kind, key), look in looks.items()
                if (kind, key) not in present and (look["unfinished"] or look["arrived"])
            ]
        )

    def _next_values(self, look, now):
        """Add one look to the samples of a queue.

        :param look: dict of the counts, or None when there is nothing in the queue
        :return: the values to write; None when nothing happened in an empty queue
        """
        look = look or {**dict.fromkeys(COUNTS, 0), "oldest": None, "worked": None, "last_id": 0}
        samples = queue_verdict.load(self.samples)
        last = samples[-1] if samples else None
        quiet = not look["waiting"] and not look["arrived"] and last and not last.waiting
        if quiet and look["unfinished"] == self.unfinished and look["held"] == self.held:
            return None
        at = now.replace(tzinfo=timezone.utc).timestamp()
        worked = at if look["working"] else look["worked"]
        sample = queue_verdict.next_sample(
            last,
            at=at,
            arrived=look["arrived"],
            unfinished=look["unfinished"],
            unfinished_before=self.unfinished,
            waiting=look["waiting"],
            due=look["due"],
            worked_at=worked,
        )
        verdict = queue_verdict.judge([*samples, sample], self.verdict)
        samples = queue_verdict.window([*samples, sample])
        return {
            "verdict": verdict,
            "verdict_rank": _RANK[verdict],
            # After a gap there are no minutes to tell of.
            "reason": (
                self._reason(verdict, samples)
                if len(samples) == queue_verdict.WINDOW or verdict == "ok"
                else self.reason
            ),
            "since": self.since if self.since and verdict == self.verdict else now,
            "waiting": sample.waiting,
            "held": look["held"],
            "oldest_at": look["oldest"],
            "arrived": sample.arrived,
            "finished": sample.finished,
            "sampled_at": now,
            "samples": queue_verdict.dump(samples),
            "unfinished": look["unfinished"],
            "last_id": max(look["last_id"], self.last_id),
        }

    def _reason(self, verdict, samples):
        """:return: the verdict in words, or None when all is well"""
        first, last = samples[0], samples[-1]
        minutes = round((last.at - first.at) / 60)
        if verdict == "warning":
            return self.env._(
                "No less waits than before, though things get done: %(before)s waited "
                "%(minutes)s minutes ago, %(now)s wait now.",
                before=first.waiting,
                minutes=minutes,
                now=last.waiting,
            )
        if verdict == "stall":
            return self.env._(
                "%(now)s wait. They are worked on, but none got done for %(minutes)s minutes.",
                now=last.waiting,
                minutes=minutes,
            )
        if verdict == "stop":
            return self.env._(
                "%(now)s wait, and nobody has worked on them for %(minutes)s minutes.",
                now=last.waiting,
                minutes=round((last.at - last.worked_at) / 60) if last.worked_at else minutes,
            )
        return None

    @api.model
    def _store(self, rows):
        """Write all rows in one statement."""
        if not rows:
            return
        self.flush_model()
        names = list(_COLUMNS)
        self.env.cr.execute(
            SQL(
                "UPDATE integration_queue q SET %s FROM jsonb_to_recordset(%s::jsonb) AS v(%s)"
                " WHERE q.id = v.id",
                SQL(", ").join(
                    SQL("%s = v.%s", SQL.identifier(name), SQL.identifier(name)) for name in names
                ),
                json.dumps(rows, default=str),
                SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(kind))
                    for name, kind in {"id": "int4", **_COLUMNS}.items()
                ),
            )
        )
        self.invalidate_model()

    @api.model
    def _tell(self, changed):
        """Open one exception for each queue that stopped or got stuck; close those that move.

        :param changed: list of (queue, its verdict before)
        """
        Exceptions = self.env["integration.exception"]
        worse = [q for q, before in changed if q.verdict in BAD_VERDICTS and q.verdict != before]
        better = [
            q for q, before in changed if q.verdict not in BAD_VERDICTS and before in BAD_VERDICTS
        ]
        if worse:
            Exceptions._open([queue._exception_values() for queue in worse])
        if better:
            Exceptions.search(
                [
                    ("is_open", "=", True),
                    ("dedupe_key", "in", [f"queue:{queue.id}" for queue in better]),
                ]
            )._resolve()

    def _exception_values(self):
        """:return: what a person is told about a queue that does not move"""
        titles = {
            "stall": self.env._("%(queue)s: nothing gets done", queue=self.name),
            "stop": self.env._("%(queue)s: nobody works on it", queue=self.name),
        }
        values = {
            "name": titles[self.verdict],
            "dedupe_key": f"queue:{self.id}",
            "category": "technical",
            "error_message": self.reason,
        }
        if self.flow_id:
            return {**values, "flow_id": self.flow_id.id}
        return {**values, "severity": "high"}
