"""Short ways to what orders, partners and people of a situation do."""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tools.errors import IntegrationError, RemoteError


class SituationsMixin:
    """For :class:`BlameCase`: what situations are made of."""

    def under_maintenance(self, kind):
        """A system is being worked on, from an hour ago to in an hour."""
        now = fields.Datetime.now()
        self.env["integration.maintenance"].create(
            {
                "name": "New version",
                "system_id": self.systems[kind].id,
                "date_from": now - timedelta(hours=1),
                "date_to": now + timedelta(hours=1),
            }
        )

    def told(self, order, kind, **report):
        """A system tells what became of the release of an order."""
        flow = self._make_flow(
            kind, f"status.{kind}", direction="inbound", message_type="status",
            handler="integration.handler.status", warehouse_ids=False,
        )  # fmt: skip
        key = self.message_of(order).idempotency_key
        message = self.tell(flow, {"message": key, **report})
        self.assertEqual((message.state, message.error_message), ("done", False))

    def via_middleware(self):
        """Releases go to the middleware, which answers as ``site`` does."""
        self.release.active = False
        self._make_flow(
            "middleware", "via", endpoint_id=self._make_endpoint("middleware", self.site.url).id,
            message_type="wms.release", handler="integration.handler.wms.release",
            trigger_event="picking.first.ready", retry_policy_id=self.patient.id,
        )  # fmt: skip

    def sold_via_middleware(self):
        """:return: an order whose release the middleware was sent"""
        order = self.sold()
        self.work(self.systems["middleware"].flow_ids)
        return order

    def gone(self):
        """:return: an order that the warehouse system released and shipped"""
        order = self.sent()
        message = self.shipped(order)
        self.assertEqual((message.state, message.error_message), ("done", False))
        return order

    def checks(self, **values):
        """:return: the flow by which the finance system reports credit checks"""
        return self._make_flow(
            "finance", "checks", direction="inbound", message_type="finance.check", **values
        )

    def sold_unreleased(self):
        """:return: an order of the warehouse of the system, which takes no releases"""
        self.release.active = False
        return self.sold()

    def quotation(self):
        """:return: an order that is a quotation again"""
        order = self.order()
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        self.record()
        return order

    def scarce(self):
        """:return: a product of which nothing is on the shelf"""
        return self.env["product.product"].create(
            {
                "name": "Scarce Lamp",
                "default_code": "SCARCE",
                "is_storable": True,
                "invoice_policy": "order",
            }
        )

    def matter(self, order):
        """A business exception about an order is opened, with an owner."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": "The customer asks for another address",
                    "category": "business",
                    "company_id": self.company.id,
                    "transaction_id": self.owner(order).id,
                    "user_id": self.clerk.id,
                }
            ]
        )

    def gate(self, step):
        """Outgoing transfers are kept back until a step is reached."""
        process_id = self.env["integration.process"]._for_root("sale.order", self.company.id)
        steps = self.env["integration.process.step"].sudo()
        self.env["integration.gate"].sudo().create(
            {
                "name": "First things first",
                "company_id": self.company.id,
                "step_id": steps.search([("process_id", "=", process_id), ("code", "=", step)]).id,
            }
        )

    def to_be_paid(self, post=True):
        """:return: an order that was shipped and invoiced"""
        order = self.order()
        self.ship(order.picking_ids)
        self.invoice(order, post=post)
        return order

    def made_to_order(self):
        """:return: an order of goods that come through our house for it, and its draft purchase"""
        mto = self.env.ref("stock.route_warehouse0_mto")
        mto.active = True
        return self._bought(mto | self.warehouse.buy_pull_id.route_id)

    def dropshipped(self, beside=None):
        """:return: an order of goods that a vendor sends to the customer, and its draft purchase

        :param beside: a further product, from the shelf
        """
        return self._bought(self.env.ref("stock_dropshipping.route_drop_shipping"), beside)

    def _bought(self, routes, beside=None):
        vendor = self.env["res.partner"].create({"name": "Bert Vendor"})
        product = self.env["product.product"].create(
            {
                "name": "Brass Hook",
                "is_storable": True,
                "invoice_policy": "delivery",
                "route_ids": [Command.set(routes.ids)],
                "seller_ids": [Command.create({"partner_id": vendor.id, "price": 10.0})],
            }
        )
        products = (product, beside) if beside else (product,)
        order = self.order(
            order_line=[
                Command.create({"product_id": sold.id, "product_uom_qty": 2}) for sold in products
            ]
        )
        return order, order._get_purchase_orders()

    def ordered(self, order, purchase):
        """Confirm the purchase for an order. :return: the order"""
        purchase.button_confirm()
        self.record()
        return order

    def in_two_parcels(self):
        """:return: an order that left in two deliveries"""
        order = self.order()
        self.ship(order.picking_ids, quantity=1)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        return order

    def reported(self, order, step, *pickings):
        """Somebody outside reports a step of some transfers."""
        self.env["integration.milestone"]._record(
            [
                {
                    "transaction_id": self.owner(order).id,
                    "step_code": step,
                    "occurred_at": fields.Datetime.now(),
                    "res_model": picking._name,
                    "res_id": picking.id,
                }
                for picking in pickings
            ]
        )

    def looked_at_again(self, order):
        """The order is looked at once more, as after each change of its documents."""
        self.owner(order)._refresh_blame()

    def needs(self, kind, other):
        """One system cannot work without another."""
        self.env["integration.dependency"].create(
            {
                "system_id": self.systems[kind].id,
                "depends_on_system_id": self.systems[other].id,
            }
        )

    def fails(self, kind, endpoint):
        """A system fails until it counts as down."""
        self.refuse(503)
        for _call in range(10):
            with self.assertRaises(IntegrationError), log_writer.captured():
                endpoint._call("GET")
            endpoint._note_outcome(RemoteError(503))
        self.assertEqual(self.systems[kind].health, "down")
