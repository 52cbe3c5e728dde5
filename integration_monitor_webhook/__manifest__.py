{
    "name": "Integration Monitor: Webhooks",
    "summary": "Partners deliver over HTTP, signed, limited and acknowledged after a durable write",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": ["integration_monitor"],
    "data": [
        "security/ir.model.access.csv",
        "security/integration_webhook_rules.xml",
        "views/integration_flow_views.xml",
        "views/integration_system_views.xml",
        "wizards/integration_webhook_handover_views.xml",
        "wizards/integration_connect_wizard_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["integration_monitor_webhook/static/src/scss/*.scss"],
    },
}
