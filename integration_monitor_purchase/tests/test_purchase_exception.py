from odoo.tests import new_test_user, tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseException(PurchaseCommon):
    def test_by_hand(self):
        """The vendor calls, and his order is none of what an exception may be about."""
        order = self.purchase()
        self.record()
        action = self.env.ref(
            "integration_monitor_purchase.action_integration_exception_of_purchase_order"
        )
        self.assertEqual(action.binding_model_id.model, "purchase.order")
        buyer = new_test_user(
            self.env,
            "buyer_by_hand",
            groups="purchase.group_purchase_user,integration_monitor.group_operator",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        wizard = (
            self.env[action.res_model]
            .with_user(buyer)
            .with_context(active_model="purchase.order", active_id=order.id)
            .create({"name": "Two pallets are wet", "text": "The driver said so."})
        )
        self.assertEqual(wizard.document, order)
        self.assertEqual(wizard.transaction_id, self.owner(order))
        exception = self.env["integration.exception"].browse(wizard.action_open()["res_id"])
        self.assertEqual((exception.res_model, exception.res_id), (order._name, order.id))
        self.assertEqual(self.owner(order).with_user(buyer).cause, "exception")
