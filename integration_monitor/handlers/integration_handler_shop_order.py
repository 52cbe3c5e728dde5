"""Orders of a web shop become sales orders."""

import logging

from markupsafe import Markup
from psycopg2 import errors as pg_errors

from odoo import models
from odoo.tools import plaintext2html

from ..tools.errors import BusinessError, ContractError, IntegrationError, RetryLater
from ..tools.shop_order.reading import Reader

_logger = logging.getLogger(__name__)


class IntegrationHandlerShopOrder(models.AbstractModel):
    """Makes one sales order of one order of a shop, equal to the cent, and confirms it.

    Handlers of a format inherit this one and implement ``_parse``. The same order may arrive any
    number of times: it exists once. A newer version that changes goods or amounts is refused for
    a person to decide; a cancellation is followed while nothing has left the warehouse.
    """

    _name = "integration.handler.shop.order"
    _inherit = [
        "integration.handler",
        "integration.shop.partner",
        "integration.shop.line",
        "integration.shop.tax",
        "integration.shop.currency",
        "integration.shop.change",
    ]
    _description = "Shop order"

    def _directions(self):
        """No format, nothing to choose: the handlers that inherit this one are chosen."""
        return ()

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return (
            "sales_team.group_sale_salesman_all_leads",
            "base.group_partner_manager",
            "stock.group_stock_user",
        )

    def _parse(self, payload):
        """Return the ``ShopOrder`` of a payload.

        :raise ContractError: the payload does not follow the format
        :raise BusinessError: its totals contradict each other
        """
        raise NotImplementedError

    def _stake(self, message, payload):
        """Tell a person which order waits, and how much money, as far as it can be read."""
        try:
            shop = self._parse(payload)
        except IntegrationError:
            # Why it cannot be read is the error itself; the rest helps to find the order.
            return self._stake_of_unreadable(payload)
        return {
            "amount": float(shop.total),
            "currency": shop.currency,
            "reference": shop.name,
            "subject": self._subject(shop.external_id),
            "about": self.env._("Order %s", shop.name),
            "partner": shop.customer.name or shop.customer.email,
            "document": self._existing_order(message.flow_id, shop),
            "version": shop.updated_at and shop.updated_at.isoformat(),
        }

    def _subject(self, external_id):
        """Return what identifies an order: its id, as names repeat; None for one without id."""
        return f"order:{external_id}" if external_id else None

    def _stake_of_unreadable(self, payload):
        """Return id, number, total and currency of an order that cannot be read as a whole."""
        body = payload
        if isinstance(payload, dict) and set(payload) == {"order"}:
            body = payload["order"]
        if not isinstance(body, dict):
            return {}
        stake = {"subject": self._subject(Reader(body, "order").identifier("id"))}
        number = body.get("name") or body.get("number")
        if isinstance(number, str | int) and number:
            stake.update(reference=str(number), about=self.env._("Order %s", number))
        total = "total_price" if body.get("total_price") else "total"
        try:
            if body.get(total):
                stake["amount"] = float(Reader(body, "order").number(total))
        except ContractError:
            _logger.debug("An unreadable order states no total")
        if isinstance(body.get("currency"), str):
            stake["currency"] = body["currency"]
        return stake

    def _handle(self, message, payload):
        """Make, keep or cancel the order; return the ``sale.order``."""
        flow = message.flow_id
        self = self.with_company(flow.company_id)
        shop = self._parse(payload)
        order = self._existing_order(flow, shop)
        if shop.cancelled:
            return self._cancel_order(message, flow, shop, order)
        if shop.refunded:
            return self._refund_order(shop, order)
        if order:
            return self._update_order(message, flow, shop, order)
        return self._create_order(message, flow, shop)

    def _accept(self, message, payload):
        """Measure later versions by the one that a person settled by hand."""
        self._accept_version(message, payload)

    def _existing_order(self, flow, shop):
        return self.env["sale.order"].search(
            [
                ("integration_system_id", "=", flow.system_id.id),
                ("integration_external_key", "=", shop.external_id),
            ],
            limit=1,
        )

    def _create_order(self, message, flow, shop):
        """Make the order with its lines, settle its totals, note oddities and confirm it."""
        if shop.adjustments and flow.discrepancy_policy == "reject":
            reasons = " ".join(adjustment.reason for adjustment in shop.adjustments)
            raise BusinessError(
                self.env._(
                    "Order %(order)s does not add up. %(reasons)s Correct it in the shop, or let "
                    "flow “%(flow)s” add an adjustment line, then press Retry.",
                    order=shop.name,
                    reasons=reasons,
                    flow=flow.name,
                )
            )
        products = self._shop_products(flow, shop)
        taxes = self._shop_taxes(flow, shop) if flow.tax_policy == "payload" else None
        order = self._insert_order(
            {
                **self._order_vals(message, flow, shop),
                "order_line": [
                    (0, 0, vals) for vals in self._shop_line_vals(flow, shop, products, taxes)
                ],
            }
        )
        if taxes is not None:
            self._settle_totals(flow, shop, order, taxes)
        elif order.currency_id.compare_amounts(order.amount_total, float(shop.total)):
            shop.warnings.append(
                self.env._(
                    "The shop states a total of %(stated)s; taxes computed by Odoo make it "
                    "%(total)s.",
                    stated=shop.total,
                    total=order.amount_total,
                )
            )
        carrier_vals = self._order_carrier_vals(order, shop)
        if carrier_vals:
            order.write(carrier_vals)
        self._note(order, shop)
        if shop.ready and flow.auto_confirm:
            order.action_confirm()
        return order

    def _insert_order(self, values):
        """Create the order.

        :raise RetryLater: the same order is being made at this moment; the retry finds it
        """
        try:
            with self.env.cr.savepoint():
                order = self.env["sale.order"].create(values)
                order.flush_recordset()
        except pg_errors.UniqueViolation as error:
            if "integration_external" not in (error.diag.constraint_name or ""):
                raise
            raise RetryLater(
                2, self.env._("The same order is being made; trying again.")
            ) from error
        return order

    def _order_vals(self, message, flow, shop):
        """Return the values of the order itself."""
        partner = self._shop_partner(flow, shop)
        delivery = shop.shipping or shop.billing
        invoice = shop.billing or shop.shipping
        values = {
            "partner_id": partner.id,
            "partner_invoice_id": self._shop_address(flow, shop, partner, invoice, "invoice").id,
            "partner_shipping_id": self._shop_address(flow, shop, partner, delivery, "delivery").id,
            "company_id": flow.company_id.id,
            "pricelist_id": self._shop_pricelist(flow, shop).id,
            "client_order_ref": shop.name,
            "origin": f"{flow.system_id.name} {shop.name}",
            # A service account sells nothing: no salesperson.
            "user_id": False,
            "integration_system_id": flow.system_id.id,
            "integration_flow_id": flow.id,
            "integration_external_key": shop.external_id,
            "integration_external_digest": shop.digest(),
            "integration_external_total": float(shop.total),
            "integration_external_updated_at": shop.updated_at,
            "integration_shop_collected": shop.collected,
        }
        if message.correlation_id:
            values["integration_correlation_id"] = message.correlation_id
        if flow.warehouse_id:
            values["warehouse_id"] = flow.warehouse_id.id
        if flow.sale_team_id:
            values["team_id"] = flow.sale_team_id.id
        if shop.note:
            values["note"] = plaintext2html(shop.note)
        return values

    def _order_carrier_vals(self, order, normalized):
        """Return values that set the delivery method of a new order; for delivery addons.

        :param order: the draft ``sale.order``; its ``integration_flow_id`` is set
        :param normalized: ``ShopOrder``
        """
        return {}

    def _note(self, order, shop):
        """Log what a person should know about how the order came to be."""
        facts = [self.env._("Order %s of the shop.", shop.name)]
        if shop.created_at:
            facts.append(self.env._("Placed on %s (UTC).", shop.created_at))
        if shop.payment_state or shop.payment_method:
            paid = " · ".join(part for part in (shop.payment_method, shop.payment_state) if part)
            facts.append(self.env._("Payment: %s.", paid))
        facts += [
            self.env._(
                "Adjustment of %(amount)s: %(reason)s", amount=item.amount, reason=item.reason
            )
            for item in shop.adjustments
        ]
        facts += shop.warnings
        items = Markup("").join(Markup("<li>%s</li>") % fact for fact in facts)
        order._message_log(body=Markup("<ul>%s</ul>") % items)
