"""Tests of the suite as a whole. The modules beside run in Odoo, the folders below by pytest."""

# pytest imports this package as well, on its way to tests/unit and tests/e2e, without Odoo.
if __name__.startswith("odoo.addons."):
    from . import test_blame_suite
    from . import test_kept_caches
    from . import test_outbound_calls
    from . import test_outbound_faults
    from . import test_outbound_harmless
    from . import test_outbound_requests
    from . import test_outbound_soap
    from . import test_outbound_streams
    from . import test_outbound_trace
    from . import test_replay_table
    from . import test_shop_orders_generated
    from . import test_wms_ordering
    from . import test_wms_parcels
    from . import test_wms_simulator
