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


class _Shown:
    """Of a field: what a document shows of its transaction is computed, but SQL has it too.

    Lists and charts group and sort by it as if it were stored. A model's ``_field_to_sql`` could
    do the same, but is called for each column that anybody reads of a document.
    """

    def to_sql(self, model, alias):
        return model._integration_shown_sql(self.name, alias)


class _ShownSelection(_Shown, fields.Selection):
    pass


class _ShownChar(_Shown, fields.Char):
    pass


class _ShownMany2one(_Shown, fields.Many2one):
    pass


class ShownMonetary(_Shown, fields.Monetary):
    """See ``_Shown``; whoever overrides a field of the mixin names its class again."""


class IntegrationDocumentMixin(models.AbstractModel):
    """Columns of lists: one query for a page, and nothing for who does not look at them."""

    _inherit = "integration.document.mixin"

    #: Each document of this kind owns a transaction, and belongs to no other.
    _integration_is_root = False

    integration_status = _ShownSelection(
        STATUSES,
        string="Progress",
        compute="_compute_integration_state",
        search=_search("integration_status"),
    )
    integration_cause = _ShownSelection(
        lambda self: self.env[TRANSACTION]._fields["cause"]._description_selection(self.env),
        string="Cause",
        compute="_compute_integration_state",
        search=_search("integration_cause"),
    )
    integration_waits_on_kind = _ShownSelection(
        WAITS_ON_KINDS,
        string="On Whom",
        compute="_compute_integration_state",
        search=_search("integration_waits_on_kind"),
    )
    integration_waits_on = _ShownChar(
        string="Waits On",
        compute="_compute_integration_state",
        search=_search("integration_waits_on"),
    )
    integration_waits_on_system_id = _ShownMany2one(
        "integration.system",
        string="Waits On System",
        compute="_compute_integration_state",
        search=_search("integration_waits_on_system_id"),
    )
    integration_waits_for_step_id = _ShownMany2one(
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
    integration_value_at_risk = ShownMonetary(
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
            owners = self.env[TRANSACTION].sudo()  # see _integration_shown_sql
            values = [owners._field_to_sql("owner", name) for name in STATE_FIELDS.values()]
            source, document_id = self._integration_owners_sql()
            rows = self.env.execute_query(
                SQL(
                    """SELECT DISTINCT ON (%(id)s) %(id)s, %(values)s
                        %(source)s AND %(id)s IN %(ids)s
                        ORDER BY %(id)s, %(urgency)s""",
                    id=document_id,
                    values=SQL(", ").join(values),
                    source=source,
                    ids=tuple(ids),
                    urgency=owners._urgency_sql("owner"),
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
            source, document_id = self._integration_owners_sql()
            amounts = dict(
                self.env.execute_query(
                    SQL(
                        """SELECT %(id)s, sum(%(amount)s)
                            %(source)s AND %(id)s IN %(ids)s GROUP BY 1""",
                        id=document_id,
                        amount=self.env[TRANSACTION].sudo()._field_to_sql("owner", "value_at_risk"),
                        source=source,
                        ids=tuple(ids),
                    )
                )
            )
        for document in self:
            document.integration_value_at_risk = amounts.get(document._origin.id, 0)

    @api.model
    def _integration_owners_sql(self):
        """Return how transactions of documents of this kind are read, named ``owner``.

        :return: FROM and WHERE, and the id of the document
        """
        if self._integration_is_root:
            source = SQL(
                "FROM integration_transaction owner WHERE owner.res_model = %s", self._name
            )
            return source, SQL("owner.res_id")
        source = SQL(
            """FROM integration_transaction_document link
               JOIN integration_transaction owner ON owner.id = link.transaction_id
              WHERE link.res_model = %s""",
            self._name,
        )
        return source, SQL("link.res_id")

    @api.model
    def _integration_shown_sql(self, name, alias):
        """Return the SQL of what the documents of a table show of their transactions.

        :param str name: one of ``STATE_FIELDS``, or integration_value_at_risk
        """
        # Whoever reads a document sees how it stands, even when the order is not his to read.
        owners = self.env[TRANSACTION].sudo()
        source, document_id = self._integration_owners_sql()
        target = STATE_FIELDS.get(name)
        value = owners._field_to_sql("owner", target or "value_at_risk")
        ending = SQL()
        if not target:
            value = SQL("sum(%s)", value)
        elif not self._integration_is_root:
            ending = SQL("ORDER BY %s LIMIT 1", owners._urgency_sql("owner"))
        return SQL(
            "(SELECT %s %s AND %s = %s %s)",
            value,
            source,
            document_id,
            SQL.identifier(alias, "id"),
            ending,
        )

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group documents that own a transaction by a join: one by one takes thrice as long."""
        target = STATE_FIELDS.get(groupby_spec)
        if not target or not self._integration_is_root:
            return super()._read_group_groupby(alias, groupby_spec, query)
        owner = query.make_alias(alias, "integration_owner")
        query.add_join(
            "LEFT JOIN",
            owner,
            "integration_transaction",
            SQL(
                "%s = %s AND %s = %s",
                SQL.identifier(owner, "res_model"),
                self._name,
                SQL.identifier(owner, "res_id"),
                SQL.identifier(alias, "id"),
            ),
        )
        # sudo: see _integration_shown_sql
        return self.env[TRANSACTION].sudo()._field_to_sql(owner, target)

    @api.model
    def _search_integration_state(self, name, operator, value):
        """Find documents by a field of their most urgent transaction, as their badge shows it.

        :param str name: field of the transaction
        """
        if operator in NEGATIVE:
            return NotImplemented
        root = self._integration_is_root
        Source = self.env[TRANSACTION if root else LINK].sudo()  # filtered by the documents
        mine = Domain("res_model", "=", self._name)
        if root:
            wanted = mine & Domain(name, operator, value)
        else:
            shown = Domain.custom(to_sql=_is_shown)
            wanted = mine & Domain(f"transaction_id.{name}", operator, value) & shown
        document_id = SQL.identifier(Source._table, "res_id")
        result = Domain("id", "in", Source._search(wanted).subselect(document_id))
        if operator == "in" and False in value:
            result |= Domain("id", "not in", Source._search(mine).subselect(document_id))
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
