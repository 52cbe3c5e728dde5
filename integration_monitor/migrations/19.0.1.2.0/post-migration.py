"""Transfers are not searched by the numbers of warehouse systems: each index costs every change."""


def migrate(cr, _version):
    """Drop what Odoo keeps when a field has no index any more."""
    cr.execute(
        """DROP INDEX IF EXISTS stock_picking__integration_release_ref_index,
                                stock_picking__integration_shipment_ref_index"""
    )
