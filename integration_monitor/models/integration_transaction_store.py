"""One statement that writes transactions, their documents and their milestones."""

from psycopg2 import Error

from odoo import api, models

from ..tools import order_store_sql as store
from ..tools.lazy_savepoint import LazySavepoint

LINK = "integration.transaction.document"


class IntegrationTransactionStore(models.Model):
    _inherit = "integration.transaction"

    def _store(self, changes, savepoint=None):
        """Write what the recorder found, in one statement; the caches of the ORM stay true.

        :param Changes changes: what is new, see ``integration_transaction_advance``
        :param LazySavepoint savepoint: ends with it; after an error its owner rolls it back
        :raises psycopg2.Error: nothing was written; the database transaction is still usable
        """
        statements = store.Statements()
        if changes.created:
            statements.add_transactions(changes.created)
        if changes.updated:
            statements.change_transactions(changes.updated, changes.columns)
        created = {values["id"] for values in changes.created}
        for table, columns, key, rows in (
            (
                "integration_transaction_document",
                store.DOCUMENT_COLUMNS,
                store.DOCUMENT_KEY,
                changes.documents,
            ),
            (
                "integration_milestone",
                store.MILESTONE_COLUMNS,
                store.MILESTONE_KEY,
                changes.milestones,
            ),
        ):
            if rows:
                known = any(row["transaction_id"] not in created for row in rows)
                statements.put(table, columns, key, rows, known)
        if changes.linked:
            statements.add(store.LINK_MESSAGES, changes.linked)
        for root, names in changes.unnamed.items():
            statements.add(
                store.NAME_ORDERS.format(table=root.table), list(names), list(names.values())
            )
        around = savepoint or LazySavepoint("integration_store")
        text = "; ".join(statements.texts)
        try:
            around.execute(self.env.cr, text, statements.values, last=True)
        except Error:
            if around is not savepoint:
                around.rollback(self.env.cr)
            raise
        for model in ("integration.transaction", "integration.milestone", LINK):
            self._forget_cached(self.env[model])
        if changes.linked:
            self._forget_cached(self.env["integration.message"], ["transaction_id"])
        for root in changes.unnamed:
            self._forget_cached(self.env[root.model], ["integration_correlation_id"])

    @api.model
    def _forget_cached(self, records, names=None):
        """Invalidate what SQL wrote; of most fields nothing is cached, and that is told quickly.

        :param records: whose values to forget; of an empty recordset those of all records
        :param names: fields, by default all
        """
        cached = self.env.transaction.field_data.keys()
        fields = records._fields
        if not names and cached.isdisjoint(fields.values()):
            return
        known = [name for name in names or fields if fields[name] in cached]
        if not known:
            return
        # The recorder runs after a flush: nothing waits to be written.
        if records:
            records.invalidate_recordset(known, flush=False)
        else:
            records.invalidate_model(known, flush=False)
