"""The milestones that a business process defines."""

from odoo import fields, models


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
    code = fields.Char(required=True, help="Lower-case letters, digits and _; used by flows.")
    name = fields.Char(required=True, translate=True)
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
            ("message", "A message is done"),
            ("external", "A partner reports it"),
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
        help="Minutes after the step before. 0: nobody measures it.",
    )
    icon = fields.Char(default="fa-circle-o", help="Font Awesome class, such as fa-truck.")
    process_state = fields.Selection(related="process_id.state")

    _code_uniq = models.Constraint(
        "UNIQUE(process_id, code)", "Each step of a process needs its own code."
    )
    _expected_minutes_positive = models.Constraint(
        "CHECK(expected_minutes >= 0)", "The expected minutes cannot be negative."
    )
