"""Telling a subscriber again: his cursor is put back, and nobody else's."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .integration_subscription_sql import COALESCE_KEY, OF_INTEREST


class IntegrationSubscriptionRewind(models.Model):
    """Who had a subscriber told again, since when and why; changed by nobody."""

    _name = "integration.subscription.rewind"
    _description = "Audit row of a replay of events"
    _inherit = "integration.audit.mixin"
    _rec_name = "at"

    subscription_id = fields.Many2one(
        "integration.subscription", readonly=True, index=True, ondelete="restrict", required=True
    )
    reason = fields.Char(required=True, readonly=True)
    since = fields.Datetime(readonly=True, help="Events that happened since then.")
    cursor_before = fields.Integer(readonly=True)
    cursor_after = fields.Integer(readonly=True)
    event_count = fields.Integer(string="Events", readonly=True)
    message_count = fields.Integer(
        string="Messages", readonly=True, help="Fewer than events: those of one product are one."
    )
    new_key = fields.Boolean(string="New Idempotency Keys", readonly=True)
    approver_id = fields.Many2one(
        "res.users", string="Approved By", readonly=True, ondelete="restrict"
    )


class IntegrationSubscription(models.Model):
    """Rewinding: the events are handed over again, marked as repetitions."""

    _inherit = "integration.subscription"

    rewind_ids = fields.One2many(
        "integration.subscription.rewind", "subscription_id", string="Replays", readonly=True
    )

    @api.model
    def _check_may_rewind(self):
        """:raises AccessError: the user is no operator"""
        if not self.env.su and not self.env.user.has_group("integration_monitor.group_operator"):
            raise AccessError(self.env._("Only integration operators may replay events."))

    def _place_before(self, since=None, event=None):
        """:return: (cursor, moment) from which on events would be told again"""
        if event:
            return event.id - 1, event.occurred_at
        row = self.env.execute_query(
            SQL("SELECT min(id) FROM integration_event WHERE occurred_at >= %s", since)
        )[0]
        return (row[0] - 1 if row[0] else self.cursor_id), since

    def _count_again(self, cursor, since, until=None):
        """Count what a rewind would tell again.

        :param int until: the last event that it tells; None: the last one that was told
        :return: (events, messages, oldest event's moment)
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT count(*), count(DISTINCT COALESCE(k.key, e.event_uid)),
                          min(e.occurred_at)
                     FROM integration_subscription s
                     JOIN integration_event e ON e.id > %(cursor)s
                      AND e.id <= LEAST(s.cursor_id, %(until)s)
                      AND e.occurred_at >= %(since)s AND %(wanted)s
                    CROSS JOIN LATERAL (SELECT %(key)s AS key) k
                    WHERE s.id = %(id)s""",
                cursor=cursor,
                since=since,
                until=until,
                # A rewind may go back to before the subscription began.
                wanted=OF_INTEREST,
                key=COALESCE_KEY,
                id=self.id,
            )
        )
        return rows[0]

    @api.private
    def _rewind(self, cursor, since, reason, new_key=False, request=None):
        """Put the cursor back, write down who did, and hand the events over.

        Large replays wait for a second person, as those of messages do.

        A conflict with the fan-out, which moves the same cursor, has the request repeated.

        :param int cursor: id of the last event that is not told again
        :param datetime since: events that happened before are not told again
        :param request: the ``integration.subscription.rewind.request`` to which somebody agreed
        :return: the request that waits; empty when it was done
        :raises UserError: nothing to tell, more than the settings allow at once, or more than was
            asked for
        """
        self.ensure_one()
        self._check_may_rewind()
        self.check_access("read")
        subscription = self.sudo()  # the cursor is the engine's, moved at an operator's request
        until = request.until_id if request else 0
        subscription._check_not_repeating(until)
        events, messages, _oldest = self._count_again(cursor, since, until or None)
        limit = self.env["integration.replay"]._setting("replay_max_count")
        if not events:
            raise UserError(
                self.env._("Nothing that “%s” was told happened since then.", self.name)
            )
        if messages > limit:
            raise UserError(
                self.env._(
                    "%(count)s messages would be sent, and a replay takes %(limit)s. Choose a "
                    "later moment, or have an administrator raise the limit in the settings.",
                    count=messages,
                    limit=limit,
                )
            )
        if request and messages > request.message_count:
            raise UserError(
                self.env._(
                    "%(count)s messages would be sent, and %(asked)s were asked for: the "
                    "subscription has changed. Withdraw it, and ask again.",
                    count=messages,
                    asked=request.message_count,
                )
            )
        # Requests are the engine's, made when an operator asks.
        requests = self.env["integration.subscription.rewind.request"].sudo()
        if self._needs_approval(messages) and not request:
            asked = requests.create(
                {
                    "subscription_id": self.id,
                    "reason": reason,
                    "since": since,
                    "cursor_id": cursor,
                    "until_id": subscription.cursor_id,
                    "new_key": new_key,
                    "event_count": events,
                    "message_count": messages,
                    "user_id": self.env.uid,
                }
            )
            asked._tell_approvers(self, reason, messages, self.env.user)
            return asked
        self.env["integration.subscription.rewind"].sudo().create(
            {
                "subscription_id": self.id,
                "company_id": self.company_id.id,
                "reason": reason,
                "since": since,
                "cursor_before": subscription.cursor_id,
                "cursor_after": cursor,
                "event_count": events,
                "message_count": messages,
                "new_key": new_key,
                "approver_id": request.approver_id.id if request else False,
            }
        )
        subscription.write(
            {
                "cursor_id": cursor,
                "start_at": since,
                "repeat_until_id": max(subscription.cursor_id, subscription.repeat_until_id),
                "repeat_end_id": until if until < subscription.cursor_id else False,
                "repeat_new_key": new_key,
            }
        )
        subscription._wake_fan_out()
        return requests.browse()

    def _check_not_repeating(self, until):
        """One rewind that leaves something out at a time: what another has yet to tell is kept.

        :param int until: the last event that the rewind tells, or 0
        :raises UserError: another rewind is going on
        """
        if not (until or self.repeat_end_id):
            return
        [(going_on,)] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT 1 FROM integration_event
                                   WHERE id > %s AND id <= %s)""",
                self.cursor_id,
                self.repeat_until_id or 0,
            )
        )
        if going_on:
            raise UserError(
                self.env._(
                    "“%s” is being told again at this moment: wait until nothing is behind. A "
                    "subscription that is paused goes on when it is resumed.",
                    self.name,
                )
            )
