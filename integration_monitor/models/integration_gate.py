"""Gates: which document step waits for which milestone."""

from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..tools.gates import MODELS, Rule

#: Milestones that the kept-back step itself reaches: such a gate would never open.
OWN_EVENTS = {
    "picking_out": ("picking.out.done",),
    "picking": (),
    "invoice": ("invoice.posted", "invoice.paid"),
}


class IntegrationGate(models.Model):
    """A step of documents that is kept back until their transaction has reached a milestone.

    The guards sit in ``stock.picking._action_done`` and ``account.move._post``, which everything
    passes: buttons, wizards, RPC, scheduled actions, handlers. Without a gate they cost no query.
    """

    _name = "integration.gate"
    _description = "Integration gate"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="Empty: documents of every company.",
    )
    document_step = fields.Selection(
        [
            ("picking_out", "Validation of outgoing transfers"),
            ("picking", "Validation of transfers of certain types"),
            ("invoice", "Posting of customer invoices"),
        ],
        string="Keep Back",
        required=True,
        default="picking_out",
        tracking=True,
    )
    picking_type_ids = fields.Many2many(
        "stock.picking.type", string="Operation Types", check_company=True
    )
    step_id = fields.Many2one(
        "integration.process.step",
        string="Until This Is Reached",
        required=True,
        ondelete="restrict",
        tracking=True,
        domain="[('process_id.state', '=', 'active')]",
        help="The milestone of the order that must be reached, or not needed, first. Later "
        "versions of the process are meant as well: the code of the step counts.",
    )
    step_code = fields.Char(related="step_id.code", store=True)
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Warehouses",
        check_company=True,
        help="Only documents of these warehouses. Empty: every warehouse.",
    )
    document_domain = fields.Char(
        string="Condition",
        help="Only documents that match, for example [('origin', '!=', False)].",
    )
    unlinked = fields.Selection(
        [("pass", "Pass"), ("hold", "Are kept back, too")],
        string="Documents without an Order",
        default="pass",
        required=True,
        help="Documents that belong to no transaction have no milestones.",
    )
    message = fields.Text(
        string="What to Do",
        translate=True,
        help="Is added to the message that tells why the document is kept back.",
    )
    override_ids = fields.One2many("integration.gate.override", "gate_id", readonly=True)
    override_count = fields.Integer(string="Overrides", compute="_compute_override_count")

    def _compute_override_count(self):
        """Count how often somebody passed: one query."""
        groups = self.env["integration.gate.override"]._read_group(
            [("gate_id", "in", self.ids)], ["gate_id"], ["__count"]
        )
        counts = {gate.id: count for gate, count in groups}
        for gate in self:
            gate.override_count = counts.get(gate.id, 0)

    @api.constrains("document_step", "step_id")
    def _check_step(self):
        """A gate that waits for what it keeps back never opens."""
        for gate in self:
            if gate.step_id.event_code in OWN_EVENTS[gate.document_step]:
                raise ValidationError(
                    self.env._(
                        "“%(step)s” is reached by the very step that “%(gate)s” keeps back, so it "
                        "would never open: choose an earlier milestone.",
                        step=gate.step_id.name,
                        gate=gate.name,
                    )
                )

    @api.constrains("document_step", "picking_type_ids")
    def _check_picking_types(self):
        """A gate for certain types must name them."""
        for gate in self:
            if gate.document_step == "picking" and not gate.picking_type_ids:
                raise ValidationError(
                    self.env._(
                        "Choose the operation types whose transfers “%(gate)s” keeps back.",
                        gate=gate.name,
                    )
                )

    @api.constrains("document_domain", "document_step")
    def _check_document_domain(self):
        """A condition that fails would stop every document: try it."""
        for gate in self.filtered("document_domain"):
            try:
                domain = Domain(literal_eval(gate.document_domain))
                # Any document will do, also one that the administrator may not read.
                documents = self.env[MODELS[gate.document_step]].sudo()
                documents.search(domain, limit=1).filtered_domain(domain)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of “%(gate)s” cannot be used: %(error)s. Write it like "
                        "[('origin', '!=', False)].",
                        gate=gate.name,
                        error=error,
                    )
                ) from error

    @api.model
    @ormcache("model")
    def _rules(self, model):
        """Return the active gates for documents of a model; kept in the registry's cache.

        :rtype: tuple of ``tools.gates.Rule``
        """
        # Whoever moves a document need not read gates.
        gates = self.sudo().search([])
        return tuple(
            Rule(
                gate.id,
                gate.name,
                gate.document_step,
                gate.step_code,
                gate.company_id.id or None,
                frozenset(gate.warehouse_ids.ids),
                frozenset(gate.picking_type_ids.ids),
                gate.document_domain or "",
                gate.unlinked == "hold",
                gate.step_id.process_id.root_model,
            )
            for gate in gates
            if MODELS[gate.document_step] == model
        )

    @api.model
    def _in_use(self):
        """:return: whether there is any gate; from the cache"""
        return any(self._rules(model) for model in set(MODELS.values()))

    @api.model_create_multi
    def create(self, vals_list):
        """Let the guards know, and the transactions that are held now."""
        gates = super().create(vals_list)
        gates._changed()
        return gates

    def write(self, vals):
        """As :meth:`create`."""
        result = super().write(vals)
        self._changed()
        return result

    def unlink(self):
        """As :meth:`create`."""
        result = super().unlink()
        self._changed()
        return result

    def _changed(self):
        """Forget what was cached; let messages and blame follow."""
        self.env.registry.clear_cache()
        self.env["integration.message"].sudo()._release_gated()  # the engine's
        self.env["integration.transaction"].sudo()._refresh_gated_later()

    def action_open_overrides(self):
        """Open who passed this gate, and why."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_gate_override"
        )
        action["domain"] = [("gate_id", "=", self.id)]
        return action
