"""Orders whose release goes to a warehouse system, and messages about them."""

import re

from .common_transaction import TransactionCommon

#: What is no word of the warehouse.
TECHNICAL = re.compile(
    r"\b(HTTP|[45]\d\d|timed? ?out|breaker|endpoint|archived|API|JSON|TLS|DNS|exception|traceback|"
    r"payload|server|handler|null|None|False|client|webhook|database|queue|token|model)\b",
    re.IGNORECASE,
)


class BlamedOrders(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = (
            cls.env["integration.system"]
            .sudo()
            .create(
                {
                    "name": "Main WMS",
                    "code": "im_blame_wms",
                    "kind": "wms",
                    "company_id": cls.company.id,
                    "environment": "test",
                }
            )
        )
        cls.endpoint = (
            cls.env["integration.endpoint"]
            .sudo()
            .create(
                {
                    "name": "WMS API",
                    "code": "im_blame_api",
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
                    "code": "im.blame.release",
                    "system_id": cls.system.id,
                    "endpoint_id": cls.endpoint.id,
                    "direction": "outbound",
                    "style": "event",
                    "message_type": "wms.release",
                }
            )
        )

    def _message(self, order, **values):
        return (
            self.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": self.flow.id,
                    "system_id": self.system.id,
                    "company_id": self.company.id,
                    "direction": "outbound",
                    "message_type": "wms.release",
                    "transaction_id": self.owner(order).id,
                    **values,
                }
            )
        )

    def _judge(self, order):
        owner = self.owner(order)
        owner._refresh_blame()
        return owner
