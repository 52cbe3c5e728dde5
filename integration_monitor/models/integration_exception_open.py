"""Opening and closing exceptions: once per matter, with an owner, and closed by success."""

import textwrap

from psycopg2 import IntegrityError, errorcodes

from odoo import api, fields, models

from ..tools import fingerprint, owner_rules
from .integration_exception import OPEN_STATES

ACTIVITY = "integration_monitor.mail_activity_exception"


class IntegrationException(models.Model):
    """What the engine does with exceptions; people's buttons are elsewhere."""

    _inherit = "integration.exception"

    @api.model
    def _open(self, vals_list):
        """Open exceptions, or count another occurrence of those that are open already.

        :param list vals_list: field values; those with the same ``dedupe_key`` as an open
            exception update it, but never its owner; an earlier ``opened_at`` counts. The owner
            defaults to the one that the owner rules name, the flow's, the system's, the setting's.
        :return: the open ``integration.exception`` records, in the order of ``vals_list``
        """
        # Exceptions are opened by the engine on behalf of service accounts and of crons.
        self = self.sudo()
        keys = [vals["dedupe_key"] for vals in vals_list if vals.get("dedupe_key")]
        known = {
            exception.dedupe_key: exception
            for exception in self.search([("dedupe_key", "in", keys), ("state", "in", OPEN_STATES)])
        }
        opened = self.browse()
        for vals in vals_list:
            exception = known.get(vals.get("dedupe_key"))
            if exception:
                exception._seen_again(vals)
            else:
                exception = self._create_once(vals)
                if exception.dedupe_key:
                    known[exception.dedupe_key] = exception
            opened += exception
        opened._ensure_activity()
        opened.transaction_id._refresh_blame()
        return opened

    def _create_once(self, vals):
        """Create one exception; one that another transaction opened meanwhile wins."""
        values = self._with_defaults(vals)
        try:
            with self.env.cr.savepoint():
                # The activity tells the owner; another mail "you have been assigned", a line
                # "created", and a service account as follower would be noise.
                return self.with_context(
                    mail_create_nosubscribe=True,
                    mail_create_nolog=True,
                    mail_auto_subscribe_no_notify=True,
                ).create(values)
        except IntegrityError as error:
            if error.pgcode != errorcodes.UNIQUE_VIOLATION:
                raise
        exception = self.search(
            [("dedupe_key", "=", vals["dedupe_key"]), ("state", "in", OPEN_STATES)], limit=1
        )
        exception._seen_again(vals)
        return exception

    def _with_defaults(self, vals):
        """Complete the values: owner, severity, company, systems from the flow."""
        flow = self.env["integration.flow"].browse(vals.get("flow_id"))
        endpoint = self.env["integration.endpoint"].browse(vals.get("endpoint_id"))
        system = flow.system_id or endpoint.system_id
        company = flow.company_id or endpoint.company_id or self.env.company
        values = {
            "endpoint_id": flow.endpoint_id.id,
            "system_id": system.id,
            "company_id": company.id,
            "severity": flow.criticality or system.criticality or "normal",
            **vals,
        }
        if not values.get("fingerprint"):
            values["fingerprint"] = fingerprint.of_fault(
                values.get("error_class"),
                values.get("error_message") or values.get("name"),
                flow_id=flow.id,
                endpoint_id=endpoint.id,
            )
        rule = self._owner_rule(values)
        if not values.get("user_id"):
            owner = self._rule_owner(rule, values["company_id"]) or self._default_owner(
                flow, system
            )
            values["user_id"] = owner.id
        if not values.get("deadline_at"):
            values["deadline_at"] = owner_rules.deadline(
                fields.Datetime.now(), values["severity"], rule.hours if rule else 0
            )
        if not values.get("first_error_message"):
            values["first_error_message"] = values.get("error_message")
        return values

    @api.model
    def _default_owner(self, flow, system):
        """:return: who looks after failures of the flow; may be empty"""
        owner = flow.user_id or system.user_id
        if not owner:
            parameter = self.env["ir.config_parameter"].sudo()  # read on behalf of the engine
            user_id = parameter.get_param("integration_monitor.default_owner_id")
            owner = self.env["res.users"].browse(int(user_id or 0)).exists()
        return owner.filtered("active")

    def _seen_again(self, vals):
        """Count one more occurrence; a retry that failed again is open again."""
        for exception in self:
            state = exception.state
            if state == "retrying":
                state = "assigned" if exception.user_id else "open"
            refreshed = {
                name: vals[name]
                for name in (
                    "name",
                    "message_id",
                    "error_class",
                    "error_message",
                    "category",
                    "fingerprint",
                    "source_model",
                    "source_key",
                    "source_value",
                    "transaction_id",
                    "amount_at_stake",
                    "amount_stated",
                )
                if name in vals
            }
            exception.write(
                {
                    **refreshed,
                    "state": state,
                    "opened_at": min(
                        exception.opened_at, vals.get("opened_at", exception.opened_at)
                    ),
                    "occurrence_count": exception.occurrence_count + 1,
                    "last_seen_at": fields.Datetime.now(),
                }
            )

    def _ensure_activity(self):
        """Give each owner exactly one activity per open exception."""
        for exception in self.filtered("is_open"):
            mine = exception.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref(ACTIVITY)
            )
            owner = exception.user_id
            # Somebody who lost his rights must not keep failures from being written down.
            allowed = owner and exception.with_user(owner).has_access("read")
            if mine and mine.user_id == owner:
                continue
            mine.unlink()
            if allowed:
                # A mail for each failure would flood the owner when a partner is down: he gets one
                # for what is critical, and the daily digest.
                exception.with_context(
                    mail_activity_quick_update=exception.severity != "critical"
                ).activity_schedule(
                    ACTIVITY,
                    date_deadline=fields.Date.context_today(exception, exception.deadline_at)
                    if exception.deadline_at
                    else fields.Date.context_today(exception),
                    summary=textwrap.shorten(exception.error_message or "", 120, placeholder="…"),
                    user_id=owner.id,
                )

    def _resolve(self, reason="auto", note=False):
        """Close the open exceptions of ``self``.

        :param str reason: auto, retry or manual
        :param note: text for a person
        """
        self.sudo()._close("resolved", reason, note)  # a success closes without a person's rights

    def _close(self, state, resolution, note=False):
        """Close the open ones with their activities, and let blame follow."""
        closing = self.filtered("is_open")
        if not closing:
            return
        values = {
            "state": state,
            "resolution": resolution,
            "resolved_at": fields.Datetime.now(),
        }
        if note:
            values["resolution_note"] = note
        closing.write(values)
        closing.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ACTIVITY)
        ).unlink()
        closing.transaction_id._refresh_blame()
