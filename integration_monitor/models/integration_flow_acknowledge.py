"""Partners who take a message first and say later what became of it; middleware on the way."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class IntegrationFlow(models.Model):
    _inherit = "integration.flow"

    ack_minutes = fields.Integer(
        string="Acknowledged Within (minutes)",
        help="The partner confirms later, by a message of its own, what it took. After so many "
        "minutes the confirmation is overdue. 0: its answer is the confirmation.",
    )
    middleware_id = fields.Many2one(
        "integration.system",
        string="Via Middleware",
        domain="[('kind', '=', 'middleware')]",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="Carries the messages between Odoo and the system, and may report what failed on the "
        "way. Empty: direct.",
    )

    _ack_minutes_positive = models.Constraint(
        "CHECK(ack_minutes >= 0)", "The minutes until the acknowledgement cannot be negative."
    )

    @api.constrains("middleware_id")
    def _check_middleware(self):
        for flow in self:
            if flow.middleware_id and flow.middleware_id.kind != "middleware":
                raise ValidationError(
                    self.env._(
                        "%(system)s is no middleware. Choose a system of the kind “Middleware”, "
                        "or leave the field empty when flow “%(flow)s” goes directly.",
                        system=flow.middleware_id.name,
                        flow=flow.name,
                    )
                )
