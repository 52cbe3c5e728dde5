"""Prices on products, for subscribers who are told of them."""

from odoo import models


class ProductTemplate(models.Model):
    """A template whose sales price changes changes the price of its variants."""

    _inherit = "product.template"

    def write(self, vals):
        """Note the templates whose price becomes another; nothing is read without subscribers."""
        if "list_price" in vals:
            self.env["integration.event"]._note_prices(
                (self._name, template.id, None)
                for template in self.sudo()  # the amounts are compared, not shown
                if template.list_price != vals["list_price"]
            )
        return super().write(vals)
