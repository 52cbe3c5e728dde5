"""One statement that writes transactions, their documents and their milestones."""

import json

from psycopg2 import Error

from odoo import models
from odoo.tools import SQL

from ..tools.order_store_sql import OWNERS

FUNCTION = "integration_order_store"
# One way there and back for the savepoint too: this runs before each commit.
_CALL = f"""
    SAVEPOINT integration_store;
    SELECT {FUNCTION}(%s::jsonb, %s::jsonb, %s::jsonb, %s, %s::varchar[], %s::int[]);
    RELEASE SAVEPOINT integration_store;
    SELECT current_setting('{OWNERS}')"""


class IntegrationTransactionStore(models.Model):
    _inherit = "integration.transaction"

    def _store(self, transactions, documents, milestones, link_messages=(), name_orders=()):
        """Write what the recorder found, in one statement; the caches of the ORM stay true.

        :param list transactions: values of ``TRANSACTION_COLUMNS``; new or changed
        :param list documents: values of ``DOCUMENT_COLUMNS`` with ``root_id`` and, once known,
            ``transaction_id``
        :param list milestones: values of ``MILESTONE_COLUMNS`` with the same two
        :param link_messages: correlation ids of new transactions whose messages came before them
        :param name_orders: ids of orders from before the installation, which carry no correlation
            id yet
        :return: transaction id by id of the root document, of new and changed transactions
        :raises psycopg2.Error: nothing was written; the database transaction is still usable
        """
        rows = [json.dumps(rows, default=str) if rows else None
                for rows in (transactions, documents, milestones)]  # fmt: skip
        lists = (list(link_messages) or None, list(name_orders) or None)
        try:
            found = self.env.execute_query(SQL(_CALL, *rows, self.env.uid, *lists))
        except Error as error:
            if error.pgcode:
                self.env.cr.execute("ROLLBACK TO SAVEPOINT integration_store")
            raise
        # The recorder runs after a flush: nothing of these models waits to be written.
        self.invalidate_model(flush=False)
        self.env["integration.milestone"].invalidate_model(flush=False)
        self.env["integration.transaction.document"].invalidate_model(flush=False)
        if link_messages:
            self.env["integration.message"].invalidate_model(["transaction_id"], flush=False)
        if name_orders:
            self.env["sale.order"].invalidate_model(["integration_correlation_id"], flush=False)
        return {int(res_id): owner_id for res_id, owner_id in json.loads(found[0][0]).items()}
