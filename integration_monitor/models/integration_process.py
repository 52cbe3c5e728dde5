"""Versioned definitions of business processes."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..tools.milestones import Step


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
        default="order_to_cash",
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
        [("sale.order", "Sales Order")],
        string="Starts With",
        default="sale.order",
        required=True,
        help="The document that owns a transaction of this process.",
    )
    description = fields.Text(translate=True)
    step_ids = fields.One2many("integration.process.step", "process_id", copy=True)
    # The same steps beside the editor, so that both may be changed before they are saved.
    deadline_step_ids = fields.One2many(
        "integration.process.step", "process_id", string="Deadlines"
    )
    transaction_ids = fields.One2many("integration.transaction", "process_id")
    transaction_count = fields.Integer(compute="_compute_transaction_count")
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use the process in every company."
    )
    active = fields.Boolean(default=True)

    _code_version_uniq = models.UniqueIndex(
        "(code, version, COALESCE(company_id, 0))",
        "This version of the process exists already.",
    )

    def _compute_transaction_count(self):
        counts = dict(
            self.env["integration.transaction"]._read_group(
                [("process_id", "in", self.ids)], ["process_id"], ["__count"]
            )
        )
        for process in self:
            process.transaction_count = counts.get(process, 0)

    @api.model
    @ormcache("root_model", "company_id")
    def _for_root(self, root_model, company_id):
        """Return the id of the process that new documents of a model follow, or False.

        A company's own process wins over the one for all companies, the newest version first.
        """
        # Everybody's documents take part, whether or not he may read processes.
        return (
            self.sudo()
            .search(
                [
                    ("root_model", "=", root_model),
                    ("state", "=", "active"),
                    ("company_id", "in", [company_id, False]),
                ],
                order="company_id NULLS LAST, version DESC, id DESC",
                limit=1,
            )
            .id
        )

    @api.model
    @ormcache("process_id")
    def _definition(self, process_id):
        """Return the steps of a process as plain data, in order.

        :rtype: tuple of Step
        """
        steps = (
            self.env["integration.process.step"]
            .sudo()
            .search([("process_id", "=", process_id)], order="sequence, id")
        )
        return tuple(
            Step(
                step.id, step.code, step.event_code or "", step.optional, step.waits_on,
                step.expected_minutes, step.record_kind, step.message_type or "", step.sequence,
            )
            for step in steps
        )  # fmt: skip

    def action_put_in_use(self):
        """Check the process and let new documents follow it; its earlier version is superseded."""
        for process in self:
            process._check_usable()
        self._put_in_use()

    def _put_in_use(self):
        for process in self:
            process._other_versions().filtered(lambda other: other.state == "active").write(
                {"state": "superseded"}
            )
        self.write({"state": "active"})

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

    def _check_usable(self):
        """Raise a message that says what to mend before the process can be used."""
        self.ensure_one()
        steps = self.step_ids
        if not steps:
            raise UserError(self.env._("Add the steps of the process before you use it."))
        silent = steps.filtered(lambda step: not step.event_code)
        if silent:
            raise UserError(
                self.env._(
                    "Nothing would ever reach these steps: %(steps)s. Choose the event of each.",
                    steps=", ".join(silent.mapped("name")),
                )
            )
        if all(step.optional for step in steps):
            raise UserError(
                self.env._(
                    "All steps are optional, so every transaction would be complete at once. "
                    "Make at least one step required."
                )
            )

    def action_new_version(self):
        """Copy the process as a draft of its next version, and open it for editing."""
        self.ensure_one()
        versions = self._other_versions() | self
        draft = versions.filtered(lambda version: version.state == "draft")[:1]
        if not draft:
            draft = self.copy(
                {
                    "name": self.name,
                    "version": max(versions.mapped("version")) + 1,
                    "state": "draft",
                }
            )
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

    @api.model_create_multi
    def create(self, vals_list):
        processes = super().create(vals_list)
        self.env.registry.clear_cache()
        return processes

    def write(self, vals):
        result = super().write(vals)
        if not {"state", "company_id", "active", "root_model", "code"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if self.transaction_ids:
            raise UserError(
                self.env._(
                    "Transactions follow this process, so it must stay. Archive it, or make a new "
                    "version."
                )
            )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
