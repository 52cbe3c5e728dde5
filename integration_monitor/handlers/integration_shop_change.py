"""What a shop's order becomes after it was made: changed, cancelled, taken up again."""

from odoo import models

from ..tools.errors import BusinessError


class IntegrationShopChange(models.AbstractModel):
    """Follows newer versions of an order; what Odoo cannot follow is refused for a person.

    An older version never undoes a newer one. What a person has looked at and closed is accepted:
    the same difference is not reported again.
    """

    _name = "integration.shop.change"
    _description = "Shop order: later versions"

    def _update_order(self, message, flow, shop, order):
        """Follow a newer version of an order that exists; return the order that stands for it.

        :raise BusinessError: goods, amounts or addresses changed in the shop, or the order was
            cancelled here
        """
        known = order.integration_external_updated_at
        if known and shop.updated_at and shop.updated_at < known:
            return order
        if order.state == "cancel":
            return self._update_cancelled(message, flow, shop, order)
        if order.integration_external_digest != shop.digest():
            raise BusinessError(
                self.env._(
                    "Order %(order)s was changed in the shop after it became %(name)s (total "
                    "%(old)s, now %(new)s). Change %(name)s by hand if it may still change, then "
                    "press Ignore.",
                    order=shop.name,
                    name=order.name,
                    old=order.amount_total,
                    new=shop.total,
                ),
                source={"res_model": "sale.order", "key": "id", "value": order.id},
            )
        self._note_version(order, shop, shop_cancel=False)
        if shop.ready and flow.auto_confirm and order.state in ("draft", "sent"):
            order.action_confirm()
        return order

    def _update_cancelled(self, message, flow, shop, order):
        """The shop goes on with an order that is cancelled here.

        :raise BusinessError: a person cancelled it here, and the shop does not know
        """
        known = order.integration_external_updated_at
        newer = bool(shop.updated_at and (not known or shop.updated_at > known))
        accepted = order.integration_shop_cancel == "agreed" and (
            order.integration_external_digest == shop.digest()
        )
        if not newer or accepted:
            # The version that was cancelled, or what a person has looked at already.
            return order
        if order.integration_shop_cancel != "followed":
            raise BusinessError(
                self.env._(
                    "Order %(order)s goes on in the shop, but %(name)s was cancelled in Odoo. "
                    "Cancel it in the shop, or make a new order by hand, then press Ignore.",
                    order=shop.name,
                    name=order.name,
                ),
                source={"res_model": "sale.order", "key": "id", "value": order.id},
            )
        if not shop.ready:
            return order  # cancelled, and paid for perhaps later: nothing to do until then
        # The cancelled one stays as it is, and makes place for one of its own history.
        order.integration_external_key = False
        order.flush_recordset(["integration_external_key"])
        again = self._create_order(message, flow, shop)
        order._message_log(
            body=self.env._("The shop took the order up again; it is %s now.", again.name)
        )
        return again

    def _cancel_order(self, message, flow, shop, order):
        """Cancel the order; when it is not here yet, keep its place so that it is never made.

        :raise BusinessError: goods have left, or the order is invoiced
        """
        known = order.integration_external_updated_at
        if known and shop.updated_at and shop.updated_at < known:
            return order
        if not order:
            order = self._insert_order(self._order_vals(message, flow, shop))
        if order.state == "cancel" or order.integration_shop_cancel == "agreed":
            self._note_version(order, shop, shop_cancel=order.integration_shop_cancel or "followed")
            return order
        self._check_cancellable(shop, order)
        if order.locked:
            order.action_unlock()
        order._action_cancel()
        self._note_version(order, shop, shop_cancel="followed")
        reason = shop.cancel_reason or self.env._("no reason given")
        order._message_log(body=self.env._("Cancelled in the shop: %s.", reason))
        return order

    def _refund_order(self, shop, order):
        """The shop gave all the money back, and says nothing of the goods.

        That is all right once they have left, or when the order is cancelled here as well.

        :raise BusinessError: they are still to be sent
        """
        known = order.integration_external_updated_at
        if known and shop.updated_at and shop.updated_at < known:
            return order
        accepted = order and order.integration_external_digest == shop.digest()
        if order.state == "cancel" or accepted or self._shipped_pickings(order):
            self._note_version(order, shop, digest=shop.digest())
            return order
        if order:
            raise BusinessError(
                self.env._(
                    "The shop gave the money for order %(order)s back, and %(name)s has not left "
                    "yet. Cancel %(name)s and press Retry; to deliver it all the same, press "
                    "Ignore.",
                    order=shop.name,
                    name=order.name,
                ),
                source={"res_model": "sale.order", "key": "id", "value": order.id},
            )
        raise BusinessError(
            self.env._(
                "The shop gave the money for order %(order)s back before the order came here, so "
                "it was not made. Press Ignore if nothing is to be delivered; else make the order "
                "by hand.",
                order=shop.name,
            )
        )

    def _shipped_pickings(self, order):
        """:return: the transfers with which goods of the order have left the house"""
        return order.picking_ids.filtered(
            lambda picking: picking.state == "done"
            and picking.picking_type_code in ("outgoing", "dropship")
        )

    def _check_cancellable(self, shop, order):
        """Refuse to cancel what has left the house or is invoiced.

        :raise BusinessError: with what a person has to arrange
        """
        shipped = self._shipped_pickings(order)
        if shipped:
            text = self.env._("was shipped with %s already", ", ".join(shipped.mapped("name")))
        elif any(line.qty_invoiced > 0 for line in order.order_line):
            text = self.env._("is invoiced already")
        else:
            return
        raise BusinessError(
            self.env._(
                "Order %(order)s was cancelled in the shop, but %(name)s %(what)s. Arrange "
                "the return or refund, then press Ignore.",
                order=shop.name,
                name=order.name,
                what=text,
            ),
            source={"res_model": "sale.order", "key": "id", "value": order.id},
        )

    def _note_version(self, order, shop, **values):
        """Remember which version of the shop the order agrees with.

        :param values: ``digest`` when the contents are accepted too, ``shop_cancel``
        """
        changes = {
            "integration_shop_cancel": values.get("shop_cancel", order.integration_shop_cancel),
            "integration_shop_collected": shop.collected,
        }
        if values.get("digest"):
            changes["integration_external_digest"] = values["digest"]
        if shop.updated_at:
            changes["integration_external_updated_at"] = shop.updated_at
        order.write({name: value for name, value in changes.items() if order[name] != value})

    def _accept_version(self, message, payload):
        """A person closed the refusal: this version is agreed, later ones are measured by it."""
        flow = message.flow_id
        self = self.with_company(flow.company_id)
        shop = self._parse(payload)
        order = self._existing_order(flow, shop)
        known = order.integration_external_updated_at
        if not order or (known and shop.updated_at and shop.updated_at < known):
            return
        differ = shop.cancelled != (order.state == "cancel")
        self._note_version(
            order,
            shop,
            digest=shop.digest(),
            shop_cancel="agreed" if differ else order.integration_shop_cancel,
        )
        # A person looks after its prices now: nobody knows whether he follows the shop or not.
        order.integration_external_total = 0.0
