"""Products and lines of a shop order."""

from decimal import Decimal

from odoo import models
from odoo.fields import Command

from ..tools.errors import BusinessError, MappingError
from ..tools.shop_order.allocate import ZERO, rounded, total

HUNDRED = Decimal(100)


class IntegrationShopLine(models.AbstractModel):
    """Turns the lines of a shop order into values of sales order lines."""

    _name = "integration.shop.line"
    _description = "Lines of shop orders"

    def _shop_products(self, flow, shop):
        """Return the product of every line, in the order of the lines.

        Looked up by mapping (SKU, variant id, product id), then by internal reference, then,
        for lines without SKU, by the exact name.

        :return: list of ``product.product``
        :raise MappingError: products that are not known; the text names all of them
        """
        mapped = self.env["integration.mapping"]._search_values(
            flow, "product", (value for line in shop.lines for value in self._line_keys(line))
        )
        mapped = {
            value: record if record._name == "product.product" else record.product_variant_id
            for value, record in mapped.items()
            if record._name in ("product.product", "product.template")
        }
        for value, product in mapped.items():
            if not product.active:
                raise MappingError(
                    "product.product",
                    "default_code",
                    value,
                    self.env._(
                        "“%(value)s” of order %(order)s is mapped to the archived product "
                        "%(product)s. Restore the product, or map the SKU to another under "
                        "Integrations ▸ Configuration ▸ Mappings, then press Retry.",
                        value=value,
                        order=shop.name,
                        product=product.display_name,
                    ),
                )
        skus = {line.sku for line in shop.lines if line.sku}
        by_sku = self._products_by("default_code", flow, shop, skus)
        names = {line.name for line in shop.lines if not line.sku and line.name}
        by_name = self._products_by("name", flow, shop, names)
        products = []
        unknown = []
        for line in shop.lines:
            found = [mapped[key] for key in self._line_keys(line) if key in mapped]
            product = found[0] if found else by_sku.get(line.sku) or by_name.get(line.name)
            if not product:
                unknown.append(line)
            products.append(product)
        if unknown:
            raise self._unknown_products(shop, unknown)
        return products

    def _line_keys(self, line):
        """Return the values under which a person may have mapped the product."""
        return [key for key in (line.sku, line.variant_id, line.product_id) if key]

    def _products_by(self, field, flow, shop, values):
        """Return active products of the company by one field.

        :raise BusinessError: two products share an internal reference; a shared name is no match
        """
        if not values:
            return {}
        products = self.env["product.product"].search(
            [(field, "in", sorted(values)), ("company_id", "in", (flow.company_id.id, False))]
        )
        found = {}
        for product in products:
            found.setdefault(product[field], []).append(product)
        for value, candidates in found.items():
            if len(candidates) > 1 and field == "default_code":
                raise BusinessError(
                    self.env._(
                        "%(count)s products have the internal reference “%(sku)s” of order "
                        "%(order)s. Give each its own, or map the SKU to one of them under "
                        "Integrations ▸ Configuration ▸ Mappings, then press Retry.",
                        count=len(candidates),
                        sku=value,
                        order=shop.name,
                    ),
                    source={"res_model": "product.product", "key": field, "value": value},
                )
        return {value: found[value][0] for value in found if len(found[value]) == 1}

    def _unknown_products(self, shop, lines):
        """Return the error that tells a person which products to make or map."""
        first = lines[0]
        value = first.sku or first.variant_id or first.product_id or first.name
        key = "default_code" if first.sku else "mapping"
        if len(lines) == 1 and first.sku:
            text = self.env._(
                "Product SKU “%(sku)s” of order %(order)s is not known. Create a product with "
                "this internal reference, or map it under Integrations ▸ Configuration ▸ "
                "Mappings, then press Retry.",
                sku=first.sku,
                order=shop.name,
            )
        else:
            labels = ", ".join(
                f"“{line.sku}”"
                if line.sku
                else self.env._(
                    "“%(name)s” (without SKU, shop id %(id)s)",
                    name=line.name,
                    id=line.variant_id or line.product_id or "–",
                )
                for line in lines
            )
            text = self.env._(
                "Products of order %(order)s are not known: %(labels)s. Create products with "
                "these internal references, or map the SKU or the shop id under Integrations ▸ "
                "Configuration ▸ Mappings, then press Retry.",
                order=shop.name,
                labels=labels,
            )
        return MappingError("product.product", key, value, text)

    def _shop_line_vals(self, flow, shop, products, taxes):
        """Return the values of all order lines.

        :param products: see ``_shop_products``
        :param taxes: dict of ``TaxKey`` → ``account.tax``; None lets Odoo choose the taxes
        """
        vals_list = []
        discounts = {}
        for line, product in zip(shop.lines, products, strict=True):
            gross = rounded(line.quantity * line.unit_price, shop.unit)
            percent = self._exact_percent(line, gross, shop.unit)
            values = {
                "product_id": product.id,
                "name": line.name or product.display_name,
                "product_uom_qty": float(line.quantity),
                "product_uom_id": product.uom_id.id,
                "price_unit": float(line.unit_price),
                "discount": float(percent or ZERO),
                "integration_external_line_id": line.external_id or False,
            }
            tax_ids = self._tax_ids(line, taxes)
            vals_list.append(self._with_taxes(values, tax_ids))
            if percent is None:
                discounts.setdefault(tax_ids, []).append(line)
        for tax_ids, lines in discounts.items():
            amount = total(line.discount for line in lines)
            vals_list.append(self._discount_vals(flow, shop, lines, amount, tax_ids))
        for charge in shop.charges:
            if charge.kind == "shipping" or charge.amount:
                values = self._service_vals(flow, charge.kind, charge.name, charge.net(shop.unit))
                values["integration_external_line_id"] = charge.external_id or False
                vals_list.append(self._with_taxes(values, self._tax_ids(charge, taxes)))
        for adjustment in shop.adjustments:
            name = self.env._("Shop adjustment: %s", adjustment.reason)
            values = self._service_vals(flow, "adjustment", name, adjustment.amount)
            tax_ids = None
            if taxes is not None:
                tax_ids = tuple(taxes[key].id for key in adjustment.taxes if key in taxes)
            vals_list.append(self._with_taxes(values, tax_ids))
        for sequence, values in enumerate(vals_list, 1):
            values["sequence"] = sequence
            values["integration_external_price"] = values["price_unit"] * (
                1 - values["discount"] / 100
            )
        return vals_list

    def _exact_percent(self, line, gross, unit):
        """Return the discount in percent when Odoo's two digits hit the amount exactly.

        :return: Decimal, or None when the discount needs a line of its own
        """
        if not line.discount:
            return ZERO
        if not gross:
            return None
        percent = (line.discount * HUNDRED / gross).quantize(Decimal("0.01"))
        exact = line.quantity * line.unit_price * (1 - percent / HUNDRED)
        return percent if rounded(exact, unit) == gross - line.discount else None

    def _discount_vals(self, flow, shop, lines, amount, tax_ids):
        codes = ", ".join(code for code in shop.discount_codes if code)
        name = self.env._("Discount %s", codes) if codes else self.env._("Discount")
        if len(lines) < len(shop.lines):
            name = f"{name}: {', '.join(line.name or line.sku for line in lines)}"
        return self._with_taxes(self._service_vals(flow, "discount", name, -amount), tax_ids)

    def _tax_ids(self, item, taxes):
        """Return the ids of an item's taxes; None when Odoo chooses."""
        if taxes is None:
            return None
        ids = (taxes[tax.key].id for tax in item.taxes if tax.key in taxes)
        return tuple(dict.fromkeys(ids))

    def _with_taxes(self, values, tax_ids):
        if tax_ids is not None:
            values["tax_ids"] = [Command.set(tax_ids)]
        return values

    def _service_vals(self, flow, purpose, name, amount):
        """Return the values of a line that is no goods.

        :param purpose: shipping, fee, discount or adjustment
        :raise BusinessError: the flow has no product for it and the ready-made one is gone
        """
        product = flow._order_line_product(purpose)
        if not product:
            raise BusinessError(
                self.env._(
                    "Flow “%(flow)s” has no product for order lines of kind %(purpose)s. Choose "
                    "one on the flow, then press Retry.",
                    flow=flow.name,
                    purpose=purpose,
                ),
                source={"res_model": "integration.flow", "key": "id", "value": flow.id},
            )
        return {
            "product_id": product.id,
            "name": name,
            "product_uom_qty": 1.0,
            "price_unit": float(amount),
            "discount": 0.0,
        }
