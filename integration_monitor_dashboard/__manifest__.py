{
    "name": "Integration Monitor: Control Tower",
    "summary": "What waits, on whom, what is at stake; and the same figures for Prometheus",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "depends": ["integration_monitor"],
    "external_dependencies": {"python": ["prometheus_client"]},
    "data": [
        "security/ir.model.access.csv",
        "views/control_tower_views.xml",
        "views/res_config_settings_views.xml",
        "wizards/integration_metrics_token_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["integration_monitor_dashboard/static/src/**/*"],
        "web.assets_unit_tests": ["integration_monitor_dashboard/static/tests/**/*.test.js"],
        "web.assets_tests": ["integration_monitor_dashboard/static/tests/tours/**/*"],
    },
}
