"""Deadlines of transactions: when each step is planned, and the clock that makes one late."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from ..tools import deadlines, order_counts
from .integration_loose_reference_mixin import LooseMany2one
from .integration_transaction_blame import until_text

#: What one tick moves at most, so that a long standstill locks no table for long.
MOVED_LIMIT = 20000
#: Notes that one tick posts at most; the next ones post the rest.
NOTES_LIMIT = 500
#: A note that the clock could not post for so long stands before no other any more.
NOTES_DAYS = 7


class IntegrationTransactionDeadline(models.Model):
    _inherit = "integration.transaction"

    breach_noted_at = fields.Datetime(
        string="Delay Noted",
        readonly=True,
        copy=False,
        help="When the order was told for the first time that it is late; it is told once.",
    )
    breach_seen_at = fields.Datetime(
        string="Delay Found",
        readonly=True,
        copy=False,
        help="When the clock found that the order is late; the note on the order follows.",
    )
    deadline_text = fields.Char(
        string="Deadline",
        compute="_compute_deadline_text",
        help="The one that comes first; it names its step where that is not the awaited one.",
    )
    due_step_id = LooseMany2one(
        "integration.process.step",
        string="Step with this Deadline",
        readonly=True,
        ondelete="restrict",
        help="Of the steps that are open at once, the one whose deadline comes first.",
    )
    waits_planned_at = fields.Datetime(
        string="Originally Planned",
        compute="_compute_waits_planned_at",
        help="When the awaited step was to be reached, had every step before been in time.",
    )

    # Late, and the clock has not found it yet; what was late when it was adopted is no news.
    _breach_index = models.Index(
        "(due_at) WHERE state = 'in_progress' AND timeliness = 'missed'"
        " AND breach_noted_at IS NULL AND breach_seen_at IS NULL"
        " AND (adopted_at IS NULL OR due_at > adopted_at)"
    )

    _breach_pending_index = models.Index(
        "(breach_seen_at) WHERE breach_seen_at IS NOT NULL AND breach_noted_at IS NULL"
    )

    @api.depends("state", "timeliness", "due_at", "due_step_id", "waits_for_step_id")
    @api.depends_context("lang", "tz")
    def _compute_deadline_text(self):
        now = fields.Datetime.now()
        for transaction in self:
            text = False
            if transaction.state == "in_progress" and transaction.due_at:
                text = transaction._deadline_words(transaction.due_at, now)
                if step := transaction._due_beside():
                    text = self.env._("%(step)s: %(deadline)s", step=step.name, deadline=text)
            transaction.deadline_text = text

    def _due_beside(self):
        """:return: the step whose deadline comes first, where that is not the awaited one"""
        self.ensure_one()
        return self.due_step_id - self.waits_for_step_id

    @api.model
    def _deadline_words(self, due_at, now, tz=None):
        """Say how a deadline stands: 'due in 2 h', 'late since 13:00'."""
        if due_at > now:
            return self.env._("due %(when)s", when=until_text(self.env, due_at, now))
        today = _local(self, due_at, tz).date() == _local(self, now, tz).date()
        moment = format_datetime(self.env, due_at, tz=tz, dt_format="HH:mm" if today else "short")
        return self.env._("late since %(moment)s", moment=moment)

    @api.depends("waits_for_step_id", "milestone_ids.planned_at")
    def _compute_waits_planned_at(self):
        for transaction in self:
            awaited = transaction.milestone_ids.filtered(
                lambda milestone, owner=transaction: milestone.step_id == owner.waits_for_step_id
            )
            transaction.waits_planned_at = awaited[:1].planned_at

    @api.model
    def _dates(self, order, process_id, steps, milestones, pickings, invoices, started):
        """What the deadlines of an order are counted from; see ``tools.deadlines.Dates``.

        No query: rules and places are cached.
        """
        Step = self.env["integration.process.step"]
        confirmed, ready = deadlines.beginnings(steps, milestones)
        return deadlines.Dates(
            order["root"],
            started,
            confirmed,
            order_counts.moment(order["commitment_date"]),
            pickings,
            invoices,
            Step._deadline_rules(process_id),
            Step._deadline_place(order["company_id"], order["warehouse_id"]),
            order.get("carrier_id"),
            ready,
        )

    @api.model
    def _tick(self):
        """Let time pass: transactions whose moment has come get at risk, or late, and say so once.

        One statement on three small indexes while nothing is due; a scheduled action calls it each
        minute.

        :return: number of transactions that changed
        """
        self.flush_model(
            ["timeliness", "tick_at", "due_at", "state", "breach_noted_at", "breach_seen_at"]
        )
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                WITH moved AS (
                    UPDATE integration_transaction
                       SET timeliness = CASE WHEN due_at <= %(now)s THEN 'missed'
                                             ELSE 'warning' END,
                           tick_at = CASE WHEN due_at <= %(now)s THEN NULL ELSE due_at END,
                           breach_seen_at = CASE WHEN due_at <= %(now)s THEN %(now)s::timestamp END
                     WHERE id = ANY(ARRAY(
                           SELECT id FROM integration_transaction
                            WHERE state = 'in_progress' AND tick_at <= %(now)s
                            ORDER BY tick_at LIMIT %(moved)s FOR UPDATE SKIP LOCKED))
                 RETURNING id, timeliness = 'missed' AND breach_noted_at IS NULL
                                -- A message has nowhere to write it, and takes no order's turn.
                                AND res_model <> 'integration.message' AS news),
                -- Late by what somebody saved: a date of last week, a payment taken back.
                seen AS (
                    UPDATE integration_transaction SET breach_seen_at = %(now)s
                     WHERE id = ANY(ARRAY(
                           SELECT id FROM integration_transaction
                            WHERE state = 'in_progress' AND timeliness = 'missed'
                              AND breach_noted_at IS NULL AND breach_seen_at IS NULL
                              AND (adopted_at IS NULL OR due_at > adopted_at)
                              AND tick_at IS NULL
                            ORDER BY due_at LIMIT %(moved)s FOR UPDATE SKIP LOCKED))
                 RETURNING id, res_model <> 'integration.message' AS news)
                SELECT id, true, news FROM moved
                 UNION ALL
                SELECT id, false, news FROM seen
                 UNION ALL
                -- Those that did not fit into the ticks before, however late they are by now.
                (SELECT id, false, true FROM integration_transaction
                  WHERE breach_seen_at > %(kept)s AND breach_noted_at IS NULL
                    AND state = 'in_progress' AND timeliness = 'missed'
                    AND res_model <> 'integration.message'
                  ORDER BY breach_seen_at LIMIT %(notes)s)
                """,
                now=now,
                kept=now - timedelta(days=NOTES_DAYS),
                moved=MOVED_LIMIT,
                notes=NOTES_LIMIT,
            )
        )
        if not rows:
            return 0
        self.invalidate_model(["timeliness", "tick_at", "breach_seen_at"], flush=False)
        news = sorted({owner_id for owner_id, _moved, news in rows if news})
        # Who is late is told even if the note about it cannot be posted.
        self._commit_tick(len(rows), len(news))
        self.browse(news[:NOTES_LIMIT])._note_breach(now)
        return sum(1 for _id, moved, _news in rows if moved)

    @api.model
    def _commit_tick(self, done, remaining):
        """Commit, when the scheduled action runs."""
        if self.env.context.get("ir_cron_progress_id"):
            self.env["ir.cron"]._commit_progress(done, remaining=0)

    def _note_breach(self, now):
        """Write on the root documents that they are late, once: a fixed number of queries.

        :param datetime now: UTC
        """
        rows = self.env.execute_query(
            SQL(
                """UPDATE integration_transaction SET breach_noted_at = %(now)s
                    WHERE id = ANY(ARRAY(
                          SELECT id FROM integration_transaction
                           WHERE id = ANY(%(ids)s) AND breach_noted_at IS NULL
                             FOR UPDATE SKIP LOCKED))
                RETURNING id""",
                now=now,
                ids=self.ids,
            )
        )
        owners = self.browse(owner_id for (owner_id,) in rows)
        owners.invalidate_recordset(["breach_noted_at"], flush=False)
        for (model, lang), group in owners.grouped(
            lambda owner: (owner.res_model, owner.company_id.partner_id.lang)
        ).items():
            if model not in self.env or not issubclass(self.pool[model], self.pool["mail.thread"]):
                continue  # nowhere to write it
            documents = self.env[model].with_context(lang=lang).browse(group.mapped("res_id"))
            bodies = {
                owner.res_id: owner._breach_text(now) for owner in group.with_context(lang=lang)
            }
            # An order that was deleted by plain SQL has nobody to tell.
            documents.exists()._message_log_batch(bodies=bodies)

    def _breach_text(self, now):
        """The note on a late document, for whoever reads it: in the company's time."""
        self.ensure_one()
        beside = self._due_beside()
        step = beside or self.waits_for_step_id
        values = {
            "late": self._deadline_words(self.due_at, now, self.company_id.partner_id.tz or "UTC"),
            "step": step.waiting_name or step.name,
            "on": self.waits_on,
            "why": self.reason,
        }
        if beside or not self.waits_on:
            # Whom the awaited step waits for tells nothing of this one.
            return self.env._("This order is %(late)s: waiting for %(step)s.", **values)
        if self.reason:
            return self.env._(
                "This order is %(late)s: waiting for %(step)s, on %(on)s. %(why)s", **values
            )
        return self.env._("This order is %(late)s: waiting for %(step)s, on %(on)s.", **values)


def _local(records, moment, tz):
    """A moment on the clock of the reader, or of a time zone."""
    records = records.with_context(tz=tz) if tz else records
    return fields.Datetime.context_timestamp(records, moment)
