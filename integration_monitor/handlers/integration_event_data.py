"""What subscribers are told of a document: a few facts, none of a person."""

from odoo import models

from ..tools.iso_time import utc_now, utc_text
from .integration_handler_wms_release import plain_number


class IntegrationEventData(models.AbstractModel):
    """The ``data`` of each kind of event, read in the service account's environment.

    Each method returns a dict that can be written as JSON, or None when there is nothing to tell
    any more. They are documented for subscribers in ``readme/DEVELOP.md``: add members, never
    rename them.
    """

    _name = "integration.event.data"
    _description = "Data of business events"

    def _event_data(self, message, record):
        """Return the facts for a message.

        :param message: one ``integration.message`` with ``event_code`` and ``event_scope``
        :param record: the document
        """
        if message.event_code == "price.changed":
            return self._price_data(message, record)
        if record._name == "product.product":
            return self._stock_data(message, record)
        return getattr(self, f"_{record._table}_data")(record)

    def _event_subject(self, record, data):
        """:return: what the partner knows the document by"""
        return data.get("sku") or record.name or ""

    def _sku(self, message, product):
        """:return: the subscriber's SKU of a product, or an empty text"""
        return self.env["integration.handler.shop.stock"]._shop_sku(message.flow_id, product)

    def _scoped(self, message, model, name):
        """:return: the record that the event is limited to, or an empty one"""
        return self.env[model].browse((message.event_scope or {}).get(name) or []).exists()

    def _stock_data(self, message, product):
        """The level of a product now, in the warehouse of the event."""
        sku = self._sku(message, product)
        if not sku or not product.is_storable:
            return None
        warehouse = self._scoped(message, "stock.warehouse", "warehouse_id")
        stock = self.env["integration.handler.shop.stock"]
        free, on_hand = stock._level(message.flow_id, product, warehouse)
        return {
            "sku": sku,
            "warehouse": (warehouse.code or "").strip() or None,
            "free": plain_number(free),
            "on_hand": plain_number(on_hand),
            "as_of": utc_now(),
        }

    def _price_data(self, message, product):
        """The price of one piece now, in the pricelist of the event or as the product's own."""
        sku = self._sku(message, product)
        if not sku:
            return None
        product = product.with_company(message.flow_id.company_id)
        pricelist = self._scoped(message, "product.pricelist", "pricelist_id")
        if not pricelist and (message.event_scope or {}).get("pricelist_id"):
            return None  # the pricelist is gone
        price = pricelist._get_product_price(product, 1.0) if pricelist else product.lst_price
        currency = pricelist.currency_id or product.currency_id
        return {
            "sku": sku,
            "pricelist": pricelist.name or None,
            "price": currency.round(price),
            "currency": currency.name,
            "as_of": utc_now(),
        }

    def _sale_order_data(self, order):
        """The order with its total."""
        return {
            "order": order.name,
            "customer_reference": order.client_order_ref or None,
            "state": order.state,
            "warehouse": (order.warehouse_id.code or "").strip() or None,
            "total": order.amount_total,
            "currency": order.currency_id.name,
            "ordered_at": utc_text(order.date_order),
        }

    def _stock_picking_data(self, picking):
        """The transfer with its quantities."""
        return {
            "transfer": picking.name,
            "order": picking.sale_id.name or picking.origin or None,
            "state": picking.state,
            "warehouse": (picking.picking_type_id.warehouse_id.code or "").strip() or None,
            "done_at": utc_text(picking.date_done) if picking.date_done else None,
            "lines": [
                {
                    "sku": move.product_id.default_code or None,
                    "quantity": plain_number(move.quantity),
                    "unit": move.product_uom.name,
                }
                for move in picking.move_ids
                if move.state != "cancel" or picking.state == "cancel"
            ],
        }

    def _account_move_data(self, invoice):
        """The invoice or credit note with its amounts."""
        return {
            "invoice": invoice.name,
            "orders": sorted(set(invoice.line_ids.sale_line_ids.order_id.mapped("name"))),
            "kind": "credit_note" if invoice.move_type == "out_refund" else "invoice",
            "state": invoice.state,
            "payment_state": invoice.payment_state,
            "total": invoice.amount_total,
            "due": invoice.amount_residual,
            "currency": invoice.currency_id.name,
            "invoice_date": invoice.invoice_date.isoformat() if invoice.invoice_date else None,
            "due_date": invoice.invoice_date_due.isoformat() if invoice.invoice_date_due else None,
        }

    def _account_payment_data(self, payment):
        """The payment with its amount."""
        return {
            "payment": payment.name or None,
            "state": payment.state,
            "amount": payment.amount,
            "currency": payment.currency_id.name,
            "date": payment.date.isoformat() if payment.date else None,
            "reference": payment.memo or None,
        }
