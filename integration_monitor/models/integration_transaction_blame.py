"""Whom a transaction waits for, in words, and whether it is late."""

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from ..tools import order_counts
from .integration_flow_wake import CHANNEL
from .integration_milestone_record import Notes


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
    def _catch_up_later(self, order_ids):
        """Let a job bring the transactions of these orders up to date, after this commit."""
        self.with_delay(
            channel=CHANNEL,
            description=self.env._("Milestones of %(count)s orders", count=len(order_ids)),
        )._catch_up(order_ids)

    @api.model
    def _catch_up(self, order_ids):
        """Bring the transactions of orders up to date; the job of :meth:`_catch_up_later`."""
        orders = self._snapshot({"sale.order": order_ids}, payments=True)
        self._advance(orders, Notes())

    @api.model
    def _tick(self):
        """Let time pass: transactions whose moment has come get at risk, or late.

        One statement on the index of the moments; called by a scheduled action each minute.

        :return: number of transactions that changed
        """
        self.flush_model(["timeliness", "tick_at", "due_at", "state"])
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE integration_transaction
                   SET timeliness = CASE WHEN due_at <= %(now)s THEN 'missed' ELSE 'warning' END,
                       tick_at = CASE WHEN due_at <= %(now)s THEN NULL ELSE due_at END
                 WHERE state = 'in_progress' AND tick_at <= %(now)s
             RETURNING id
                """,
                now=now,
            )
        )
        self.invalidate_model(["timeliness", "tick_at"], flush=False)
        return len(rows)

    @api.model
    def _blame_values(self, verdict, order):
        """Return the columns of a verdict, in words.

        :param verdict: a ``tools.blame.Blame``
        :param dict order: row of the snapshot, for names
        """
        return {
            "waits_on": self._blame_culprit(verdict, order),
            "waits_on_system_id": verdict.system_id,
            "cause": verdict.cause,
            "cause_category": verdict.category,
            "cause_text": self._blame_text(verdict) or None,
            "retry_at": order_counts.moment(verdict.facts["next_at"])
            if verdict.text == "message_retry"
            else None,
        }

    @api.model
    def _blame_culprit(self, verdict, order):
        """Name the one who has to move."""
        if verdict.on == "system":
            return verdict.facts.get("system") or self.env._("A partner system")
        if verdict.on == "customer":
            return order["partner"].complete_name
        if verdict.on == "partner":
            return self.env._("A partner")
        if verdict.on == "nobody":
            return None
        if verdict.text.startswith("team.invoice"):
            return self.env._("Accounting")
        if verdict.text.startswith("team.sale"):
            return self.env._("Sales")
        if verdict.text.startswith(("team.picking", "stock")) and order["warehouse"]:
            return order["warehouse"].name
        return self.env._("Our team")

    @api.model
    def _blame_text(self, verdict):
        """Say in one sentence why nothing moves."""
        facts = verdict.facts
        if verdict.text == "message_retry":
            return self._retry_text(facts)
        if verdict.text == "message_failed" and facts["attempt"] == 1:
            return self.env._(
                "%(flow)s failed: %(error)s", flow=facts["flow"], error=_short(facts["error"])
            )
        if verdict.text == "message_failed":
            return self.env._(
                "%(flow)s failed after %(attempt)s attempts: %(error)s",
                flow=facts["flow"], attempt=facts["attempt"], error=_short(facts["error"]),
            )  # fmt: skip
        if verdict.text in ("condition", "environment", "ordering", "archived"):
            return self._held_text(verdict.text, facts)
        if verdict.text == "gate":
            return self.env._(
                "%(document)s is held by gating: “%(step)s” is not reached (%(gate)s)",
                document=facts["document"], step=facts["step"], gate=facts["gate"],
            )  # fmt: skip
        if verdict.text == "gate_message":
            return self.env._("%(flow)s is held by gating", flow=facts["flow"])
        if verdict.text == "manual":
            return self.env._("%(flow)s has to be done by hand", flow=facts["flow"])
        if verdict.text in ("breaker", "maintenance", "rate_limit", "budget"):
            return self._endpoint_text(verdict.text, facts)
        if verdict.text == "paused":
            return self.env._("%(flow)s is paused", flow=facts["flow"])
        if verdict.text == "message_pending":
            return self.env._("%(flow)s is about to be sent or processed", flow=facts["flow"])
        if verdict.text == "acknowledgement":
            return self.env._("%(system)s has not confirmed yet", system=facts["system"])
        if verdict.text == "exception":
            return facts["title"]
        if verdict.text == "stock":
            return self.env._("Not enough stock for %(picking)s", picking=facts["picking"])
        if verdict.text == "partner":
            return self.env._("%(system)s has not reported yet", system=facts["system"])
        return self._step_texts().get(verdict.text)

    @api.model
    def _retry_text(self, facts):
        """What failed and which attempt it was; when the next one comes is told when it is read."""
        return self.env._(
            "%(error)s, attempt %(attempt)s of %(limit)s",
            error=_short(facts["error"]).rstrip("."),
            attempt=facts["attempt"], limit=facts["limit"] or "?",
        )  # fmt: skip

    @api.model
    def _held_text(self, reason, facts):
        """What somebody must put right before a held message goes on."""
        if reason == "condition":
            return self.env._("The condition of %(flow)s has to be corrected", flow=facts["flow"])
        if reason == "environment":
            return self.env._(
                "%(flow)s is held: this Odoo is not released to call %(system)s",
                flow=facts["flow"], system=facts["system"] or facts["endpoint"],
            )  # fmt: skip
        if reason == "archived":
            return self.env._("%(flow)s waits: its endpoint is archived", flow=facts["flow"])
        return self.env._(
            "%(flow)s waits for an earlier message that somebody has to look after",
            flow=facts["flow"],
        )

    @api.model
    def _endpoint_text(self, reason, facts):
        """Why a message waits for its endpoint."""
        names = {"system": facts["system"] or facts["endpoint"], "flow": facts["flow"]}
        if reason == "breaker":
            since = order_counts.moment(facts["breaker_since"])
            tz = self.env.company.partner_id.tz or "UTC"
            return self.env._(
                "%(system)s is not answering (breaker open since %(since)s)",
                system=names["system"],
                since=format_datetime(self.env, since, tz=tz, dt_format="short"),
            )
        if reason == "maintenance":
            return self.env._("%(system)s is in maintenance", system=names["system"])
        if reason == "rate_limit":
            return self.env._("%(system)s asked us to slow down", system=names["system"])
        return self.env._(
            "%(flow)s waits: too many calls to %(system)s are repetitions already", **names
        )

    @api.model
    def _step_texts(self):
        """What has to be done, by the step that is awaited."""
        return {
            "team.sale.confirmed": self.env._("The quotation has to be confirmed"),
            "team.picking.first.done": self.env._("The goods have to be picked"),
            "team.picking.pack.done": self.env._("The goods have to be packed"),
            "team.picking.out.done": self.env._("The goods have to be shipped"),
            "team.invoice.posted": self.env._("The invoice has to be made and posted"),
            "customer.invoice.paid": self.env._("The invoice is not paid"),
            "customer.sale.confirmed": self.env._("The customer has not accepted the quotation"),
        }


def _short(text, limit=160):
    """One line of an error, short enough for a banner."""
    line = (text or "").strip().partition("\n")[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def since_text(env, since, now=None):
    """Say how long ago a moment was, in the reader's language: '2 h', '3 days'.

    :param datetime since: UTC
    """
    now = now or fields.Datetime.now()
    minutes = int((now - (since or now)).total_seconds() // 60)
    if minutes < 1:
        return env._("just now")
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
    return env._("in %s h", round(seconds / 3600))
