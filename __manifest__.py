{
    "name": "Integration Monitor Suite",
    "summary": "Installs every addon of the integration monitor",
    "version": "19.0.1.0.0",
    "category": "Technical",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": [
        "integration_monitor",
        "integration_monitor_dashboard",
        "integration_monitor_delivery",
        "integration_monitor_dropship",
        "integration_monitor_purchase",
        "integration_monitor_webhook",
    ],
    "installable": True,
    "application": False,
}
