{
    "name": "Integration Monitor: Purchase",
    "summary": "Purchase orders, receipts and vendor bills as monitored business transactions",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": ["integration_monitor", "sale_purchase_stock"],
    "data": [
        "data/integration_process_procure_to_pay.xml",
        "data/integration_event_type.xml",
        "data/integration_business_rule.xml",
        "views/purchase_order_views.xml",
        "views/integration_transaction_views.xml",
    ],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
