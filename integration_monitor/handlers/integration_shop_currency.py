"""The currency of a shop order, and the pricelist that carries it."""

from odoo import models

from ..tools.errors import MappingError


class IntegrationShopCurrency(models.AbstractModel):
    """Keeps an order in the currency that the customer paid in."""

    _name = "integration.shop.currency"
    _description = "Currencies of shop orders"

    def _shop_pricelist(self, flow, shop):
        """Return a pricelist in the currency of the order; it only carries the currency.

        Empty when the currency is the company's and the flow has no pricelist.

        :raise MappingError: the currency is unknown or switched off
        """
        currency = self._shop_currency(flow, shop)
        if flow.pricelist_id.currency_id == currency:
            return flow.pricelist_id
        Pricelist = self.env["product.pricelist"]
        if currency == flow.company_id.currency_id:
            return Pricelist
        found = Pricelist.search(
            [
                ("currency_id", "=", currency.id),
                ("company_id", "in", (flow.company_id.id, False)),
            ],
            order="company_id",  # NULLs sort last: the company's own comes first
            limit=1,
        )
        # Orders carry their currency by a pricelist; an account that makes orders must be able
        # to get one, without the right to set prices.
        return found or Pricelist.sudo().create(
            {
                "name": self.env._("Shop %s", currency.name),
                "currency_id": currency.id,
                "company_id": flow.company_id.id,
            }
        ).sudo(False)

    def _shop_currency(self, flow, shop):
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", shop.currency)], limit=1)
        )
        if currency and not currency.active and flow.activate_currency:
            # The flow's option, set by an administrator, is the permission.
            currency.sudo().active = True
            shop.warnings.append(
                self.env._("Currency %s was activated: give it exchange rates.", currency.name)
            )
        if not currency or not currency.active:
            raise MappingError(
                "res.currency",
                "name",
                shop.currency,
                self.env._(
                    "Currency %(currency)s of order %(order)s is not active. Activate it under "
                    "Invoicing ▸ Configuration ▸ Currencies and give it a rate, then press Retry.",
                    currency=shop.currency,
                    order=shop.name,
                )
                if currency
                else self.env._(
                    "Currency %(currency)s of order %(order)s does not exist.",
                    currency=shop.currency,
                    order=shop.name,
                ),
            )
        if currency != flow.company_id.currency_id and not currency.rate_ids:
            shop.warnings.append(
                self.env._(
                    "Currency %s has no exchange rate: amounts count one to one in reports.",
                    currency.name,
                )
            )
        return currency
