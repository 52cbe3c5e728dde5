"""What belongs to a transaction goes with it, although no foreign key sees to it."""

from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestTransactionOwned(TransactionCommon):
    def _owned(self, owner_id):
        """:return: numbers of milestones and documents of a transaction"""
        self.env.cr.execute(
            """SELECT (SELECT count(*) FROM integration_milestone WHERE transaction_id = %(id)s),
                      (SELECT count(*) FROM integration_transaction_document
                        WHERE transaction_id = %(id)s)""",
            {"id": owner_id},
        )
        return self.env.cr.fetchone()

    def test_milestones_and_documents_go_with_their_transaction(self):
        """A list of milestones fails: it names a transaction that somebody deleted."""
        gone, kept = self.owner(self.order()), self.owner(self.order())
        before = self._owned(kept.id)
        self.assertTrue(all(self._owned(gone.id)))
        gone_id = gone.id
        gone.sudo().unlink()
        self.assertEqual(self._owned(gone_id), (0, 0))
        self.assertEqual(self._owned(kept.id), before)

    def test_deleted_order_leaves_nothing(self):
        """A quotation that was deleted leaves milestones that nobody ever removes."""
        order = self.order()
        owner_id = self.owner(order).id
        order._action_cancel()
        order.unlink()
        self.env.cr.flush()
        self.assertEqual(self._owned(owner_id), (0, 0))

    def test_plain_sql_leaves_nothing(self):
        """Retention deletes finished runs by SQL, and their steps stay."""
        owners = self.owner(self.order()) | self.owner(self.order())
        self.env.cr.execute("DELETE FROM integration_transaction WHERE id = ANY(%s)", [owners.ids])
        for owner_id in owners.ids:
            self.assertEqual(self._owned(owner_id), (0, 0))

    def test_what_was_written_meanwhile_is_swept(self):
        """Somebody reports a step while another one deletes the order: the row stays for good."""
        owner = self.owner(self.order())
        before = self._owned(owner.id)
        step = owner.milestone_ids[0].step_id
        self.env.cr.execute(
            """INSERT INTO integration_milestone (transaction_id, step_id, state)
               VALUES (2000000000, %s, 'reached');
               INSERT INTO integration_transaction_document (transaction_id, res_model, res_id)
               VALUES (2000000000, 'sale.order', 1)""",
            [step.id],
        )
        self.assertEqual(self.env["integration.transaction"]._gc_owned(), (2, False))
        self.assertEqual(self._owned(2000000000), (0, 0))
        self.assertEqual(self._owned(owner.id), before)

    def test_nothing_is_checked_and_written_that_nobody_needs(self):
        """Each order gets slower by a foreign key, or by an index that nobody reads."""
        self.env.cr.execute(
            """SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint
                WHERE contype = 'f' AND confrelid = 'integration_transaction'::regclass
                  AND conrelid IN ('integration_milestone'::regclass,
                                   'integration_transaction_document'::regclass)
                UNION ALL
               SELECT indexrelid::regclass::text FROM pg_index
                WHERE indrelid = 'integration_milestone'::regclass
                  AND indexrelid::regclass::text NOT IN (
                      'integration_milestone_pkey', 'integration_milestone_step_uniq',
                      'integration_milestone__message_id_index')"""
        )
        self.assertEqual(self.env.cr.fetchall(), [])
