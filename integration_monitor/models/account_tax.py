"""Taxes of one cent: how a rounding difference of a tax is booked as that tax."""

from odoo import fields, models

from .integration_document_mixin import PREFETCH


class AccountTax(models.Model):
    """A shop and Odoo may round the same tax differently.

    The cents between them are tax, so they belong to the tax's accounts and tax group, not to
    revenue. A fixed tax of one cent on a line without price does exactly that, and the invoice
    repeats it.
    """

    _inherit = "account.tax"

    integration_cent_of_id = fields.Many2one(
        "account.tax",
        string="Rounds",
        readonly=True,
        copy=False,
        prefetch=PREFETCH,
        index="btree_not_null",
        ondelete="cascade",
        help="The tax whose rounding differences this tax carries.",
    )

    def _integration_cent_tax(self, amount):
        """Return the fixed tax of ``amount`` that books into the accounts of this tax.

        :param float amount: plus or minus the smallest unit of a currency
        """
        self.ensure_one()
        # Whoever may make an order may round it; making taxes needs rights that a service
        # account does not have.
        existing = self.sudo().search(
            [("integration_cent_of_id", "=", self.id), ("amount", "=", amount)], limit=1
        )
        if not existing:
            existing = self.sudo().copy(
                {
                    "name": self.env._(
                        "%(tax)s (rounding %(amount)s)", tax=self.name, amount=f"{amount:+g}"
                    ),
                    "amount_type": "fixed",
                    "amount": amount,
                    "price_include_override": "tax_excluded",
                    "include_base_amount": False,
                    "is_base_affected": False,
                    "integration_cent_of_id": self.id,
                }
            )
        return existing.sudo(False)
