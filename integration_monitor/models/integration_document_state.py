"""How documents stand: what their most urgent transaction says, to show, search and group by."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .integration_transaction import AMOUNT_GROUPS, WAITS_ON_KINDS
from .integration_transaction_status import STATUSES

TRANSACTION = "integration.transaction"
LINK = "integration.transaction.document"
#: Fields of a document, and where their values come from.
STATE_FIELDS = {
    "integration_status": "status",
    "integration_cause": "cause",
    "integration_waits_on_kind": "waits_on_kind",
    "integration_waits_on": "waits_on",
    "integration_waits_on_system_id": "waits_on_system_id",
    "integration_waits_for_step_id": "waits_for_step_id",
}
NEGATIVE = ("not in", "not any", "not ilike", "not like", "not =ilike", "not =like")


def _search(name):
    """Return the search method of a field that follows from the transaction."""

    def search(documents, operator, value):
        return documents._search_integration_state(STATE_FIELDS[name], operator, value)

    return search


class IntegrationDocumentMixin(models.AbstractModel):
    """Columns of lists: one query for a page, and nothing for who does not look at them."""

    _inherit = "integration.document.mixin"

    integration_status = fields.Selection(
        STATUSES,
        string="Progress",
        compute="_compute_integration_state",
        search=_search("integration_status"),
    )
    integration_cause = fields.Selection(
        lambda self: self.env[TRANSACTION]._fields["cause"]._description_selection(self.env),
        string="Cause",
        compute="_compute_integration_state",
        search=_search("integration_cause"),
    )
    integration_waits_on_kind = fields.Selection(
        WAITS_ON_KINDS,
        string="On Whom",
        compute="_compute_integration_state",
        search=_search("integration_waits_on_kind"),
    )
    integration_waits_on = fields.Char(
        string="Waits On",
        compute="_compute_integration_state",
        search=_search("integration_waits_on"),
    )
    integration_waits_on_system_id = fields.Many2one(
        "integration.system",
        string="Waits On System",
        compute="_compute_integration_state",
        search=_search("integration_waits_on_system_id"),
    )
    integration_waits_for_step_id = fields.Many2one(
        "integration.process.step",
        string="Waits For",
        compute="_compute_integration_state",
        search=_search("integration_waits_for_step_id"),
    )
    integration_currency_id = fields.Many2one(
        "res.currency",
        string="Currency of Value at Risk",
        compute="_compute_integration_currency_id",
    )
    integration_value_at_risk = fields.Monetary(
        string="Value at Risk",
        currency_field="integration_currency_id",
        compute="_compute_integration_value_at_risk",
        groups=AMOUNT_GROUPS,
        # A transfer is part of an order and shows all that is at stake: sums would count it twice.
        aggregator=None,
        help="Amount, in the company's currency, of its orders that are late, at risk or need a "
        "person.",
    )

    @api.model
    def _integration_fields(self):
        return [*super()._integration_fields(), *STATE_FIELDS, "integration_value_at_risk"]

    @api.depends_context("uid")
    def _compute_integration_state(self):
        """Read what all documents wait for in one query."""
        found = {}
        if ids := self._origin.ids:
            # Whoever reads a document sees how it stands, even when the order is not his to read.
            owners = self.env[TRANSACTION].sudo()
            values = [owners._field_to_sql("owner", name) for name in STATE_FIELDS.values()]
            rows = self.env.execute_query(
                SQL(
                    """SELECT DISTINCT ON (link.res_id) link.res_id, %s %s AND link.res_id IN %s
                        ORDER BY link.res_id, %s""",
                    SQL(", ").join(values),
                    self._integration_links_sql(),
                    tuple(ids),
                    owners._urgency_sql("owner"),
                )
            )
            found = {res_id: row for res_id, *row in rows}
        nothing = [None] * len(STATE_FIELDS)
        for document in self:
            row = found.get(document._origin.id, nothing)
            for name, value in zip(STATE_FIELDS, row, strict=True):
                document[name] = value

    def _compute_integration_currency_id(self):
        for document in self:
            document.integration_currency_id = document.company_id.currency_id

    @api.depends_context("uid")
    def _compute_integration_value_at_risk(self):
        """Add up what is at risk of the orders that a document belongs to."""
        amounts = {}
        if ids := self._origin.ids:
            amounts = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT link.res_id, sum(%s) %s AND link.res_id IN %s GROUP BY link.res_id",
                        self.env[TRANSACTION].sudo()._field_to_sql("owner", "value_at_risk"),
                        self._integration_links_sql(),
                        tuple(ids),
                    )
                )
            )
        for document in self:
            document.integration_value_at_risk = amounts.get(document._origin.id, 0)

    @api.model
    def _integration_links_sql(self):
        """Return the part of a statement that finds the transactions of documents of this kind."""
        return SQL(
            """FROM integration_transaction_document link
               JOIN integration_transaction owner ON owner.id = link.transaction_id
              WHERE link.res_model = %s""",
            self._name,
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists and charts group by how documents stand, as if it were stored."""
        owners = self.env[TRANSACTION].sudo()  # the same reason as above
        if target := STATE_FIELDS.get(field_expr):
            return SQL(
                "(SELECT %s %s AND link.res_id = %s ORDER BY %s LIMIT 1)",
                owners._field_to_sql("owner", target),
                self._integration_links_sql(),
                SQL.identifier(alias, "id"),
                owners._urgency_sql("owner"),
            )
        if field_expr == "integration_value_at_risk":
            self._check_field_access(self._fields[field_expr], "read")
            return SQL(
                "(SELECT sum(%s) %s AND link.res_id = %s)",
                owners._field_to_sql("owner", "value_at_risk"),
                self._integration_links_sql(),
                SQL.identifier(alias, "id"),
            )
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _search_integration_state(self, name, operator, value):
        """Find documents by a field of their most urgent transaction, as their badge shows it.

        :param str name: field of the transaction
        """
        if operator in NEGATIVE:
            return NotImplemented
        Link = self.env[LINK].sudo()  # filtered by the documents
        links = Domain("res_model", "=", self._name)
        document_id = SQL.identifier(Link._table, "res_id")
        shown = Domain.custom(to_sql=_is_shown)
        found = Link._search(links & Domain(f"transaction_id.{name}", operator, value) & shown)
        result = Domain("id", "in", found.subselect(document_id))
        if operator == "in" and False in value:
            result |= Domain("id", "not in", Link._search(links).subselect(document_id))
        return result


def _is_shown(links, alias, _query):
    """Return the SQL that no other transaction of the link's document is more urgent."""
    owners = links.env[TRANSACTION].sudo()
    return SQL(
        """NOT EXISTS (
               SELECT FROM integration_transaction_document twin
                 JOIN integration_transaction other ON other.id = twin.transaction_id
                 JOIN integration_transaction mine ON mine.id = %(mine)s
                WHERE twin.res_model = %(model)s AND twin.res_id = %(document)s
                  AND twin.transaction_id <> mine.id AND (%(other)s) < (%(urgency)s))""",
        mine=SQL.identifier(alias, "transaction_id"),
        model=SQL.identifier(alias, "res_model"),
        document=SQL.identifier(alias, "res_id"),
        other=owners._urgency_sql("other"),
        urgency=owners._urgency_sql("mine"),
    )
