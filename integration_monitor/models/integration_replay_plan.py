"""The dry run: which messages a replay takes, and what would become of each."""

from ast import literal_eval

import psycopg2

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools.replay import Verdict
from .integration_replay import OVERRIDE_GROUP


class IntegrationReplay(models.Model):
    """Planning changes no message and no document."""

    _inherit = "integration.replay"

    def _messages_domain(self):
        """Return the domain of the messages that the person chose.

        :raises UserError: a filter that cannot be read
        """
        self.ensure_one()
        try:
            domain = Domain(literal_eval(self.domain or "[]"))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise UserError(
                self.env._("The filter cannot be read: %s. Choose it anew.", error)
            ) from error
        if self.scope == "flow":
            domain &= Domain("flow_id", "=", self.flow_id.id)
            domain &= Domain("received_at", ">=", self.since)
            if self.until:
                domain &= Domain("received_at", "<=", self.until)
            # A replay of everything would replay the replays, too.
            domain &= Domain("replay_of_id", "=", False)
        # One company each: its people, and no other's, see and approve it.
        return domain & Domain("company_id", "=", self.company_id.id)

    def _plan(self):
        """Take the messages, oldest first and no more than the limit, and judge them.

        Reads as the person who asks: what he may not see he cannot replay.

        :raises UserError: nothing was found
        """
        self.ensure_one()
        found = self.env["integration.message"].with_user(self.env.user)
        domain = self._messages_domain()
        try:
            # What PostgreSQL refuses must not spoil the person's transaction.
            with self.env.cr.savepoint():
                messages = found.search(domain, order="id", limit=self.max_count)
                matched = found.search_count(domain) if len(messages) == self.max_count else 0
        except (ValueError, TypeError, psycopg2.DataError, psycopg2.ProgrammingError) as error:
            words = str(error).partition("\n")[0]
            raise UserError(
                self.env._("The filter cannot be used: %s. Choose it anew.", words)
            ) from error
        if not messages:
            raise UserError(
                self.env._(
                    "No message of %(company)s fits. Choose others, or switch to their company.",
                    company=self.company_id.name,
                )
            )
        replay = self.sudo()  # lines are the engine's, at an operator's request
        replay.env["integration.replay.line"].create(
            [
                {
                    "replay_id": self.id,
                    "company_id": self.company_id.id,
                    "message_id": message.id,
                    "message_uid": message.message_uid,
                    "flow_id": message.flow_id.id,
                    "res_model": message.res_model,
                    "res_id": message.res_id,
                    "state": "left_out",
                }
                for message in messages.sudo()
            ]
        )
        replay.matched_count = max(matched, len(messages))
        replay._judge_lines(replay.line_ids)
        replay._note("checked", count=len(messages))

    def _judge_lines(self, lines):
        """Write down what replaying the messages of the lines would do, as things are now."""
        messages = lines.message_id
        going = lines.search_fetch(
            [
                ("replay_id", "=", self.id),
                ("state", "in", ("planned", "sent")),
                ("id", "not in", lines.ids),
            ],
            ["message_id"],
        )
        verdicts = messages._replay_verdicts(new_key=self.new_key, beside=going.message_id)
        lines._judge(verdicts, Verdict("refuse", "gone", self.env._("It was removed meanwhile.")))
        self.checked_at = fields.Datetime.now()

    def _note(self, action, count=0, detail=False):
        """Add a row to the audit trail, in the name of who acts."""
        self.env["integration.replay.event"].sudo().create(  # rows are written by code only
            [
                {
                    "replay_id": replay.id,
                    "company_id": replay.company_id.id,
                    "action": action,
                    "count": count,
                    "detail": detail,
                }
                for replay in self
            ]
        )

    def _override(self, reason):
        """Have the refused lines replayed all the same, as far as that is possible.

        :param str reason: why, for the audit trail
        :raises AccessError: the user is not entitled
        """
        self.ensure_one()
        self._check_operator()
        if not self.env.user.has_group(OVERRIDE_GROUP):
            raise AccessError(
                self.env._(
                    "You may not override refusals: ask somebody with the right “Override "
                    "refusals of replays”."
                )
            )
        self._check_draft()
        reason = (reason or "").strip()
        if len(reason) < 10:
            raise UserError(
                self.env._("Say in a sentence why documents that were gone on with are replayed.")
            )
        replay = self.sudo()  # lines are the engine's, at the request of somebody entitled
        lines = replay.line_ids.filtered(lambda line: line.overridable and line.state == "left_out")
        if not lines:
            raise UserError(self.env._("Nothing that was refused can be overridden."))
        for state, group in lines.grouped("document_state").items():
            group.write({"overridden": True, "overridden_state": state, "state": "planned"})
        replay.write({"override_reason": reason, "override_user_id": self.env.uid})
        self._note("overridden", count=len(lines), detail=reason)

    def _check_operator(self):
        """Raise AccessError unless the user is an operator who may read the replays."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_monitor.group_operator"):
            raise AccessError(self.env._("Only integration operators may replay messages."))

    def _check_draft(self):
        """Raise UserError once a replay was started."""
        if any(replay.state != "draft" for replay in self):
            raise UserError(self.env._("This replay was started already."))
