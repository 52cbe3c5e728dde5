"""Real orders whose goods vendors send straight to the customer."""

from odoo import Command

from odoo.addons.integration_monitor_purchase.tests.common import PurchaseCommon


class DropshipCommon(PurchaseCommon):
    """Hooks are shipped by Bert, lamps lie on the shelf; a second vendor ships shades."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dropship_route = cls.env.ref("stock_dropshipping.route_drop_shipping")
        cls.other_vendor = cls.env["res.partner"].create({"name": "Carla Vendor"})
        cls._from_vendor(cls.goods, cls.vendor)
        cls.goods.invoice_policy = "delivery"
        cls.shade = cls.env["product.product"].create(
            {
                "name": "Linen Shade",
                "is_storable": True,
                "purchase_method": "receive",
                "invoice_policy": "delivery",
                "supplier_taxes_id": [Command.clear()],
                "taxes_id": [Command.clear()],
            }
        )
        cls._from_vendor(cls.shade, cls.other_vendor)

    @classmethod
    def _from_vendor(cls, product, vendor):
        """Let a vendor ship a product to the customers."""
        product.write(
            {
                "route_ids": [Command.set(cls.dropship_route.ids)],
                "taxes_id": [Command.clear()],
                "list_price": 20.0,
                "seller_ids": [Command.create({"partner_id": vendor.id, "price": 10.0})],
            }
        )

    @classmethod
    def sell(cls, *products, quantity=5, **values):
        """Sell products, each on a line; confirmed and recorded. :return: the order"""
        return cls.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": quantity})
                for product in products
            ],
            **values,
        )

    @classmethod
    def bought(cls, sale, vendor=None):
        """:return: the purchases for an order, or that of one vendor"""
        purchases = sale.order_line.purchase_line_ids.order_id
        return purchases.filtered(lambda order: vendor in (None, order.partner_id))

    @classmethod
    def confirm(cls, purchases):
        purchases.button_confirm()
        cls.record()

    @classmethod
    def dropshipped(cls, *products, **values):
        """Sell products and confirm the purchases. :return: the order and the purchases"""
        sale = cls.sell(*products or [cls.goods], **values)
        purchases = cls.bought(sale)
        cls.confirm(purchases)
        return sale, purchases
