"""Orders in trouble, for tests of what people see of them."""

from .common_transaction import TransactionCommon
from .common_users import new_user


class ScreenCase(TransactionCommon):
    """An order whose release to the warehouse failed, and people who look at it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_user(
                cls.env,
                f"im_screen_{name}",
                name=f"{name.capitalize()} Screen",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, groups in {
                "warehouse": "stock.group_stock_user",
                "wendy": "stock.group_stock_manager,sales_team.group_sale_salesman_all_leads",
                "viewer": "integration_monitor.group_viewer",
                "operator": "integration_monitor.group_operator",
                "manager": "sales_team.group_sale_salesman_all_leads",
            }.items()
        }
        cls.users["operator"].partner_id.write({"phone": "+1 555 0100"})
        cls.system = (
            cls.env["integration.system"]
            .sudo()
            .create(
                {
                    "name": "Nordlager WMS",
                    "code": "im_screen_wms",
                    "kind": "wms",
                    "company_id": cls.company.id,
                    "environment": "test",
                    "user_id": cls.users["operator"].id,
                }
            )
        )
        cls.endpoint = (
            cls.env["integration.endpoint"]
            .sudo()
            .create(
                {
                    "name": "WMS API",
                    "code": "im_screen_api",
                    "system_id": cls.system.id,
                    "base_url": "http://127.0.0.1:9",
                    "allowed_networks": "127.0.0.0/8",
                }
            )
        )
        cls.flow = (
            cls.env["integration.flow"]
            .sudo()
            .create(
                {
                    "name": "Order release",
                    "code": "im.screen.release",
                    "system_id": cls.system.id,
                    "endpoint_id": cls.endpoint.id,
                    "direction": "outbound",
                    "style": "event",
                    "message_type": "wms.release",
                }
            )
        )

    @classmethod
    def message(cls, order, **values):
        """Make a message of an order."""
        return (
            cls.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": cls.flow.id,
                    "system_id": cls.system.id,
                    "endpoint_id": cls.endpoint.id,
                    "company_id": cls.company.id,
                    "direction": "outbound",
                    "message_type": "wms.release",
                    "transaction_id": cls.owner(order).id,
                    **values,
                }
            )
        )

    @classmethod
    def break_down(cls, order, **values):
        """Let the release of an order fail for good. :return: the exception"""
        message = cls.message(
            order,
            state="dead",
            error_class="server",
            error_message='The partner answered HTTP 503. It said: {"error": "down"}',
            attempt_count=3,
        )
        exception = (
            cls.env["integration.exception"]
            .sudo()
            ._open(
                [
                    {
                        "name": f"Order release of {order.name} failed",
                        "dedupe_key": f"screen:{order.id}",
                        "error_class": "server",
                        "error_message": message.error_message,
                        "flow_id": cls.flow.id,
                        "message_id": message.id,
                        "transaction_id": cls.owner(order).id,
                        **values,
                    }
                ]
            )
        )
        cls.owner(order)._refresh_blame()
        return exception

    @classmethod
    def runbook(cls, exception):
        """Make a runbook of two steps for an exception."""
        return (
            cls.env["integration.runbook"]
            .sudo()
            .create(
                {
                    "name": "Warehouse does not answer",
                    "code": "im_screen",
                    "fingerprints": exception.fingerprint,
                    "step_ids": [
                        (0, 0, {"name": "Call the warehouse", "text": "Ask when it is back."}),
                        (0, 0, {"name": "Send again", "text": "Press Do.", "action": "retry"}),
                    ],
                }
            )
        )
