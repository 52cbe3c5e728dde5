"""The records that handlers look up by what a partner says."""

from odoo import models

from .integration_source_mixin import ANY, NOTES


def rate_key(percent, included):
    """Return what a sales tax is known by where a partner names a rate.

    :param float percent: as in ``account.tax.amount``
    :param bool included: whether prices include it
    """
    return f"amount:{percent:.4f}:{'included' if included else 'excluded'}"


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "integration.source.mixin"]

    _integration_source_keys = ("default_code", "barcode")


class ProductTemplate(models.Model):
    """Most of what a product is stands on its template."""

    _inherit = "product.template"

    def write(self, vals):
        """A corrected template is a corrected product."""
        result = super().write(vals)
        products = self.product_variant_ids
        if products and not products._integration_is_noise(vals):
            products._integration_note_sources(products._integration_source_keys)
        return result


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "integration.source.mixin"]

    _integration_source_keys = ("email", "ref", "vat")


class UomUom(models.Model):
    _name = "uom.uom"
    _inherit = ["uom.uom", "integration.source.mixin"]

    _integration_source_keys = ("name",)


class AccountTax(models.Model):
    _name = "account.tax"
    _inherit = ["account.tax", "integration.source.mixin"]

    _integration_source_keys = ("name",)

    def _integration_note_sources(self, keys):
        """Note the rates, too: handlers look for a sales tax of a rate, whatever its name."""
        result = super()._integration_note_sources(keys)
        notes = self.env.cr.precommit.data
        for tax in self.sudo():  # the keys are not shown to anybody
            if tax.type_tax_use == "sale" and tax.amount_type == "percent":
                key = rate_key(tax.amount, tax.price_include)
                notes[NOTES].add((self._name, key, ANY, tax.company_id.id))
        return result


class ResCurrency(models.Model):
    _name = "res.currency"
    _inherit = ["res.currency", "integration.source.mixin"]

    _integration_source_keys = ("name",)


class IntegrationFlow(models.Model):
    _name = "integration.flow"
    _inherit = ["integration.flow", "integration.source.mixin"]

    def _integration_note_sources(self, keys):
        """A flow that makes missing taxes needs nobody to make them."""
        result = super()._integration_note_sources(keys)
        notes = self.env.cr.precommit.data
        for flow in self.filtered("create_missing_taxes"):
            notes[NOTES].add(("account.tax", f"flow:{flow.id}", ANY, 0))
        return result


class IntegrationMapping(models.Model):
    """A mapping stands in for the record that was missing, for its own system only."""

    _name = "integration.mapping"
    _inherit = ["integration.mapping", "integration.source.mixin"]

    def write(self, vals):
        """What it mapped before is looked up in another way now."""
        if not self._integration_is_noise(vals):
            self._integration_note_sources(())
        return super().write(vals)

    def _integration_note_sources(self, keys):
        """Note the partner's value as what the mapped model is known by."""
        result = super()._integration_note_sources(keys)
        notes = self.env.cr.precommit.data
        for mapping in self.sudo():  # the values are not shown to anybody
            key = f"mapping:{mapping.system_id.id}:{mapping.flow_id.id or 0}"
            value = str(mapping.external_value or "")[:250]
            for model in {mapping.res_model, self._mapping_models().get(mapping.kind)} - {None}:
                notes[NOTES].add((model, key, value, 0))
        return result
