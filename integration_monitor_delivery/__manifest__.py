{
    "name": "Integration Monitor: Delivery",
    "summary": "Carrier booking and tracking as monitored, recoverable messages",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": ["integration_monitor", "stock_delivery"],
    "data": [
        "security/ir.model.access.csv",
        "security/integration_carrier_rules.xml",
        "views/delivery_carrier_views.xml",
        "views/integration_carrier_operation_views.xml",
        "views/integration_flow_views.xml",
        "views/stock_picking_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
