"""Taxes and totals of a shop order: equal to what the customer paid, to the cent."""

from decimal import Decimal

from odoo import models
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..models.integration_source import rate_key
from ..tools.errors import BusinessError, MappingError
from ..tools.shop_order.allocate import ZERO, rounded, total


class IntegrationShopTax(models.AbstractModel):
    """Finds the company's taxes for a shop's taxes and settles rounding cents."""

    _name = "integration.shop.tax"
    _description = "Taxes of shop orders"

    def _shop_taxes(self, flow, shop):
        """Return the sales tax for every tax of the order.

        A mapping (rate id, ``State Tax 6%``, ``State Tax``) decides; else a tax of the same
        rate and kind of price, preferably of the same name; else one is made when the flow
        allows it.

        :return: dict of ``TaxKey`` → ``account.tax``
        :raise MappingError: no tax fits, or the mapped one is of the other kind of price
        """
        keys = {tax.key for item in shop.taxed_items() for tax in item.taxes}
        keys |= set(shop.tax_totals)
        keys |= {key for adjustment in shop.adjustments for key in adjustment.taxes}
        mapped = self.env["integration.mapping"]._search_values(
            flow, "tax", (v for key in keys for v in (key.external_id, key.label, key.title))
        )
        taxes = {}
        for key in sorted(keys, key=lambda key: (key.title, key.rate, key.external_id)):
            values = (key.external_id, key.label, key.title)
            found = [value for value in values if value in mapped]
            if found:
                taxes[key] = self._checked_tax(shop, key, found[0], mapped[found[0]])
            elif key.rate:
                taken = self.env["account.tax"].union(*taxes.values())
                tax = self._tax_of_rate(flow, shop, key, taken)
                taxes[key] = tax or self._new_tax(flow, shop, key)
        return taxes

    def _checked_tax(self, shop, key, value, tax):
        """Return a mapped tax.

        :param str value: what it is mapped by: the tax or this mapping is to be corrected
        :raise MappingError: it is not for sales, or included where prices exclude it (or the
            other way round)
        """
        if tax.type_tax_use == "sale" and tax.price_include == shop.taxes_included:
            return tax
        wanted = (
            self.env._("included in the price")
            if shop.taxes_included
            else self.env._("not included in the price")
        )
        raise MappingError(
            "account.tax",
            "name",
            value,
            self.env._(
                "Tax “%(shop_tax)s” of order %(order)s is mapped to “%(tax)s”, but this order "
                "needs a sales tax that is %(wanted)s. Correct that tax, or map another one under "
                "Integrations ▸ Configuration ▸ Mappings, then press Retry.",
                shop_tax=key.label,
                order=shop.name,
                tax=tax.name,
                wanted=wanted,
            ),
        )

    def _tax_of_rate(self, flow, shop, key, taken):
        """Return the company's sales tax of a rate, one of the same name first."""
        company = flow.company_id
        country = company.account_fiscal_country_id or company.country_id
        domain = Domain(
            [
                *self.env["account.tax"]._check_company_domain(company),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
                ("amount", "=", round(float(key.percent), 4)),
                ("price_include", "=", shop.taxes_included),
                ("country_id", "=", country.id),
                ("id", "not in", taken.ids),
            ]
        )
        candidates = self.env["account.tax"].search(domain)
        named = candidates.filtered(lambda tax: key.title.casefold() in tax.name.casefold())
        default = candidates & company.account_sale_tax_id
        return (named or default or candidates)[:1]

    def _new_tax(self, flow, shop, key):
        """Make a tax; it shows in the totals under the name that the shop uses.

        :raise MappingError: the flow does not allow it
        """
        if not flow.create_missing_taxes:
            raise MappingError(
                "account.tax",
                rate_key(float(key.percent), shop.taxes_included),
                key.label,
                self.env._(
                    "Tax “%(tax)s” of order %(order)s is not known. Make a sales tax of this "
                    "rate, map it under Integrations ▸ Configuration ▸ Mappings, or let flow "
                    "“%(flow)s” create missing taxes, then press Retry.",
                    tax=key.label,
                    order=shop.name,
                    flow=flow.name,
                ),
            )
        company = flow.company_id
        # Two lanes may miss the same tax at once. The second waits here for the first, gets a
        # conflict, begins anew and finds the tax.
        self.env.cr.execute(
            SQL("UPDATE res_company SET write_date = write_date WHERE id = %s", company.id)
        )
        # The flow's option, set by an administrator, is the permission: a service account has
        # no accounting rights.
        Tax = self.env["account.tax"].sudo()
        Group = self.env["account.tax.group"].sudo()
        label = self.env._("%s incl.", key.label) if shop.taxes_included else key.label
        taken = Tax.with_context(active_test=False).search(
            [("company_id", "=", company.id), ("type_tax_use", "=", "sale")]
        )
        # Tax names are unique; an archived or differently built tax may own this one.
        if label in taken.mapped("name"):
            label = f"{label} ({flow.system_id.name})"
        # The group's name stands in the totals that the customer reads.
        group = Group.search(
            [("name", "=", key.title or key.label), ("company_id", "=", company.id)], limit=1
        ) or Group.create({"name": key.title or key.label, "company_id": company.id})
        tax = Tax.create(
            {
                "name": label,
                "amount_type": "percent",
                "amount": float(key.percent),
                "type_tax_use": "sale",
                "price_include_override": (
                    "tax_included" if shop.taxes_included else "tax_excluded"
                ),
                "company_id": company.id,
                "tax_group_id": group.id,
            }
        )
        account = self._tax_account(company)
        lines = tax.invoice_repartition_line_ids | tax.refund_repartition_line_ids
        lines.filtered(lambda line: line.repartition_type == "tax").account_id = account
        shop.warnings.append(
            self.env._(
                "Tax “%(tax)s” was made because no sales tax of this rate existed. Ask an "
                "accountant to check its account and tags.",
                tax=tax.name,
            )
        )
        return tax.sudo(False)

    def _tax_account(self, company):
        """Return the account of the company's usual sales tax, so that revenue stays clean."""
        usual = company.sudo().account_sale_tax_id  # accounting settings, read only
        others = usual.search(
            [
                ("company_id", "=", company.id),
                ("type_tax_use", "=", "sale"),
                ("invoice_repartition_line_ids.account_id", "!=", False),
            ],
            limit=1,
        )
        for tax in (usual, others):
            account = tax.invoice_repartition_line_ids.account_id[:1]
            if account:
                return account
        return self.env["account.account"]

    def _settle_totals(self, flow, shop, order, taxes):
        """Bring a new order to the shop's totals, cent by cent, or refuse it.

        Odoo computes taxes from rates; a shop may have rounded elsewhere. Cents that differ are
        booked as the tax they belong to, on one visible line.

        :param taxes: dict of ``TaxKey`` → ``account.tax``
        :raise BusinessError: more than rounding differs
        """
        stated = {}
        for key, amount in shop.tax_totals.items():
            if key in taxes:
                stated[taxes[key]] = stated.get(taxes[key], ZERO) + amount
        actual = self._tax_amounts(order, shop.unit)
        tolerance = shop.unit * flow.rounding_tolerance
        cents = {}
        for tax in set(stated) | set(actual):
            difference = stated.get(tax, ZERO) - actual.get(tax, ZERO)
            taxed_lines = order.order_line.filtered(lambda line, tax=tax: tax in line.tax_ids)
            if abs(difference) > tolerance * max(1, len(taxed_lines)):
                raise self._tax_mismatch(shop, tax, stated.get(tax, ZERO), actual.get(tax, ZERO))
            if difference:
                cents[tax] = difference
        untaxed = rounded(Decimal(str(order.amount_untaxed)), shop.unit)
        rest = shop.total - shop.total_tax - untaxed
        if abs(rest) > tolerance * max(1, len(order.order_line)):
            raise BusinessError(
                self.env._(
                    "Order %(order)s comes to %(actual)s without tax, the shop states "
                    "%(stated)s. Check the taxes mapped for it and the products of its lines, "
                    "then press Retry.",
                    order=shop.name,
                    actual=untaxed,
                    stated=shop.total - shop.total_tax,
                )
            )
        if cents or rest:
            self._add_rounding_lines(flow, shop, order, cents, rest)
        self._check_settled(shop, order)

    def _add_rounding_lines(self, flow, shop, order, cents, rest):
        """Add one line for each tax whose cents differ; the first also carries the rest."""
        name = self.env._("Rounding as in the shop")
        vals_list = []
        for tax, difference in cents.items():
            quantity = abs(difference) / shop.unit
            # A fixed tax follows the sign of the price.
            sign = (1 if difference > 0 else -1) * (-1 if rest < 0 else 1)
            real_tax = tax.children_tax_ids[:1] if tax.amount_type == "group" else tax
            values = self._service_vals(flow, "adjustment", name, rest / quantity)
            values["product_uom_qty"] = float(quantity)
            cent_tax = real_tax._integration_cent_tax(float(sign * shop.unit))
            values["tax_ids"] = [Command.set(cent_tax.ids)]
            vals_list.append(values)
            rest = ZERO
        if rest:
            values = self._service_vals(flow, "adjustment", name, rest)
            values["tax_ids"] = [Command.clear()]
            vals_list.append(values)
        last = max(order.order_line.mapped("sequence"), default=0)
        order.write(
            {"order_line": [Command.create({**v, "sequence": last + 1}) for v in vals_list]}
        )

    def _tax_amounts(self, order, unit):
        """Return what Odoo computes for each tax of an order, as exact decimals."""
        Tax = self.env["account.tax"]
        base_lines = [
            line._prepare_base_line_for_taxes_computation() for line in order._get_priced_lines()
        ]
        Tax._add_tax_details_in_base_lines(base_lines, order.company_id)
        Tax._round_base_lines_tax_details(base_lines, order.company_id)
        details = Tax._aggregate_base_lines_tax_details(
            base_lines,
            lambda base_line, data: data and (data.get("group") or data["tax"]) or Tax,
        )
        amounts = Tax._aggregate_base_lines_aggregated_values(details)
        return {
            tax: rounded(Decimal(str(values["tax_amount_currency"])), unit)
            for tax, values in amounts.items()
            if tax
        }

    def _tax_mismatch(self, shop, tax, stated, actual):
        """Return the error for a tax that differs by more than rounding."""
        return BusinessError(
            self.env._(
                "Tax “%(tax)s” of order %(order)s: Odoo computes %(actual)s, the shop states "
                "%(stated)s. Check which tax is mapped for it under Integrations ▸ "
                "Configuration ▸ Mappings, then press Retry.",
                tax=tax.name,
                order=shop.name,
                actual=actual,
                stated=stated,
            ),
            source={"res_model": "account.tax", "key": "id", "value": tax.id},
        )

    def _check_settled(self, shop, order):
        """Refuse an order whose totals are not the shop's, whatever the reason."""
        wanted = (shop.total - shop.total_tax, shop.total_tax, shop.total)
        amounts = (order.amount_untaxed, order.amount_tax, order.amount_total)
        reached = tuple(rounded(Decimal(str(amount)), shop.unit) for amount in amounts)
        if total(abs(a - b) for a, b in zip(wanted, reached, strict=True)):
            raise BusinessError(
                self.env._(
                    "Order %(order)s comes to %(reached)s in Odoo, the shop states %(wanted)s. "
                    "Check taxes and currency of the flow, then press Retry.",
                    order=shop.name,
                    reached=reached[2],
                    wanted=wanted[2],
                )
            )
