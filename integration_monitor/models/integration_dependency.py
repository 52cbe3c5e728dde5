"""What needs what: which system cannot work while another one is down."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .integration_loose_reference_mixin import LooseMany2one


class IntegrationDependency(models.Model):
    """One system, or one of its endpoints, needs another; declared by people or learnt from traces.

    An archived dependency was refused by a person: it is not learnt again.
    """

    _name = "integration.dependency"
    _description = "Integration dependency"
    _inherit = ["integration.loose.reference.mixin"]
    _order = "system_id, depends_on_system_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True, help="Archive what was learnt and is wrong.")
    system_id = fields.Many2one(
        "integration.system",
        required=True,
        index=True,
        ondelete="cascade",
        help="The system that cannot work without the other.",
    )
    endpoint_id = fields.Many2one(
        "integration.endpoint",
        string="Only Its Endpoint",
        ondelete="cascade",
        check_company=True,
        domain="[('system_id', '=', system_id)]",
        help="Empty: the whole system.",
    )
    depends_on_system_id = fields.Many2one(
        "integration.system",
        string="Needs",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    depends_on_endpoint_id = fields.Many2one(
        "integration.endpoint",
        string="Of It Only the Endpoint",
        ondelete="cascade",
        check_company=True,
        domain="[('system_id', '=', depends_on_system_id)]",
        help="Empty: any of its endpoints.",
    )
    flow_id = LooseMany2one(
        "integration.flow", string="Seen In", readonly=True, help="The flow whose traces show it."
    )
    kind = fields.Selection(
        [("declared", "Declared"), ("learnt", "Learnt")],
        required=True,
        default="declared",
        readonly=True,
        help="Learnt: messages of the one led to calls to the other.",
    )
    evidence_count = fields.Integer(
        string="Times Seen", readonly=True, copy=False, help="Traces that go through both."
    )
    last_seen = fields.Datetime(readonly=True, copy=False)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    note = fields.Char()

    _pair_uniq = models.UniqueIndex(
        "(system_id, COALESCE(endpoint_id, 0), depends_on_system_id,"
        " COALESCE(depends_on_endpoint_id, 0))",
        "This dependency exists already; it may be archived.",
    )

    @api.depends("system_id", "depends_on_system_id")
    def _compute_display_name(self):
        """Say who needs whom."""
        for dependency in self:
            dependency.display_name = self.env._(
                "%(system)s needs %(other)s",
                system=dependency.system_id.name or "",
                other=dependency.depends_on_system_id.name or "",
            )

    @api.constrains("system_id", "endpoint_id", "depends_on_system_id", "depends_on_endpoint_id")
    def _check_ends(self):
        """Refuse what would tell nothing."""
        for dependency in self:
            if dependency.system_id == dependency.depends_on_system_id:
                raise ValidationError(
                    self.env._(
                        "“%(system)s” cannot need itself: choose the other system that it cannot "
                        "work without.",
                        system=dependency.system_id.name,
                    )
                )
            for endpoint, system in (
                (dependency.endpoint_id, dependency.system_id),
                (dependency.depends_on_endpoint_id, dependency.depends_on_system_id),
            ):
                if endpoint and endpoint.system_id != system:
                    raise ValidationError(
                        self.env._(
                            "The endpoint “%(endpoint)s” does not belong to “%(system)s”: choose "
                            "one of its own, or leave it empty.",
                            endpoint=endpoint.name,
                            system=system.name,
                        )
                    )
