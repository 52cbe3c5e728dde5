"""Running a replay: slices by background jobs, at the rate that was asked for."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.observation import CLOCK_SKEW
from ..tools.replay import slice_of
from .integration_flow_wake import CHANNEL
from .integration_replay import UNSETTLED

# How late a slice may be until the sweep takes it for lost.
LOST_SECONDS = 30
# How soon to look again while every flow with planned messages holds a slice that waits.
FULL_SECONDS = 60
# Why a single message is held, whatever its flow does: others go past it.
HELD_ALONE = ("ordering", "gate", "manual")


class IntegrationReplay(models.Model):
    """One job hands one slice over and enqueues the next; each is one transaction."""

    _inherit = "integration.replay"

    def _begin(self):
        """Set the replay going."""
        self.ensure_one()
        now = fields.Datetime.now()
        replay = self.sudo()  # the state is the engine's, at an operator's request
        replay.write({"state": "running", "started_at": now, "next_slice_at": now})
        self._note("started", count=replay.replay_count)
        replay._enqueue_slice(now)

    def _enqueue_slice(self, eta):
        """Enqueue the job of the next slice.

        :param datetime eta: UTC
        """
        # What happens was decided by people with rights, and is checked again by the handlers'
        # accounts: the job itself needs the engine's.
        self.sudo().with_delay(
            channel=CHANNEL,
            eta=eta,
            max_retries=0,
            description=self.env._("Replay: %s", self.name),
        )._run_slice()

    def _run_slice(self):
        """Hand the next messages over; the job function.

        Judges them again: a document that was shipped since the dry run is left out. A second job
        for the same slice finds it taken, or not due.

        :return: text for the job
        """
        self = self.sudo()  # people with rights decided; the handlers' accounts judge again
        self.ensure_one()
        now = fields.Datetime.now()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """SELECT 1 FROM integration_replay
                    WHERE id = %s AND state = 'running' AND next_slice_at <= %s
                      FOR NO KEY UPDATE SKIP LOCKED""",
                self.id,
                now,
            )
        )
        if not self.env.cr.fetchone():
            return self.env._("Nothing to do: not due, not running, or in work.")
        size, seconds = slice_of(self.rate)
        lines = self._next_lines(size)
        sent = self._hand_over(lines)
        if self._planned_count():
            pause = seconds if lines else max(seconds, FULL_SECONDS)
            self.next_slice_at = now + timedelta(seconds=pause)
            # The runner may be up to a second early, and that job would find nothing due.
            self._enqueue_slice(self.next_slice_at + timedelta(seconds=1))
        else:
            self.next_slice_at = False
            self._end_settled()
        return self.env._("%s messages handed over", sent)

    def _next_lines(self, size):
        """Return the lines that are handed over now.

        The rate bounds what goes out, too: a flow whose copies wait, because it is paused or its
        partner is down, holds one slice of them at most, so that no burst comes after it.

        :param int size: of a slice
        """
        waiting = self._waiting_by_flow()
        full = [flow.id for flow, number in waiting.items() if number >= size]
        found = self.env["integration.replay.line"].search(
            [("replay_id", "=", self.id), ("state", "=", "planned"), ("flow_id", "not in", full)],
            order="id",
            limit=size,
        )
        lines = found.browse()
        for flow, group in found.grouped("flow_id").items():
            lines |= group[: size - waiting.get(flow, 0)]
        return lines.sorted("id")

    def _waiting_by_flow(self):
        """:return: dict of flow → number of copies that nobody began, but for those held alone"""
        groups = self.env["integration.replay.line"]._read_group(
            [
                ("replay_id", "=", self.id),
                ("state", "=", "sent"),
                ("result_id.state", "=", "pending"),
                ("result_id.attempt_count", "=", 0),
                ("result_id.hold_reason", "not in", HELD_ALONE),
            ],
            ["flow_id"],
            ["__count"],
        )
        return dict(groups)

    def _planned_count(self):
        return self.env["integration.replay.line"].search_count(
            [("replay_id", "=", self.id), ("state", "=", "planned")]
        )

    def _end_settled(self):
        """End those whose messages were all handed over, and have ended."""
        handed = self.filtered(lambda r: r.state == "running" and not r.next_slice_at)
        groups = self.env["integration.replay.line"]._read_group(
            [
                ("replay_id", "in", handed.ids),
                ("state", "=", "sent"),
                ("result_id.state", "in", UNSETTLED),
            ],
            ["replay_id"],
        )
        for replay in handed - handed.browse(row[0].id for row in groups):
            replay.write({"state": "done", "ended_at": fields.Datetime.now()})
            replay._as_asker()._note("done", count=replay.sent_count)

    def _as_asker(self):
        """:return: the replay in the name of the person who asked for it, for the audit trail"""
        return self.with_user(self.user_id)

    def _hand_over(self, lines):
        """Make the copies of the messages of the lines.

        :return: how many
        """
        self._judge_lines(lines)
        going = lines.filtered(lambda line: line.state == "planned")
        made = going.message_id._replay(f"replay:{self.id}", new_key=self.new_key)
        now = fields.Datetime.now()
        for line in going:
            line.write({"state": "sent", "sent_at": now, "result_id": made.get(line.message_id.id)})
        if going:
            self._as_asker()._note("slice", count=len(going))
        return len(going)

    def _stop(self):
        """Cancel what was not handed over, and what was but is not in work.

        :return: how many messages are not replayed
        """
        planned = self.line_ids.filtered(lambda line: line.state == "planned")
        planned.write({"state": "cancelled"})
        handed = self.line_ids.filtered(lambda line: line.state == "sent").result_id
        self.env.flush_all()
        # A worker that has one of them goes on with it.
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM integration_message
                    WHERE id = ANY(%s) AND state IN ('pending', 'retry')
                      FOR NO KEY UPDATE SKIP LOCKED""",
                handed.ids,
            )
        )
        waiting = handed.browse([row[0] for row in rows])
        for message in waiting:
            message._settle_cancelled(self.env._("%s was cancelled.", self.name), by_person=True)
        lines = self.line_ids.filtered(lambda line: line.result_id in waiting)
        lines.write({"state": "cancelled"})
        waiting._let_next_go()
        self.write(
            {"state": "cancelled", "ended_at": fields.Datetime.now(), "next_slice_at": False}
        )
        return len(planned) + len(lines)

    @api.model
    def _wake_lost(self):
        """End what has ended, and enqueue slices whose job was lost; the sweep does each minute.

        One that a clock which went ahead had planned is due now.

        :return: how many
        """
        now = fields.Datetime.now()
        handed = self.search([("state", "=", "running"), ("next_slice_at", "=", False)])
        handed._end_settled()
        limit = now - timedelta(seconds=LOST_SECONDS)
        late = self.search([("state", "=", "running"), ("next_slice_at", "<", limit)])
        far = self.search([("state", "=", "running"), ("next_slice_at", ">", now + CLOCK_SKEW)])
        for replay in far:
            _size, seconds = slice_of(replay.rate)
            if replay.next_slice_at > now + CLOCK_SKEW + timedelta(seconds=seconds):
                replay.next_slice_at = now
                replay._enqueue_slice(now)
        if not late:
            return 0
        jobs = self.env["queue.job"].search(
            [
                ("model_name", "=", self._name),
                ("method_name", "=", "_run_slice"),
                ("state", "in", ("pending", "enqueued", "started")),
            ]
        )
        served = {ident for job in jobs for ident in job.records.ids}
        lost = late.filtered(lambda replay: replay.id not in served)
        for replay in lost:
            replay._enqueue_slice(fields.Datetime.now())
        return len(lost)
