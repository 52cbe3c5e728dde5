"""What every document that takes part in a business transaction has."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.root import SALE

SERVICE_GROUP = "integration_monitor.group_service"
#: Fields that are read together when one of them is asked for, and not with every document.
PREFETCH = "integration"


class IntegrationDocumentMixin(models.AbstractModel):
    """Banner, status and way to the business transaction, and notes of every change of state.

    A document gains the fields ``integration_*`` and :meth:`action_open_integration_transaction`.
    It names its stored states: ``_integration_computed`` those that a compute method writes,
    ``_integration_written`` those that :meth:`write` gets. What their change means is read from
    the database when the transaction commits, so nothing else is needed from the document.
    """

    _name = "integration.document.mixin"
    _description = "Document of a Business Transaction (mixin)"

    _integration_computed = frozenset()
    _integration_written = frozenset()

    integration_transaction_ids = fields.Many2many(
        "integration.transaction",
        string="Business Transactions",
        compute="_compute_integration_transactions",
    )
    integration_transaction_count = fields.Integer(compute="_compute_integration_transactions")
    integration_banner = fields.Html(
        string="Integration", compute="_compute_integration_transactions", sanitize=False
    )

    @api.model
    def _integration_fields(self):
        """Names of the fields that follow from the transaction."""
        return [
            "integration_transaction_ids",
            "integration_transaction_count",
            "integration_banner",
        ]

    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_integration_transactions(self):
        """Find the transactions of all documents at once; none costs one query."""
        # Whoever reads a document sees how it stands, even when the order is not his to read.
        links = (
            self.env["integration.transaction.document"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self._origin.ids),
                    *self.env["integration.transaction.document"]._of_own(),
                ],
                ["transaction_id", "res_id"],
            )
            if self._origin.ids
            else ()
        )
        by_document = {}
        for link in links:
            by_document.setdefault(link.res_id, []).append(link.transaction_id.id)
        every = {owner_id for ids in by_document.values() for owner_id in ids}
        owners = self.env["integration.transaction"].browse(every)
        readable = set(owners._filtered_access("read").ids) if owners else set()
        for document in self:
            ids = by_document.get(document._origin.id, [])
            owner = owners.browse(ids).sudo().with_prefetch(owners.ids)._most_urgent()
            document.integration_transaction_ids = [i for i in ids if i in readable]
            document.integration_transaction_count = len(document.integration_transaction_ids)
            document.integration_banner = owner._banner(owner.id in readable, len(ids))

    def action_open_integration_transaction(self):
        """Open the business transaction of the document, or the list when there are several."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_transaction_of_document"
        )
        owners = self.integration_transaction_ids
        if len(owners) == 1:
            return {
                **action,
                "res_id": owners.id,
                "view_mode": "form",
                "views": [view for view in action["views"] if view[1] == "form"],
            }
        return {**action, "domain": [("id", "in", owners.ids)]}

    @api.model
    def _integration_kept_fields(self):
        """Names of the stored fields that only the engine and its service accounts write.

        A document that has some calls :meth:`_integration_check_kept` when it is created.
        """
        return frozenset()

    @api.model
    def _integration_check_kept(self, vals_list):
        """Refuse values of kept fields from people; a screen's readonly stops no API call.

        :raises AccessError: with what to do
        """
        kept = self._integration_kept_fields()
        given = {name for vals in vals_list for name in kept.intersection(vals) if vals[name]}
        # Handlers run as service accounts, which nobody can sign in with.
        if not given or self.env.su or self.env.user.has_group(SERVICE_GROUP):
            return
        raise AccessError(
            self.env._(
                "The integration monitor keeps these fields itself, leave them out: %(fields)s.",
                fields=", ".join(sorted(given)),
            )
        )

    def _integration_by_root(self):
        """Return what of the documents may belong to which kind of root; told without a query.

        :return: list of (root model, documents)
        """
        return [(SALE.model, self)]

    def _integration_note(self, names):
        """Remember the first old values of documents that are about to change."""
        for root_model, documents in self._integration_by_root():
            if not documents:
                continue
            notes = self.env["integration.milestone"]._notes()
            seen = notes.of_root(root_model)[self._name]
            for document in documents:
                if isinstance(document.id, int):
                    old = seen.setdefault(document.id, {})
                    for name in names:
                        if name not in old:
                            old[name] = document[name]

    def _integration_note_new(self, old):
        """Note documents that were just created: they were nothing before.

        :param dict old: their values before, by field
        """
        for root_model, documents in self._integration_by_root():
            if documents:
                notes = self.env["integration.milestone"]._notes()
                seen = notes.of_root(root_model)[self._name]
                for document in documents:
                    seen.setdefault(document.id, dict(old))

    def _compute_field_value(self, field):
        if field.name in self._integration_computed and any(self._ids):
            self._origin._integration_note((field.name,))
        return super()._compute_field_value(field)

    def write(self, vals):
        self._integration_check_kept([{name: True for name in vals}])
        names = self._integration_written.intersection(vals)
        if names and self:
            self._integration_note(names)
        return super().write(vals)

    def unlink(self):
        model, ids = self._name, self.ids
        result = super().unlink()
        if ids:
            # The bookkeeping goes with the document, whoever may delete it.
            links = self.env["integration.transaction.document"].sudo()
            owners = self.env["integration.transaction"].sudo()
            domain = [("res_model", "=", model), ("res_id", "in", ids)]
            owners.search(domain).unlink()
            links.search(domain).unlink()
        return result
