"""What would bring an older state back at the partner is not replayed without a word."""

from odoo import models
from odoo.tools import SQL

from ..tools.replay import Verdict


class IntegrationMessage(models.Model):
    """The rule of Retry (``_made_up_for``) for messages that were done, or that somebody forced."""

    _inherit = "integration.message"

    def _replay_older(self, verdicts, new_key, beside):
        """Refuse what is older than a message about the same matter that was done or is in work.

        Left alone is what a partner only repeats his answer to, and what tells the state of the
        moment. A replay that takes the later message, too, ends with its state.

        :param dict verdicts: message id → ``Verdict`` so far
        :param beside: further messages that the same replay takes
        :return: dict of message id → ``Verdict``, of those that are refused
        """
        concerned = self.filtered(
            lambda m: m.direction == "outbound"
            and m.subject_key
            and m.res_id
            and (verdicts[m.id].action == "replay" or verdicts[m.id].overridable)
            and (new_key or m.state != "done" or m.by_hand_user_id)
            and not m._tells_state()
        )
        if not concerned:
            return {}
        taken = self.filtered(lambda m: verdicts[m.id].action == "replay") | beside
        last_taken = taken._last_about()
        last_told = concerned._last_told_about()
        return {
            message.id: self._older_verdict(verdicts[message.id])
            for message in concerned
            if last_told.get(message.id, 0)
            > last_taken.get((message.flow_id.id, message.subject_key), 0)
        }

    def _last_about(self):
        """:return: dict of (flow's id, subject key) → age id of the last one of these"""
        # There may be thousands, whose contents nobody needs here.
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT flow_id, subject_key, max(COALESCE(origin_id, id))
                     FROM integration_message
                    WHERE id = ANY(%s) AND subject_key IS NOT NULL
                    GROUP BY flow_id, subject_key""",
                self.ids,
            )
        )
        return {(flow_id, subject): age for flow_id, subject, age in rows}

    def _last_told_about(self):
        """Find later messages about the same matters that were done, or are being told.

        Told is also what the partner may have, or has answered, though it failed of something else
        or is tried once more.

        :return: dict of id → age id of the last one, of those that have one
        """
        self.flush_model()
        # The document is compared for its index; the subject says what about it is told.
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT m.id, max(COALESCE(later.origin_id, later.id))
                         FROM integration_message m
                         JOIN integration_message later
                           ON later.res_model = m.res_model AND later.res_id = m.res_id
                          AND later.flow_id = m.flow_id AND later.subject_key = m.subject_key
                          AND (later.state IN ('processing', 'done')
                               OR (later.state IN ('retry', 'dead', 'quarantined')
                                   AND (later.answer IS NOT NULL
                                        OR later.bound_endpoint_id IS NOT NULL)))
                          AND COALESCE(later.origin_id, later.id) > COALESCE(m.origin_id, m.id)
                        WHERE m.id = ANY(%s)
                        GROUP BY m.id""",
                    self.ids,
                )
            )
        )

    def _older_verdict(self, verdict):
        """:return: the refusal, in the words of Retry, with what was refused anyway behind it"""
        words = self._later_words()
        return Verdict("refuse", "later", f"{words} {verdict.reason}".strip(), overridable=True)
