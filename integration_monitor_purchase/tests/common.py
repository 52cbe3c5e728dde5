"""Real purchases, receipts, bills and payments."""

from odoo import Command, fields

from odoo.addons.integration_monitor.tests.common_transaction import TransactionCommon


class PurchaseCommon(TransactionCommon):
    """A vendor and a product billed by what came, and short ways to the documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("purchase.group_purchase_manager")
        cls.vendor = cls.env["res.partner"].create({"name": "Bert Vendor"})
        cls.goods = cls.env["product.product"].create(
            {
                "name": "Brass Hook",
                "is_storable": True,
                "purchase_method": "receive",
                "supplier_taxes_id": [Command.clear()],
            }
        )

    @classmethod
    def purchase(cls, quantity=5, confirm=True, product=None, price=10.0, **values):
        """Make a purchase of one line; confirmed and recorded unless told otherwise."""
        order = cls.env["purchase.order"].create(
            {
                "partner_id": cls.vendor.id,
                "picking_type_id": cls.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.goods).id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **values,
            }
        )
        if confirm:
            order.button_confirm()
        cls.record()
        return order

    def roles(self, order):
        """:return: sorted roles of the documents of the transaction"""
        return sorted(self.owner(order).document_ids.mapped("role"))

    def milestone(self, order, code):
        return self.owner(order).milestone_ids.filtered(lambda m: m.step_id.code == code)

    @classmethod
    def bill(cls, orders, post=True, **line_values):
        """Bill what came of purchases, together. :return: the bill"""
        action = orders.action_create_invoice()
        bills = cls.env["account.move"].browse(action.get("res_id")) or orders.invoice_ids.filtered(
            lambda move: move.state == "draft"
        )
        for bill in bills:
            bill.invoice_date = fields.Date.today()
            if line_values:
                bill.invoice_line_ids.write(line_values)
        if post:
            bills.action_post()
        cls.record()
        return bills

    @classmethod
    def open_transfers(cls, order):
        """:return: the transfers of the transaction that are to be done"""
        links = cls.owner(order).document_ids.filtered(lambda d: d.res_model == "stock.picking")
        pickings = cls.env["stock.picking"].browse(links.mapped("res_id"))
        return pickings.filtered(lambda picking: picking.state not in ("done", "cancel"))

    @classmethod
    def edi(cls, **values):
        """A connected system of vendors, with an address that nobody answers at."""
        system = (
            cls.env["integration.system"]
            .sudo()
            .create(
                {
                    "name": "Vendor EDI",
                    "code": "im_vendor_edi",
                    "kind": "edi",
                    "company_id": cls.company.id,
                    "environment": "test",
                    **values,
                }
            )
        )
        cls.env["integration.endpoint"].sudo().create(
            {
                "name": "EDI API",
                "code": "im_vendor_edi_api",
                "system_id": system.id,
                "base_url": "http://127.0.0.1:9",
                "allowed_networks": "127.0.0.0/8",
            }
        )
        return system

    @classmethod
    def edi_flow(cls, system, message_type, **values):
        """A flow of the system; it comes in unless it says when it goes out."""
        outbound = "trigger_event" in values
        return (
            cls.env["integration.flow"]
            .sudo()
            .create(
                {
                    "name": message_type,
                    "code": f"im.{system.code}.{message_type}",
                    "system_id": system.id,
                    "endpoint_id": system.endpoint_ids[:1].id if outbound else False,
                    "direction": "outbound" if outbound else "inbound",
                    "style": "event" if outbound else "webhook",
                    "message_type": message_type,
                    **values,
                }
            )
        )

    @classmethod
    def message(cls, flow, document, **values):
        """A message about a document of a purchase."""
        return (
            cls.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": flow.id,
                    "system_id": flow.system_id.id,
                    "company_id": flow.company_id.id,
                    "direction": flow.direction,
                    "message_type": flow.message_type,
                    "res_model": document._name,
                    "res_id": document.id,
                    **values,
                }
            )
        )

    @classmethod
    def report(cls, flow, document):
        """A message of the vendor about a document came in and was applied."""
        message = cls.message(flow, document)
        message._settle_done()
        cls.record()
        return message
