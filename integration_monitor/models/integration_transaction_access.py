"""Who may read a business transaction: whoever may read one of its documents."""

from odoo import api, fields, models
from odoo.fields import Domain

#: Documents beside the order that lead to its transaction: their forms offer the way.
LINKED = ("stock.picking", "account.move", "account.payment")


class IntegrationTransactionAccess(models.Model):
    _inherit = "integration.transaction"

    user_may_read = fields.Boolean(
        compute="_compute_user_may_read",
        search="_search_user_may_read",
        help="Whether the current user may read one of its documents; used by record rules.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_user_may_read(self):
        # The rules themselves ask for this field: the search below must not ask them again.
        readable = self.sudo().search(Domain("id", "in", self.ids) & self._readable_domain())
        for transaction in self:
            transaction.user_may_read = transaction._origin in readable

    @api.model
    def _search_user_may_read(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._readable_domain()
        return Domain.OR(domain if wanted else ~domain for wanted in value)

    @api.model
    def _readable_domain(self):
        """Return the domain of the transactions whose documents the user may read.

        Sub-queries carry the user's own access rules, so that a search stays one statement.
        """
        reader = self.sudo(False).with_context(active_test=False)
        domain = Domain.FALSE
        for root_model in self._roots():
            if root_model in LINKED:
                continue  # found by its link, below
            domain |= self._readable_root(reader, root_model)
        Link = self.env["integration.transaction.document"].sudo()  # its rule asks this field
        for model in LINKED:
            if reader.env[model].has_access("read"):
                documents = reader.env[model]._search([])
                links = Link._search(
                    Domain("res_model", "=", model) & Domain("res_id", "in", documents)
                )
                domain |= Domain("id", "in", links.subselect("transaction_id"))
        return domain

    @api.model
    def _readable_root(self, reader, root_model):
        """:return: the domain of the transactions of a kind whose root document may be read

        :param reader: transactions in the environment of the user, archived documents included
        """
        if not reader.env[root_model].has_access("read"):
            return Domain.FALSE
        documents = reader.env[root_model]._search([])
        return Domain("res_model", "=", root_model) & Domain("res_id", "in", documents)
