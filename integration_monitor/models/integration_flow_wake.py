"""Wake-ups: one drain job per lane and transaction; holds; the sweep that mends the rest."""

import logging
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools.observation import CLOCK_SKEW

_logger = logging.getLogger(__name__)

CHANNEL = "root.integration"
# Reasons that follow from a switch or a setting: they end by themselves when it changes.
SWITCH_REASONS = ("paused", "archived", "environment", "maintenance", "breaker", "rate_limit")
# A held message is claimed all the same when what it says does not hold any more.
LIVE_REASONS = (*SWITCH_REASONS, "budget", "gate", "ordering")
# Whoever ends these wakes the lanes: the sweep need not.
QUIET_REASONS = ("environment", "ordering")
# So many messages of a lane are shown as held, or released, in one go; the sweep does the rest.
SYNC_BATCH = 10000
# A job that starts later than this serves all who commit now.
KEY_SECONDS = 2
WAKE_KEY = "integration_monitor.wake"


class IntegrationFlow(models.Model):
    """Jobs are wake-ups, messages are the work. The lane of a message is its flow."""

    _inherit = "integration.flow"

    def _wake(self, eta=None):
        """Enqueue one drain job for each flow, once per transaction and time.

        The job is written just before the commit, so that a rolled-back message wakes nobody.
        A job that waits already is no reason to skip: it may start before our commit.

        :param datetime eta: not before this time (UTC); None: at once
        """
        wanted = self.env.cr.precommit.data.setdefault(WAKE_KEY, {})
        if not wanted:
            # The enqueuing needs no rights of the user whose transaction this is.
            self.env.cr.precommit.add(self.sudo().env["integration.flow"]._enqueue_wakes)
        for flow in self:
            wanted[(flow.id, eta)] = True

    def _enqueue_wakes(self):
        """Write the drain jobs that this transaction asked for."""
        wanted = self.env.cr.precommit.data.pop(WAKE_KEY, {})
        flows = self.sudo().browse({flow_id for flow_id, _eta in wanted}).exists()
        soon = fields.Datetime.now() + timedelta(seconds=KEY_SECONDS)
        for flow_id, eta in wanted:
            flow = flows.browse(flow_id)
            if flow not in flows or flow.state != "active" or not flow.active:
                continue
            if not flow._account_works():
                continue
            key = None
            closed, opens_at = flow._gate_opens_at()
            if closed and not opens_at:
                continue  # whoever closed the gate opens it, and wakes
            if closed and (eta is None or eta < opens_at):
                eta = opens_at
            if eta is not None and eta > soon:
                # One job for this time is enough: it starts long after our commit.
                key = f"integration_monitor:{flow.id}:{eta.isoformat()}"
            flow._as_service().with_delay(
                channel=CHANNEL,
                eta=eta,
                identity_key=key,
                priority=flow.priority,
                max_retries=1,
                description=self.env._("Messages of %(flow)s", flow=flow.name),
            )._drain()

    def _job_store_values(self, job):
        """A lane's job serves many messages: it carries none of their correlations."""
        values = super()._job_store_values(job)
        if job.method_name == "_drain":
            values = {**values, "integration_correlation_id": False, "integration_trace_id": False}
        return values

    def _account_works(self):
        """Tell whether the flow may run as its account; if not, tell somebody that it waits."""
        flow = self.sudo()  # reading an account's groups is nothing an account may do
        if flow._account_fits():
            return True
        refusal = (
            flow._account_refusal() if flow.service_user_id else self.env._("It has no account.")
        )
        self.env["integration.exception"]._open(
            [
                {
                    "name": self.env._("%(flow)s: no service account", flow=flow.name),
                    "dedupe_key": f"account:{flow.id}",
                    "category": "technical",
                    "error_class": "auth",
                    "error_message": self.env._(
                        "Flow “%(flow)s” cannot run as its service account, so its messages "
                        "wait. %(reason)s Choose an account on the flow, or leave it to “Make "
                        "one”.",
                        flow=flow.name,
                        reason=refusal,
                    ),
                    "flow_id": flow.id,
                }
            ]
        )
        return False

    def _resolve_missing_accounts(self):
        """Close what :meth:`_account_works` opened, where the account works again."""
        keys = [
            f"account:{flow.id}"
            for flow in self
            if flow.service_user_id and not flow._account_refusal()
        ]
        self.env["integration.exception"].sudo().search(  # the engine closes what it opened
            [("is_open", "=", True), ("dedupe_key", "in", keys)]
        )._resolve()

    def _as_service(self):
        """Return the flow in the environment of its service account, without superuser rights."""
        self.ensure_one()
        account = self.service_user_id
        return (
            self.with_user(account)
            .sudo(False)
            .with_context(allowed_company_ids=self.company_id.ids, lang=account.lang, tz=account.tz)
        )

    def _hold_reason(self):
        """Say why messages of this flow may not go now.

        :return: a code of ``HOLD_REASONS``, or False
        """
        self.ensure_one()
        if self.state == "paused" or self.endpoint_id.state == "paused":
            return "paused"
        if self.endpoint_id and not self.endpoint_id.active:
            return "archived"
        if self.direction == "outbound" and self.endpoint_id._environment_refusal():
            return "environment"
        return False

    def _hold_waiting(self):
        """Show the waiting messages of a paused flow as held."""
        self._sync_holds()

    def _wake_after_resume(self):
        """Release what waited for the switch, and start the lanes."""
        self._sync_holds()
        self.sudo()._wake()

    def _sync_holds(self):
        """Bring the shown hold of waiting messages in line with switches and environment."""
        bound = self._bound_elsewhere()
        for flow in self.sudo():
            changed = 0
            others = bound.get(flow.id, self.env["integration.endpoint"].sudo())
            for reason, condition in flow._holds(others):
                self.env.cr.execute(
                    SQL(
                        """UPDATE integration_message SET held = %(held)s, hold_reason = %(reason)s
                            WHERE id IN (
                                  SELECT id FROM integration_message
                                   WHERE flow_id = %(flow)s AND state IN ('pending', 'retry')
                                     AND (held IS NOT TRUE OR hold_reason IN %(switches)s)
                                     AND hold_reason IS DISTINCT FROM %(reason)s AND %(condition)s
                                   ORDER BY priority, id LIMIT %(batch)s
                                     FOR NO KEY UPDATE SKIP LOCKED)""",
                        held=bool(reason),
                        reason=reason,
                        flow=flow.id,
                        switches=SWITCH_REASONS,
                        condition=condition,
                        batch=SYNC_BATCH,
                    )
                )
                changed += self.env.cr.rowcount
            if changed:
                flow._refresh_waiting_blame()
        self.env["integration.message"].invalidate_model(["held", "hold_reason"])

    def _holds(self, others):
        """Say which of the messages that wait are held.

        :param others: endpoints beside the own one that messages are bound to
        :return: list of (code of ``HOLD_REASONS`` or None, condition on the messages)
        """
        return [(self._hold_reason() or None, SQL("TRUE"))]

    def _refresh_waiting_blame(self):
        """Let the transactions that wait for this flow say so."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT transaction_id FROM integration_message
                    WHERE flow_id = %s AND transaction_id IS NOT NULL
                      AND state IN ('pending', 'retry')
                    LIMIT 5000""",
                self.id,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            # Blame is written by the engine for whoever flipped the switch.
            self.env["integration.transaction"].sudo().browse(ids)._refresh_blame()

    def _idle_lanes(self, now):
        """Return the active flows with due messages and no job that is about to serve them.

        The queue keeps a job's records as JSON in a string.

        :param datetime now: UTC
        """
        self.env.cr.execute(
            SQL(
                """SELECT f.id
                     FROM integration_flow f
                     LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                    WHERE f.active AND f.state = 'active'
                      AND (e.id IS NULL OR (e.active AND e.state = 'active'))
                      AND (e.breaker_state IS NULL OR e.breaker_state = 'closed'
                           OR f.direction = 'inbound' OR NOT COALESCE(e.breaker_forced, FALSE))
                      AND EXISTS (
                          SELECT 1 FROM integration_message m
                           WHERE m.flow_id = f.id AND m.state IN ('pending', 'retry')
                             AND (m.held IS NOT TRUE OR m.hold_reason IN %(live)s)
                             AND (%(open)s OR %(probe)s)
                             AND (m.bound_endpoint_id IS NULL OR m.answer IS NOT NULL
                                  OR m.bound_endpoint_id = f.endpoint_id OR f.fallback_shared_keys)
                             AND (COALESCE(m.next_attempt_at, m.received_at) <= %(due)s
                                  -- Received by a clock that was ahead.
                                  OR (m.next_attempt_at IS NULL AND m.received_at > %(late)s)))
                      AND %(jobless)s""",
                due=now - timedelta(seconds=2),
                late=now + CLOCK_SKEW,
                live=tuple(reason for reason in LIVE_REASONS if reason not in QUIET_REASONS),
                open=self._gate_condition(now),
                probe=self._gate_condition(now, probe=True),
                jobless=self._jobless_condition(now),
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    def _jobless_condition(self, now):
        """:return: the condition that no job is about to serve flow ``f``"""
        return SQL(
            """NOT EXISTS (
                   SELECT 1 FROM queue_job j
                    WHERE j.model_name = 'integration.flow' AND j.method_name = '_drain'
                      AND j.state IN ('pending', 'enqueued', 'started')
                      AND (j.eta IS NULL OR j.eta <= %(now)s)
                      AND (j.records #>> '{}')::jsonb -> 'ids' @> to_jsonb(f.id))""",
            now=now,
        )
