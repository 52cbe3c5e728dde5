"""A shop, its flow and its service account, for tests of orders, releases and stock."""

import copy
import json
from decimal import Decimal
from pathlib import Path

from odoo.tests import TransactionCase

from .common_company import prepare_company, prepared_company
from .common_users import CONTEXT, new_users

COMPANY = "Shop company"
DATA = Path(__file__).parent / "data"
SERVICE_GROUPS = (
    "integration_monitor.group_service",
    "sales_team.group_sale_salesman_all_leads",
    "base.group_partner_manager",
    "stock.group_stock_user",
)


def sample(name):
    """Return a fresh copy of a published payload, as a webhook delivers it."""
    payload = json.loads((DATA / name).read_text(encoding="utf-8"))
    return copy.deepcopy(payload["order"] if set(payload) == {"order"} else payload)


class ShopCase(TransactionCase):
    """One system with one inbound flow; handlers run as the service account."""

    handler = "integration.handler.shop.order.shopify"
    PRODUCTS = ("IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK", "Bar3")

    @classmethod
    def setUpClass(cls):
        prepare_company(COMPANY, cls._make_shop_company)
        super().setUpClass()
        cls.company = prepared_company(cls.env, COMPANY) or cls._make_shop_company(cls.env)
        cls.env.ref("base.USD").active = True
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": [cls.company.id]})
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.service = new_users(
            cls.env,
            {"shop_service": SERVICE_GROUPS},
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.system = cls.env["integration.system"].create(
            {"name": "Test shop", "code": "testshop", "company_id": cls.company.id}
        )
        cls.flow = cls._make_flow(cls.handler, "testshop.orders", message_type="shop.order")
        products = (
            cls.env["product.product"]
            .with_context(**CONTEXT)
            .create(
                [
                    {
                        "name": f"Product {sku}",
                        "default_code": sku,
                        "type": "consu",
                        "is_storable": True,
                        "list_price": 5.0,
                    }
                    for sku in cls.PRODUCTS
                ]
            )
        )
        cls.products = dict(zip(cls.PRODUCTS, products.with_env(cls.env), strict=True))

    @classmethod
    def _make_shop_company(cls, env):
        return env["res.company"].create(
            {
                "name": COMPANY,
                "currency_id": env.ref("base.USD").id,
                "country_id": env.ref("base.us").id,
                "account_fiscal_country_id": env.ref("base.us").id,
            }
        )

    @classmethod
    def _make_flow(cls, handler, code, **values):
        return cls.env["integration.flow"].create(
            {
                "name": code,
                "code": code,
                "system_id": cls.system.id,
                "handler": handler,
                "message_type": "test",
                "service_user_id": cls.service.id,
                "warehouse_id": cls.warehouse.id,
                **values,
            }
        )

    @classmethod
    def _message(cls, flow=None, **values):
        flow = flow or cls.flow
        return cls.env["integration.message"].create(
            {
                "flow_id": flow.id,
                "system_id": flow.system_id.id,
                "company_id": flow.company_id.id,
                "direction": flow.direction,
                "message_type": flow.message_type,
                **values,
            }
        )

    @classmethod
    def _handle(cls, payload, flow=None):
        """Handle a payload as the drain does: as the service account, all or nothing."""
        flow = (flow or cls.flow).with_user(cls.service)
        message = cls._message(flow=flow.sudo()).with_user(cls.service)
        assert not flow.env.su
        with cls.env.cr.savepoint():
            return flow._handler()._handle(message, payload)

    def assertMoney(self, order, untaxed, tax, total):
        """Compare an order's amounts with texts such as ``"409.94"``, to the cent."""
        amounts = (order.amount_untaxed, order.amount_tax, order.amount_total)
        reached = [Decimal(str(amount)).quantize(Decimal("0.01")) for amount in amounts]
        self.assertEqual(reached, [Decimal(untaxed), Decimal(tax), Decimal(total)])

    def assertLines(self, order, expected):
        """Compare (product, quantity, unit price, discount, tax names) of all lines."""
        self.assertEqual(
            [
                (
                    line.product_id.default_code,
                    line.product_uom_qty,
                    round(line.price_unit, 4),
                    line.discount,
                    tuple(line.tax_ids.mapped("name")),
                )
                for line in order.order_line
            ],
            expected,
        )
