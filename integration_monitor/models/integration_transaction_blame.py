"""Whom a transaction waits for, in words."""

from collections import defaultdict

from odoo import api, fields, models

from ..tools import order_counts
from ..tools.notes import Notes
from ..tools.root import SALE
from .integration_flow_wake import CHANNEL

#: Sentences of messages that are sent again by themselves while they are to be retried.
RETRIED = frozenset({"message_retry", "rate_limit", "transformation"})


class IntegrationTransactionBlame(models.Model):
    _inherit = "integration.transaction"

    def _refresh_blame(self):
        """Judge anew whom these transactions wait for; two statements for any number of them.

        Called when a message settles, a flow is paused or an exception opens or closes.
        """
        if not self:
            return
        self.env.flush_all()
        # The engine judges for whoever caused the change.
        transactions = self.sudo()
        orders = transactions._snapshot({"integration.transaction": self.ids})
        transactions._advance(orders, Notes())
        self.env["integration.milestone"]._forget_banners(orders)

    @api.model
    def _catch_up_later(self, orders):
        """Let a job bring the transactions of these orders up to date, after this commit.

        :param list orders: rows of :meth:`_snapshot`
        """
        ids = defaultdict(list)
        for order in orders:
            ids[order["root_model"]].append(order["id"])
        for root_model, order_ids in ids.items():
            self.with_delay(
                channel=CHANNEL,
                description=self.env._("Milestones of %(count)s orders", count=len(order_ids)),
            )._catch_up(order_ids, root_model)

    @api.model
    def _catch_up(self, order_ids, root_model=SALE.model):
        """Bring the transactions of orders up to date; the job of :meth:`_catch_up_later`."""
        self._advance_later(self._snapshot_of(root_model, order_ids), Notes())

    @api.model
    def _blame_values(self, verdict, order):
        """Return the columns of a verdict, in words.

        :param verdict: a ``tools.blame.Blame``
        :param dict order: row of the snapshot, for names
        """
        return {
            "waits_on": self._blame_culprit(verdict, order),
            "waits_on_kind": None if verdict.on == "nobody" else verdict.on,
            "waits_on_system_id": verdict.system_id,
            "waits_on_user_id": verdict.user_id,
            "cause": verdict.cause,
            "cause_category": verdict.category,
            "cause_text": self._blame_text(verdict),
            "retry_at": order_counts.moment(verdict.facts["next_at"])
            if verdict.text in RETRIED and verdict.facts["state"] == "retry"
            else None,
        }

    @api.model
    def _blame_culprit(self, verdict, order):
        """Name the one who has to move."""
        if verdict.on == "system":
            return verdict.facts.get("system") or self.env._("A partner system")
        if verdict.on == "customer":
            return order["batch"].partner_name(order)
        if verdict.on == "partner":
            return self.env._("A partner")
        if verdict.on == "nobody":
            return None
        if verdict.text.startswith("team.invoice"):
            return self.env._("Accounting")
        if verdict.text.startswith("team.sale"):
            return self.env._("Sales")
        if verdict.text.startswith(("team.picking", "stock")) and order["warehouse_id"]:
            return order["batch"].warehouse_name(order)
        return self.env._("Our team")


def since_text(env, since, now=None):
    """Say how long ago a moment was, in the reader's language: '2 h', '3 days', 'just now'.

    :param datetime since: UTC
    """
    return waiting_time(env, since, now) or env._("just now")


def waiting_time(env, since, now=None):
    """Say how long something lasts, in the reader's language; None below a minute.

    :param datetime since: UTC
    """
    now = now or fields.Datetime.now()
    minutes = int((now - (since or now)).total_seconds() // 60)
    if minutes < 1:
        return None
    if minutes < 60:
        return env._("%s min", minutes)
    if minutes < 48 * 60:
        return env._("%s h", minutes // 60)
    return env._("%s days", minutes // 1440)


def until_text(env, moment, now=None):
    """Say when something comes, in the reader's language: 'in 5 s', 'in 4 min', 'now'.

    :param datetime moment: UTC
    """
    seconds = int((moment - (now or fields.Datetime.now())).total_seconds())
    if seconds < 1:
        return env._("now")
    if seconds < 90:
        return env._("in %s s", seconds)
    if seconds < 90 * 60:
        return env._("in %s min", round(seconds / 60))
    if seconds < 48 * 3600:
        return env._("in %s h", round(seconds / 3600))
    return env._("in %s days", round(seconds / 86400))
