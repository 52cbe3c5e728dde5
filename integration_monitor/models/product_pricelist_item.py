"""Rules of pricelists, for subscribers who are told of prices."""

from odoo import api, models

from .integration_event_price import EVERYTHING


class ProductPricelistItem(models.Model):
    """A rule that comes, changes or goes changes the prices of what it is for."""

    _inherit = "product.pricelist.item"

    @api.model_create_multi
    def create(self, vals_list):
        """Note what new rules are for."""
        items = super().create(vals_list)
        items._integration_note_prices()
        return items

    def write(self, vals):
        """Note what the rules were for, and what they are for now."""
        self._integration_note_prices()
        result = super().write(vals)
        self._integration_note_prices()
        return result

    def unlink(self):
        """Note what the rules were for."""
        self._integration_note_prices()
        return super().unlink()

    def _integration_note_prices(self):
        """Note the products, or the category, of each rule with its pricelist."""
        if not self:
            return
        self.env["integration.event"]._note_prices(
            (*item._integration_scope(), item.pricelist_id.id)
            for item in self.sudo()  # what a rule is for is not shown to anybody
        )

    def _integration_scope(self):
        """:return: (model, id) of what the rule is for; category 0 is everything"""
        if self.applied_on == "0_product_variant":
            return ("product.product", self.product_id.id)
        if self.applied_on == "1_product":
            return ("product.template", self.product_tmpl_id.id)
        return (EVERYTHING, self.categ_id.id if self.applied_on == "2_product_category" else 0)
