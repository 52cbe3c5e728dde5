"""One statement that writes transactions, their documents and their milestones."""

from psycopg2 import Error

from odoo import api, models

from ..tools import order_store_sql as store

LINK = "integration.transaction.document"


class IntegrationTransactionStore(models.Model):
    _inherit = "integration.transaction"

    def _store(self, changes):
        """Write what the recorder found, in one statement; the caches of the ORM stay true.

        :param Changes changes: what is new, see ``integration_transaction_advance``
        :raises psycopg2.Error: nothing was written; the database transaction is still usable
        """
        statements = store.Statements()
        # One way there and back for the savepoint too: this runs before each commit.
        statements.add("SAVEPOINT integration_store")
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
        for root, ids in changes.unnamed.items():
            statements.add(store.NAME_ORDERS.format(table=root.table), root.model, ids)
        statements.add("RELEASE SAVEPOINT integration_store")
        try:
            self.env.cr.execute("; ".join(statements.texts), statements.values)
        except Error as error:
            if error.pgcode:
                self.env.cr.execute("ROLLBACK TO SAVEPOINT integration_store")
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
