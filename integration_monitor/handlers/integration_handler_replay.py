"""What a replay would do: the verdict of a handler on a message and its document."""

from odoo import models

from ..tools.errors import ContractError
from ..tools.replay import GUARDED, Verdict


class IntegrationHandler(models.AbstractModel):
    """The contract of replaying; handlers override it for the documents that they know.

    A verdict is read again right before a message is replayed. It only looks: it changes nothing,
    and needs no query for a single message, for documents come in batches.
    """

    _inherit = "integration.handler"

    def _replay_documents(self, messages):
        """Find the documents that messages would meet, for all of them at once.

        :param messages: ``integration.message`` of flows with this handler
        :return: dict of message id → record; an empty recordset for a document that was deleted;
            a message without document is left out
        """
        found = {}
        for model, group in messages.filtered("res_id").grouped("res_model").items():
            if model in self.env:
                documents = self.env[model].browse(sorted(set(group.mapped("res_id"))))
                existing = documents.exists()
                for message in group:
                    record = existing & documents.browse(message.res_id)
                    # Browsed together, so that they are read together.
                    found[message.id] = record.with_prefetch(existing._prefetch_ids)
        return found

    def _replay_states(self):
        """:return: codes of the document states that the handler tells apart, in the README"""
        return ("none", "open", *GUARDED)

    def _replay_state(self, message, document):
        """:return: the code of the document's state, see ``integration.replay.line``"""
        if document is None:
            return "none"
        if not document:
            return "deleted"
        return self._guarded_state(document) or "open"

    def _replay_verdict(self, message, document, *, new_key=False):
        """Say what replaying the message would do.

        :param message: one ``integration.message``, in the service account's environment
        :param document: the record it would meet; empty when it was deleted, None without one
        :param bool new_key: outbound: the partner gets a new idempotency key, for a new effect
        :return: ``Verdict``
        """
        state = self._replay_state(message, document)
        if state in GUARDED:
            return self._guard_verdict(state, document)
        return Verdict("replay", state)

    def _replay_payload(self, message):
        """:return: the parsed payload, or None when it cannot be read"""
        try:
            return message._parsed_payload()
        except ContractError:
            return None

    def _guarded_state(self, document):
        """:return: a code of ``GUARDED``, or None when nothing stands against a replay"""
        reader = {
            "sale.order": self._guarded_order,
            "stock.picking": self._guarded_picking,
            "account.move": self._guarded_move,
        }.get(document._name)
        return reader(document) if reader else None

    def _guarded_order(self, order):
        if order.state == "cancel":
            return "cancelled"
        if any(line.qty_invoiced for line in order.order_line):
            return "invoiced"
        shipped = order.picking_ids.filtered(
            lambda picking: picking.state == "done"
            and picking.picking_type_code in ("outgoing", "dropship")
        )
        if shipped:
            return "shipped"
        return "locked" if order.locked else None

    def _guarded_picking(self, picking):
        if picking.state == "cancel":
            return "cancelled"
        if any(line.qty_invoiced for line in picking.move_ids.sale_line_id):
            return "invoiced"
        return "shipped" if picking.state == "done" else None

    def _guarded_move(self, move):
        if move.state == "cancel":
            return "cancelled"
        return "invoiced" if move.state == "posted" else None

    def _guard_verdict(self, state, document):
        """:return: the refusal of a document that somebody has gone on with"""
        name = document.display_name if state != "deleted" else self.env._("The document")
        words = {
            "cancelled": self.env._("%s is cancelled.", name),
            "invoiced": self.env._("%s is invoiced.", name),
            "shipped": self.env._("%s is shipped.", name),
            "locked": self.env._("%s is locked.", name),
            "deleted": self.env._("%s was deleted.", name),
        }
        return Verdict("refuse", state, words[state], overridable=True)
