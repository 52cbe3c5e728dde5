"""The milestones that a business process defines."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ..tools.milestone_reports import Source
from ..tools.milestones import Step
from ..tools.process_code import CODE_PATTERN, code_of

#: What may change in a process that is in use: words, times and pictures, not its shape.
FREE_FIELDS = frozenset(
    {"name", "waiting_name", "icon", "expected_minutes", "waits_on", "deadline_source",
     "deadline_offset", "warning_minutes"}
)  # fmt: skip


class IntegrationProcessStep(models.Model):
    """One milestone definition of a process: what reaches it, and on whom it waits."""

    _name = "integration.process.step"
    _description = "Process Step"
    _order = "process_id, sequence, id"
    _rec_name = "name"

    process_id = fields.Many2one(
        "integration.process", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(
        required=True,
        compute="_compute_code",
        store=True,
        readonly=False,
        precompute=True,
        help="Lower-case letters, digits and _; used by flows, and the same in all versions.",
    )
    name = fields.Char(required=True, translate=True)
    branch = fields.Selection(
        [
            ("goods", "Goods"),
            ("money", "Money"),
            ("information", "Information"),
            ("other", "Other"),
        ],
        help="Steps of different branches that stand together do not wait for one another. The "
        "next step without a branch waits for all of them.",
    )
    waiting_name = fields.Char(
        string="While Waiting",
        translate=True,
        help="What people read while this step is awaited: 'Waiting for …'.",
    )
    optional = fields.Boolean(
        help="Nobody waits for an optional step unless something of it was started."
    )
    record_kind = fields.Selection(
        [
            ("document", "A document changes"),
            ("message", "A message is sent and done"),
            ("received", "A message has come in and is done"),
            ("external", "Another system reports it"),
        ],
        string="Reached When",
        default="document",
        required=True,
    )
    event_code = fields.Char(
        string="Event",
        help="The event that reaches this step, for instance picking.out.done.",
    )
    message_type = fields.Char(
        help="For steps reached by messages: the step is expected while an active flow of this "
        "message type covers the order's company and warehouse.",
    )
    waits_on = fields.Selection(
        [
            ("system", "A system"),
            ("team", "Our team"),
            ("partner", "A partner"),
            ("customer", "The customer"),
        ],
        default="team",
        required=True,
    )
    expected_minutes = fields.Integer(
        string="Expected Within (minutes)",
        help="Minutes after the step before, unless its deadline is a date. 0: nobody measures it.",
    )
    icon = fields.Char(default="fa-circle-o", help="Font Awesome class, such as fa-truck.")
    process_state = fields.Selection(related="process_id.state")

    _code_uniq = models.Constraint(
        "UNIQUE(process_id, code)", "Each step of a process needs its own code."
    )
    _expected_minutes_positive = models.Constraint(
        "CHECK(expected_minutes >= 0)", "The expected minutes cannot be negative."
    )

    @api.depends("name")
    def _compute_code(self):
        for step in self:
            taken = (step.process_id.step_ids - step).mapped("code")
            step.code = step.code or code_of(step.name, taken)

    def _plain(self):
        """Return the step as the recorder needs it.

        :rtype: Step
        """
        self.ensure_one()
        return Step(
            self.id, self.code, self.event_code or "", self.optional, self.waits_on,
            self.expected_minutes, self.record_kind, self.message_type or "", self.sequence,
            self.branch or "",
        )  # fmt: skip

    @api.model
    @ormcache("event_code")
    def _codes_by_event(self, event_code):
        """Return the codes of the steps, of processes in use, that an event reaches.

        :rtype: tuple of str
        """
        # Which steps exist is no secret; a service account need not read processes.
        steps = self.sudo().search(
            [("event_code", "=", event_code), ("process_id.state", "!=", "draft")]
        )
        return tuple(sorted(set(steps.mapped("code"))))

    @api.model
    @ormcache("step_id", "self.env.lang")
    def _name_of(self, step_id):
        """:return: the name of a step in the language of the environment; from the cache"""
        # What a step is called is no secret, as above.
        return self.sudo().browse(step_id).name

    @api.model
    @ormcache("company_id")
    def _sources(self, company_id):
        """Return the active flows of a company that bring reports, by message type.

        Kept in the cache of the registry, which flows and systems clear when they change.
        :rtype: dict of tuple of Source
        """
        flows = (
            self.env["integration.flow"]
            .sudo()  # whoever moves a document need not read flows
            .search([("company_id", "=", company_id), ("message_type", "!=", False)])
        )
        result = {}
        telling = flows.filtered(lambda flow: flow.direction == "outbound" and flow.trigger_event)
        for flow in flows:
            source = Source(
                flow.system_id.name,
                flow.system_id.id,
                frozenset(flow.warehouse_ids.ids),
                tells=flow in telling,
                partner_id=flow.system_id.partner_id.commercial_partner_id.id or None,
                # A carrier knows parcels that were booked with him, whoever did that.
                told=flow.system_id.kind == "carrier"
                or any(
                    other.system_id == flow.system_id and other.trigger_event.startswith("picking.")
                    for other in telling - flow
                ),
                inbound=flow.direction == "inbound",
            )
            result.setdefault(flow.message_type, []).append(source)
        return {message_type: tuple(sources) for message_type, sources in result.items()}

    def _timeline_entry(self):
        """Return a step that nobody asks for so far, as ``milestone._timeline_entry`` does."""
        self.ensure_one()
        return {
            "id": f"step-{self.id}",
            "code": self.code,
            "name": self.name,
            "icon": self.icon or "fa-circle-o",
            "state": "skipped",
            "label": self.env._("If needed"),
            "awaited": False,
            "beside": False,
            "late": False,
            "planned": "",
            "reached": "",
            "count": "",
            "idle": True,
            "undone": 0,
        }

    @api.constrains("code")
    def _check_code(self):
        for step in self:
            if not CODE_PATTERN.fullmatch(step.code):
                raise ValidationError(
                    self.env._(
                        "'%(code)s' cannot be the code of a step. Start with a letter and use only "
                        "small letters, digits and the underscore, for example carrier_booked.",
                        code=step.code,
                    )
                )

    def _check_draft(self):
        """Refuse to change the shape of a process that documents follow already."""
        if not self.pool.ready:
            return  # an installation brings a process with its steps, ready for use
        if self.process_id.filtered(lambda process: process.state != "draft"):
            raise UserError(
                self.env._(
                    "Transactions are measured by this process, so its steps are fixed. Use 'New "
                    "Version', change the steps there and put that version in use."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps._check_draft()
        self.env.registry.clear_cache()
        return steps

    def write(self, vals):
        if not FREE_FIELDS.issuperset(vals):
            self._check_draft()
        result = super().write(vals)
        if "process_id" in vals:
            self._check_draft()  # nor may a step of a draft move into one that is in use
        self.env.registry.clear_cache()
        return result

    def _update_field_translations(self, *args, **kwargs):
        """Forget cached names: translations are written past :meth:`write`."""
        result = super()._update_field_translations(*args, **kwargs)
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_in_use(self):
        self._check_draft()

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
