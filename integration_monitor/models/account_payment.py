"""Payments as documents of a business transaction."""

from odoo import models


class AccountPayment(models.Model):
    """A payment belongs to the transactions of the invoices it pays."""

    _name = "account.payment"
    _inherit = ["account.payment", "integration.document.mixin"]

    _integration_computed = frozenset({"state"})
    _integration_written = frozenset({"state"})
