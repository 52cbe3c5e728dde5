{
    "name": "Integration Monitor: Dropship",
    "summary": "Purchases that go straight to the customer as monitored business transactions",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": ["integration_monitor_purchase", "stock_dropshipping"],
    "data": [
        "data/integration_process_dropship.xml",
        "data/integration_event_type.xml",
        "views/integration_process_views.xml",
        "views/integration_transaction_views.xml",
    ],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
