"""How much is at stake: nothing that nobody can tell, and nothing that is settled."""

import json

from odoo.tests import tagged

from ..tools.errors import BusinessError
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestStake(ShopCase):
    def refused(self, **values):
        """Return the exception of a refused order."""
        payload = {**sample("shopify/order_created.json"), **values}
        flow = self.flow.with_user(self.service)
        message = self._message(flow=flow.sudo(), payload=json.dumps(payload))
        message._open_exception(BusinessError("Refused."))
        return message.exception_ids

    def test_own_currency(self):
        """The amount of an order that waits is not told."""
        exception = self.refused()
        self.assertEqual((exception.amount_at_stake, exception.amount_stated), (409.94, False))

    def test_currency_without_a_rate(self):
        """409 yen stand at the top of the list as 409 dollars."""
        self.env["res.currency.rate"].search([("currency_id.name", "=", "JPY")]).unlink()
        for code in ("JPY", "ZZZ"):
            exception = self.refused(id=code, name=f"#{code}", currency=code)
            self.assertEqual(exception.amount_at_stake, 0)
            self.assertEqual(exception.amount_stated, f"409.94 {code}")

    def test_currency_with_a_rate(self):
        """Foreign orders count with their number instead of their worth."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id}
        )
        exception = self.refused(currency="EUR")
        self.assertAlmostEqual(exception.amount_at_stake, 819.88)
        self.assertEqual(exception.amount_stated, "409.94 EUR")

    def test_order_that_cannot_be_read(self):
        """An order with a negative quantity seems to be worth nothing."""
        lines = sample("shopify/order_created.json")["line_items"]
        lines[0]["quantity"] = -1
        self.assertEqual(self.refused(line_items=lines).amount_at_stake, 409.94)
        exception = self.refused(id=7, name="#7", currency=None)
        self.assertEqual((exception.amount_at_stake, exception.amount_stated), (0, "409.94 ?"))

    def test_settled_order(self):
        """An order that is paid and delivered is counted as money at risk."""
        order = self._handle(sample("shopify/order_created.json"))
        self.env.cr.flush()
        transaction = order.integration_transaction_ids.sudo()
        message = self._message(flow=self.flow, res_model=order._name, res_id=order.id)
        message.transaction_id = transaction
        message._open_exception(BusinessError("Late trouble."))
        self.assertEqual(message.exception_ids.amount_at_stake, transaction.amount_company)
        transaction.state = "completed"
        message._open_exception(BusinessError("Late trouble."))
        self.assertEqual(message.exception_ids.amount_at_stake, 0)
