"""Orders, a warehouse system that releases them, and gates in front of their documents."""

from odoo.exceptions import UserError

from .common_transaction import TransactionCommon
from .common_users import new_users


class GateCase(TransactionCommon):
    """An order needs its release (a message) before its transfer may leave."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Engine = cls.env(su=True)
        cls.system = Engine["integration.system"].create(
            {
                "name": "Main WMS",
                "code": "im_gate_wms",
                "kind": "wms",
                "company_id": cls.company.id,
                "environment": "test",
            }
        )
        cls.endpoint = Engine["integration.endpoint"].create(
            {
                "name": "WMS API",
                "code": "im_gate_api",
                "system_id": cls.system.id,
                "base_url": "http://127.0.0.1:9",
            }
        )
        cls.flow = Engine["integration.flow"].create(
            {
                "name": "Order release",
                "code": "im.gate.release",
                "system_id": cls.system.id,
                "endpoint_id": cls.endpoint.id,
                "direction": "outbound",
                "message_type": "wms.release",
            }
        )
        rights = [
            "base.group_user",
            "stock.group_stock_user",
            "sales_team.group_sale_salesman_all_leads",
            "account.group_account_invoice",
        ]
        company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        override = "integration_monitor.group_gate_override"
        cls.clerk, cls.boss = new_users(
            cls.env, {"im_gate_clerk": rights, "im_gate_boss": [*rights, override]}, **company
        )

    @classmethod
    def step(cls, code):
        """:return: the step of the process that orders follow"""
        process_id = cls.env["integration.process"]._for_root("sale.order", cls.company.id)
        return (
            cls.env["integration.process.step"]
            .sudo()
            .search([("process_id", "=", process_id), ("code", "=", code)])
        )

    @classmethod
    def gate(cls, step="released", **values):
        """:return: a gate of the company, in front of outgoing transfers unless told otherwise"""
        return (
            cls.env["integration.gate"]
            .sudo()
            .create(
                {
                    "name": "Release first",
                    "company_id": cls.company.id,
                    "step_id": cls.step(step).id,
                    "message": "Ask the warehouse office.",
                    **values,
                }
            )
        )

    def release(self, order):
        """The warehouse system takes the release: the milestone is reached."""
        picking = order.picking_ids[:1]
        message = self.flow._emit(picking)
        message._settle_done({message.id: picking})
        self.record()
        return message

    @classmethod
    def ready(cls, picking):
        """All goods are picked; what is missing is the validation."""
        picking.action_assign()
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        cls.record()
        return picking

    def assertHeld(self, action, words="held by gating"):
        """A step is refused by a gate, and nothing of it is left."""
        with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
            action()
