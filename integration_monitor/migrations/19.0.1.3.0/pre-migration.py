"""What is checked and written with each step of each order is less: see ``OwnedMany2one``."""


def migrate(cr, _version):
    """Drop what Odoo keeps when a field has no foreign key, and a model no index, any more."""
    cr.execute(
        """DROP INDEX IF EXISTS integration_milestone_reached_index,
                                integration_outcome_step_split_index;
           ALTER TABLE integration_milestone
                 DROP CONSTRAINT IF EXISTS integration_milestone_transaction_id_fkey;
           ALTER TABLE integration_transaction_document
                 DROP CONSTRAINT IF EXISTS integration_transaction_document_transaction_id_fkey"""
    )
