{
    "name": "Integration Monitor",
    "summary": "Every exchange and every business transaction, visible and recoverable",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Integration Monitor contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["mail", "sale_management", "sale_stock", "account", "queue_job"],
    "external_dependencies": {"python": ["cryptography", "requests"]},
    "data": [
        "security/integration_groups.xml",
        "security/ir.model.access.csv",
        "views/integration_menus.xml",
    ],
    "post_load": "post_load",
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
