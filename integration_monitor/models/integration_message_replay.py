"""Replaying messages: the verdict on each, and the copies that are worked on."""

import logging
import uuid

from odoo import fields, models
from odoo.exceptions import AccessError, MissingError
from odoo.tools import SQL

from ..tools import payload
from ..tools.replay import Verdict

_logger = logging.getLogger(__name__)

# Behind what comes in meanwhile: a replay must not hold up today's business.
REPLAY_PRIORITY = 50
# What a copy takes over from the message that it repeats.
COPIED = (
    "flow_id, system_id, company_id, direction, message_type, event_code, event_uid,"
    " event_scope,"
    " content_type, payload_sha256, payload_bytes, headers, correlation_id, ordering_key,"
    " passes_failed, subject_key, subject_version, res_model, res_id, transaction_id, occurred_at"
)


class IntegrationMessage(models.Model):
    """A replay never touches the message that it repeats: it makes another one."""

    _inherit = "integration.message"

    replay_ids = fields.One2many("integration.message", "replay_of_id", string="Replays")
    replay_count = fields.Integer(compute="_compute_replay_count")

    def _compute_replay_count(self):
        """Count the replays of each message: one query."""
        counts = dict(
            self._read_group([("replay_of_id", "in", self.ids)], ["replay_of_id"], ["__count"])
        )
        for message in self:
            message.replay_count = counts.get(message, 0)

    def _replay_verdicts(self, *, new_key=False, beside=None):
        """Say what replaying each message would do; changes nothing.

        A fixed number of queries for each flow and model of documents.

        :param beside: further messages that the same replay takes
        :return: dict of message id → ``Verdict``
        """
        verdicts = {}
        pending = self.search(
            [
                ("replay_of_id", "in", self.ids),
                ("state", "in", ("pending", "processing", "retry")),
            ]
        ).replay_of_id
        for message in self:
            verdict = message._replay_refusal(message in pending, new_key)
            if verdict:
                verdicts[message.id] = verdict
        rest = self.filtered(lambda message: message.id not in verdicts)
        for flow, messages in rest.grouped("flow_id").items():
            verdicts.update(messages._replay_asked(flow, new_key))
        verdicts.update(self._replay_older(verdicts, new_key, beside or self.browse()))
        return verdicts

    def _replay_refusal(self, replayed_now, new_key):
        """Judge what holds for every handler: the message itself.

        :return: ``Verdict``, or None when its handler decides
        """
        self.ensure_one()
        if self.state in ("pending", "processing", "retry"):
            return Verdict("skip", "busy", self.env._("It is still being worked on."))
        if replayed_now:
            return Verdict("skip", "running", self.env._("A replay of it is on its way already."))
        if not self.flow_id.active:
            text = self.env._("Its flow is archived: restore the flow first.")
            return Verdict("refuse", "inactive", text)
        refusal = (
            self.flow_id._account_refusal()
            if self.flow_id.service_user_id
            else self.env._("Its flow has no service account.")
        )
        if refusal:
            return Verdict("refuse", "inactive", refusal)
        home = self._replay_home(new_key)
        if home and not home.active:
            text = self.env._(
                "“%(endpoint)s” may have acted on it, and is archived: restore it, or replay with "
                "a new key, which goes to the flow's present endpoint.",
                endpoint=home.name,
            )
            return Verdict("refuse", "inactive", text)
        if self.by_hand_user_id:
            text = self.env._(
                "%(user)s did it by hand: %(reference)s.",
                user=self.by_hand_user_id.sudo().name,  # who it was, for whoever plans the replay
                reference=self.by_hand_reference or "–",
            )
            sendable = new_key or self._content_is_whole() or self._tells_state()
            return Verdict("refuse", "by_hand", text, overridable=sendable)
        if self.superseded_by_id:
            text = self.env._("A later message about the same matter took its place.")
            return Verdict("skip", "replaced", text)
        if self.state == "cancelled":
            text = self.env._("It was cancelled: %s", self.error_message or "–")
            return Verdict("refuse", "given_up", text, overridable=True)
        if not self._content_is_whole() and (self.direction == "inbound" or not new_key):
            if self._tells_state():
                return None  # built anew anyway
            text = self.env._("Its content was hidden or removed when it was done.")
            return Verdict("refuse", "content", text)
        return None

    def _content_is_whole(self):
        """:return: whether the stored payload is what came, or what a person made of it"""
        if not self.payload:
            return False
        return self.payload_sha256 in (
            payload.proof(self.payload)["payload_sha256"],
            payload.proof(self.payload_original)["payload_sha256"],
        )

    def _replay_asked(self, flow, new_key):
        """Ask the handler of a flow, as the account that would do the work.

        :return: dict of message id → ``Verdict``
        """
        messages = self.with_user(flow.service_user_id).sudo(False)
        messages = messages.with_context(allowed_company_ids=flow.company_id.ids)
        handler = messages.flow_id._handler()
        verdicts = {}
        try:
            with self.env.cr.savepoint(flush=False):
                documents = handler._replay_documents(messages)
                for message in messages:
                    verdicts[message.id] = handler._replay_verdict(
                        message, documents.get(message.id), new_key=new_key
                    )
        except (AccessError, MissingError) as error:
            text = self.env._("The service account may not read the document: %s", error.args[0])
            return {message.id: Verdict("refuse", "unreadable", text) for message in self}
        except Exception as error:
            # A dry run lists what cannot be judged in place of failing as a whole.
            _logger.warning("Flow %s: its replay cannot be judged", flow.code, exc_info=True)
            text = self.env._("It cannot be judged: %s", f"{type(error).__name__}: {error}")
            return {message.id: Verdict("refuse", "unreadable", text) for message in self}
        return verdicts

    def _replay(self, label, *, new_key=False):
        """Make a copy of each message, due now, in one statement; asked for twice, one copy.

        An inbound copy carries the payload as it is kept; the handler's own rules about duplicates
        decide what it does. An outbound copy carries the same idempotency key, so that the partner
        repeats its answer and not the effect, unless a new key was asked for.

        :param str label: what distinguishes this replay from others, for example ``replay:7``
        :return: dict of message id → id of its copy
        """
        if not self:
            return {}
        self.env.flush_all()
        now = fields.Datetime.now()
        uids = [(message.id, uuid.uuid4().hex) for message in self]
        # What coalesces tells of this moment: built anew, under a key of its own.
        fresh = [m.id for m in self if m._tells_state()]
        # A payload that was hidden is built anew; one that is whole is sent again as it is.
        whole = [m.id for m in self if m.id not in fresh and m._content_is_whole()]
        homes = {m.id: home.id for m in self if (home := m._replay_home(new_key))}
        copied = SQL(COPIED)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO integration_message (
                       %(copied)s, message_uid, idempotency_key, external_id, replay_of_id,
                       payload, payload_original, repetition, state, held, priority,
                       ack_state, attempt_count, attempt_start, conflict_count, duplicate_count,
                       received_at, create_uid, create_date, write_uid, write_date,
                       endpoint_id, bound_endpoint_id, origin_id)
                SELECT %(copied)s, v.uid,
                       CASE WHEN %(new_key)s OR m.id = ANY(%(fresh)s::int[]) THEN v.uid
                            ELSE m.idempotency_key END,
                       CASE WHEN direction = 'inbound'
                            THEN %(label)s || ':' || COALESCE(m.external_id, m.message_uid) END,
                       m.id,
                       CASE WHEN m.id = ANY(%(whole)s::int[]) THEN payload END,
                       CASE WHEN m.id = ANY(%(whole)s::int[]) THEN payload_original END,
                       m.event_uid IS NOT NULL, 'pending', FALSE, m.priority + %(behind)s,
                       'none', 0, 0, 0, 0, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s,
                       -- Waits where it belongs; the claim decides.
                       COALESCE(home.id, CASE WHEN m.direction = 'inbound' THEN m.endpoint_id
                           ELSE (SELECT f.endpoint_id FROM integration_flow f
                                  WHERE f.id = m.flow_id) END),
                       home.id, COALESCE(m.origin_id, m.replay_of_id, m.id)
                  FROM unnest(%(ids)s::int[], %(uids)s::text[]) AS v(id, uid)
                  JOIN integration_message m ON m.id = v.id
                  LEFT JOIN unnest(%(homes)s::int[], %(home_ids)s::int[]) AS home(message_id, id)
                    ON home.message_id = m.id
                 ORDER BY m.id
                ON CONFLICT DO NOTHING
                RETURNING replay_of_id, id
                """,
                copied=copied,
                new_key=new_key,
                label=label,
                fresh=fresh,
                whole=whole,
                homes=list(homes),
                home_ids=list(homes.values()),
                behind=REPLAY_PRIORITY,
                now=now,
                uid=self.env.uid,
                ids=[message_id for message_id, _uid in uids],
                uids=[uid for _id, uid in uids],
            )
        )
        self.flow_id._sync_holds()
        self.flow_id._wake()
        self.invalidate_recordset(["replay_ids"], flush=False)
        return dict(rows)

    def _replay_home(self, new_key):
        """:return: the endpoint where alone a replay is known as a repetition; may be empty"""
        message = self.sudo()  # endpoints are for administrators
        if message.direction == "inbound" or new_key or message._tells_state():
            return message.endpoint_id.browse()
        if message.bound_endpoint_id or message.state != "done" or message.by_hand_user_id:
            return message.bound_endpoint_id
        return message.endpoint_id

    def _age_id(self):
        """:return: the id that tells how old the content is: a replay is as old as its original"""
        message = self
        while message.replay_of_id:
            message = message.replay_of_id
        return message.id

    def action_replay(self):
        """Ask how the messages shall be replayed."""
        self._check_operator()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": "integration.replay.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_ids": self.ids,
                "active_domain": self.env.context.get("active_domain") or [],
            },
        }

    def action_open_replays(self):
        """Open the replays of this message."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_message"
        )
        action["domain"] = [("replay_of_id", "=", self.id)]
        action["context"] = {}
        return action
