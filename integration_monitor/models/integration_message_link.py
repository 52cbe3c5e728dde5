"""Which business transaction a message belongs to."""

from odoo import api, models
from odoo.tools import SQL, ormcache

from ..tools import related
from ..tools.root import SALE


class IntegrationMessage(models.Model):
    """Found by the document of the message, else by its correlation id."""

    _inherit = "integration.message"

    def _link_transaction(self):
        """Find the business transactions: by the document, else by the correlation id.

        What subscribers are told is no part of an order: it waits for none of them.
        """
        messages = self.filtered(lambda message: not message.event_uid)
        if not messages:
            return
        self.env["integration.transaction"].flush_model(["correlation_id"])
        self.env["integration.transaction.document"].flush_model(
            ["res_model", "res_id", "transaction_id"]
        )
        keys = [
            SQL("(%s::int, %s, %s::int, %s, %s::int)", m.id, m.res_model or "", m.res_id or 0,
                m.correlation_id or None, m.transaction_id.id or None)
            for m in messages
        ]  # fmt: skip
        # One statement: planning two of them costs as much as all else that is settled.
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id, t.id, t.correlation_id
                     FROM (VALUES %(keys)s) AS m (id, res_model, res_id, correlation_id, owner_id)
                     JOIN integration_transaction t ON t.id = COALESCE(
                          (SELECT d.transaction_id FROM integration_transaction_document d
                            WHERE d.res_model = m.res_model AND d.res_id = m.res_id AND %(own)s
                            -- A document of several stays with the one that was told of.
                            ORDER BY (d.transaction_id = m.owner_id) IS TRUE DESC,
                                     %(awaited)s d.id LIMIT 1),
                          (SELECT c.id FROM integration_transaction c
                            WHERE c.correlation_id = m.correlation_id))""",
                keys=SQL(", ").join(keys),
                own=SQL(related.own("d")),  # a constant
                awaited=self._awaiting_first(messages),
            )
        )
        for message_id, transaction_id, correlation_id in rows:
            message = self.browse(message_id)
            if message.transaction_id.id != transaction_id:
                message.write({"transaction_id": transaction_id, "correlation_id": correlation_id})

    def _awaiting_first(self, messages):
        """:return: an order of links ``d``: transactions that wait for such messages go first

        A dropship transfer is its sales order's, too, which expects nothing of the vendor. Most
        types are those of sales orders: they do not pay for it.
        """
        types = set(messages.mapped("message_type"))
        processes = {process_id for name in types for process_id in self._awaiting_processes(name)}
        if not processes:
            return SQL()
        return SQL(
            """d.transaction_id IN (SELECT id FROM integration_transaction
                                     WHERE process_id IN %s) DESC,""",
            tuple(sorted(processes)),
        )

    @api.model
    @ormcache("message_type")
    def _awaiting_processes(self, message_type):
        """:return: ids of the processes with a step that such messages reach

        None if sales orders have one: then it is no matter of the others alone.
        """
        steps = (
            self.env["integration.process.step"]
            .sudo()
            .with_context(active_test=False)
            .search([("event_code", "=", f"message.{message_type}.done")])
        )
        processes = steps.process_id
        if SALE.model in processes.mapped("root_model"):
            return ()
        return tuple(processes.ids)
