"""Versioned definitions of business processes."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..tools.branches import Steps
from ..tools.process_code import code_of


class IntegrationProcess(models.Model):
    """One version of a business process: the milestones its transactions go through.

    A process that transactions use is frozen in its steps; it is superseded by a new version,
    so that what an old transaction was measured by stays readable.
    """

    _name = "integration.process"
    _description = "Business Process"
    _order = "name, version desc, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        compute="_compute_code",
        store=True,
        readonly=False,
        precompute=True,
        help="Shared by all versions of the process.",
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("active", "In use"), ("superseded", "Superseded")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    root_model = fields.Selection(
        [
            ("sale.order", "Sales Order"),
            ("stock.picking", "Customer Return"),
            ("integration.message", "Stock Level for a Channel"),
        ],
        string="Starts With",
        default="sale.order",
        required=True,
        help="The document that owns a transaction of this process.",
    )
    root_kind = fields.Selection(
        [],
        string="Which of Them",
        help="The kind of documents that follow this process in place of the one for all. A "
        "document keeps the process that it began with.",
    )
    description = fields.Text(translate=True)
    step_ids = fields.One2many("integration.process.step", "process_id", copy=True)
    # The same steps beside the editor, so that both may be changed before they are saved.
    deadline_step_ids = fields.One2many(
        "integration.process.step", "process_id", string="Deadlines"
    )
    transaction_ids = fields.One2many("integration.transaction", "process_id")
    transaction_count = fields.Integer(compute="_compute_transaction_counts")
    running_count = fields.Integer(
        string="Under Way",
        compute="_compute_transaction_counts",
        help="Transactions that are not over; they keep this version to their end.",
    )
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use the process in every company."
    )
    active = fields.Boolean(default=True)

    _code_version_uniq = models.UniqueIndex(
        "(code, version, COALESCE(company_id, 0))",
        "This version of the process exists already.",
    )

    @api.depends("name")
    def _compute_code(self):
        for process in self:
            process.code = process.code or code_of(process.name)

    def _compute_transaction_counts(self):
        for field, domain in (
            ("transaction_count", []),
            ("running_count", [("state", "=", "in_progress")]),
        ):
            counts = dict(
                self.env["integration.transaction"]._read_group(
                    [("process_id", "in", self.ids), *domain], ["process_id"], ["__count"]
                )
            )
            for process in self:
                process[field] = counts.get(process, 0)

    @api.model
    @ormcache("root_model", "company_id", "kind")
    def _for_root(self, root_model, company_id, kind=False):
        """Return the id of the process that new documents of a model follow, or False.

        The process of their kind wins over the one for all kinds, then a company's own over the one
        for all companies, then the newest version.

        :param kind: of the document, see ``root_kind``; one that no process is for is none
        """
        # Everybody's documents take part, whether or not he may read processes.
        return (
            self.sudo()
            .search(
                [
                    ("root_model", "=", root_model),
                    ("state", "=", "active"),
                    ("company_id", "in", [company_id, False]),
                    ("root_kind", "in", [kind, False]),
                ],
                order="root_kind NULLS LAST, company_id NULLS LAST, version DESC, id DESC",
                limit=1,
            )
            .id
        )

    @api.model
    @ormcache("process_id")
    def _definition(self, process_id):
        """Return the steps of a process as plain data, in order.

        :rtype: Steps of Step
        """
        steps = (
            self.env["integration.process.step"]
            .sudo()
            .search([("process_id", "=", process_id)], order="sequence, id")
        )
        return Steps(step._plain() for step in steps)

    def action_put_in_use(self):
        """Check the process and let new documents follow it, in place of the one before."""
        for process in self:
            process._check_usable()
        self._put_in_use()

    def _put_in_use(self):
        for process in self:
            process._other_followed()._switch("superseded")
            process._switch("active")

    def action_take_out_of_use(self):
        """Let new documents of a company follow the process of all companies again."""
        for process in self:
            if not process._replaced_by():
                raise UserError(
                    self.env._(
                        "New documents would follow nothing without “%(process)s”. Put another "
                        "version in use, which takes its place.",
                        process=process.name,
                    )
                )
        self._switch("superseded")

    def _switch(self, state):
        """Change the state, which nobody writes by hand: past ``write``, which refuses it."""
        models.Model.write(self, {"state": state})
        self.env.registry.clear_cache()

    def _other_followed(self):
        """Return the processes that new documents of the same kind and company follow now."""
        self.ensure_one()
        return self.search(
            [
                ("root_model", "=", self.root_model),
                ("root_kind", "=", self.root_kind),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
                ("id", "!=", self.id),
            ]
        )

    def _replaced_by(self):
        """Return the processes that documents follow once this one is out of use."""
        if not self.root_kind:
            return self.company_id and self._of_all_companies()
        return self._of_all_companies(kind=False)

    def _of_all_companies(self, kind=None):
        """Return the process that companies without one of their own follow.

        :param kind: of the documents, by default those of this process
        """
        return self.search(
            [
                ("root_model", "=", self.root_model),
                ("root_kind", "=", self.root_kind if kind is None else kind),
                ("company_id", "=", False),
                ("state", "=", "active"),
            ]
        )

    def _other_versions(self):
        """Return the versions of this process beside it, archived ones too."""
        self.ensure_one()
        return self.with_context(active_test=False).search(
            [
                ("code", "=", self.code),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
            ]
        )

    def action_new_version(self):
        """Copy the process as a draft of its next version, and open it for editing."""
        self.ensure_one()
        versions = self._other_versions() | self
        draft = versions.filtered(lambda version: version.state == "draft" and version.active)[:1]
        if not draft:
            draft = self.copy({"name": self.name, "active": True})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "views": [[False, "form"]],
        }

    def action_open_transactions(self):
        """Show the transactions that follow this version."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_transaction"
        )
        return {**action, "domain": [("process_id", "=", self.id)], "context": {}}

    def action_open_running(self):
        """Show the transactions that follow this version and are not over."""
        action = self.action_open_transactions()
        return {**action, "domain": [*action["domain"], ("state", "=", "in_progress")]}
