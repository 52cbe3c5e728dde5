"""The content of a message: its checksum, and how long it is kept."""

import json

from odoo import models

from ..tools import json_safe, payload, redaction


class IntegrationMessage(models.Model):
    """Keeping, redacting and removing contents, by the policy of the flow."""

    _inherit = "integration.message"

    def _is_json(self):
        """:return: whether the content is JSON: declared as such, or not declared"""
        kind = self._media_type()
        return not kind or kind == "application/json" or kind.endswith("+json")

    def _tells_state(self):
        """Tell whether the content is built at each attempt, of how things stand then.

        Nobody can correct it. A replay has no ``coalesce_key``, and tells the state all the same:
        an event that is one message with others is about more than itself.

        :return: whether the content is the state of the moment in which it is built
        """
        if self.direction != "outbound":
            return False
        event = self.event_uid
        return self.flow_id.coalesce or bool(event and self.subject_key not in (event, False))

    def _media_type(self):
        """:return: the declared media type without its parameters, in lower case; may be empty"""
        return (self.content_type or "").partition(";")[0].strip().lower()

    def _apply_payload_policy(self):
        """Keep, redact or remove the content of messages of one flow that are done.

        Checksum and size stay in any case: they prove later what came or went.
        """
        policy = self.flow_id.payload_policy
        if policy != "keep":
            # Only what failed can have been corrected.
            self.filtered(lambda message: message.attempt_count > 1).edit_ids._forget()
        if policy == "drop":
            self.write({"payload": False, "payload_original": False, "response_body": False})
        elif policy == "redact":
            for message in self:
                message.write(
                    {
                        "payload": message._redacted(message.payload),
                        "payload_original": message._redacted(message.payload_original),
                    }
                )

    def _redacted(self, text):
        """:return: the text without secrets and personal data, whole, or False"""
        if not text:
            return False
        with self.flow_id._redacting():
            try:
                value = json_safe.loads(text)
            except json_safe.MalformedJson:
                kind = self._media_type()
                if kind == "application/x-www-form-urlencoded":
                    return redaction.redact_body(text, kind, redaction.MAX_INPUT)
                return redaction.redact_text(text, redaction.MAX_INPUT)
            return json.dumps(redaction.redact_json(value), ensure_ascii=False)

    def _excerpt(self, text, content_type=None):
        """:return: the beginning of a partner's answer, fit to keep"""
        # PostgreSQL keeps no NUL: a partner's garbage must not undo what he did.
        kept = (text or "").replace("\x00", "\ufffd")
        with self.flow_id._redacting():
            return redaction.redact_body(kept, content_type)

    def _set_payload(self, text):
        """Keep an outbound payload with its checksum and size."""
        proof = payload.proof(text)
        values = {
            "payload": text,
            **proof,
            "content_type": self.content_type or "application/json",
        }
        if self._tells_state():
            # Built anew at each claim: other content is another call, the same content is not;
            # and what is told after something else is another call than the first time.
            if proof["payload_sha256"] != self.payload_sha256:
                mark = f"{self.attempt_count}-{proof['payload_sha256'][:12]}"
                values["idempotency_key"] = f"{self.message_uid}-{mark}"
        elif self.event_uid:
            # Told again, an event may have other facts: that is another call, too.
            values["idempotency_key"] = f"{self.idempotency_key}-{proof['payload_sha256'][:12]}"
        self.write(values)
