"""What a document should have led to: a message that must come, and until when."""

from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

#: The events that can be waited for: model, words.
EVENTS = {
    "sale.confirmed": ("sale.order", "An order was confirmed"),
    "picking.out.done": ("stock.picking", "An outgoing transfer was done"),
    "picking.in.done": ("stock.picking", "An incoming transfer was done"),
}


class IntegrationExpectation(models.Model):
    """One expectation of a flow: after an event of a document, a message within minutes.

    The sweep finds documents without their message in one statement for each expectation. Each
    becomes one exception, which closes by itself when the message arrives.
    """

    _name = "integration.expectation"
    _description = "Expected integration message"
    _order = "flow_id, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    flow_id = fields.Many2one("integration.flow", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="flow_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    event_code = fields.Selection(
        [(code, label) for code, (_model, label) in EVENTS.items()], string="After", required=True
    )
    minutes = fields.Integer(
        string="Within (minutes)", required=True, default=15, help="Until it counts as missing."
    )
    match_by = fields.Selection(
        [("document", "About the document"), ("transaction", "About the same order")],
        string="A Message",
        required=True,
        default="document",
        help="About the same order: where the message names another transfer of the chain.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", check_company=True, help="Empty: every warehouse."
    )
    document_domain = fields.Char(
        string="Condition", help="Only documents that match, for example [('origin', '!=', False)]."
    )
    watch_from = fields.Datetime(
        required=True,
        default=fields.Datetime.now,
        help="Older documents are left alone: nobody expected a message of them.",
    )
    exception_count = fields.Integer(string="Missing Now", compute="_compute_exception_count")

    _minutes_range = models.Constraint(
        "CHECK (minutes BETWEEN 1 AND 10080)",
        "Expect a message within one minute to seven days.",
    )
    _flow_uniq = models.UniqueIndex(
        "(flow_id, event_code, COALESCE(warehouse_id, 0), COALESCE(document_domain, ''))"
        " WHERE active",
        "The flow has this expectation already.",
    )

    @api.depends("flow_id", "event_code", "minutes")
    def _compute_name(self):
        """Say it in a sentence."""
        labels = dict(self._fields["event_code"]._description_selection(self.env))
        for expectation in self:
            expectation.name = self.env._(
                "%(event)s: %(flow)s within %(minutes)s min",
                event=labels.get(expectation.event_code, "…"),
                flow=expectation.flow_id.name or "…",
                minutes=expectation.minutes,
            )

    def _compute_exception_count(self):
        """Count what is missing now: one query."""
        # A count is shown to whoever may read the expectation; nothing of an exception is.
        exceptions = self.env["integration.exception"].sudo()
        groups = exceptions._read_group(
            [("is_open", "=", True), ("expectation_id", "in", self.ids)],
            ["expectation_id"],
            ["__count"],
        )
        counts = {expectation.id: count for expectation, count in groups}
        for expectation in self:
            expectation.exception_count = counts.get(expectation.id, 0)

    @api.constrains("document_domain", "event_code")
    def _check_document_domain(self):
        """A condition that fails would blind the sweep: try it."""
        for expectation in self.filtered("document_domain"):
            try:
                # Any document will do, also one that the administrator may not read.
                self.env[expectation._document_model()].sudo().search(
                    expectation._documents_wanted(), limit=1
                )
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of “%(name)s” cannot be used: %(error)s. Write it like "
                        "[('origin', '!=', False)].",
                        name=expectation.name,
                        error=error,
                    )
                ) from error

    def _document_model(self):
        """:return: name of the model whose documents are watched"""
        return EVENTS[self.event_code][0]

    def _documents_wanted(self):
        """:return: the domain of the condition, company and warehouse"""
        self.ensure_one()
        domain = Domain(literal_eval(self.document_domain or "[]"))
        domain &= Domain("company_id", "=", self.company_id.id)
        if self.warehouse_id:
            path = "warehouse_id"
            if self._document_model() == "stock.picking":
                path = "picking_type_id.warehouse_id"
            domain &= Domain(path, "=", self.warehouse_id.id)
        return domain

    def action_open_exceptions(self):
        """Open what is missing."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_exception"
        )
        action["domain"] = [("expectation_id", "=", self.id)]
        action["context"] = {"search_default_open": 1}
        return action


class IntegrationException(models.Model):
    """Knows which expectation was not met."""

    _inherit = "integration.exception"

    expectation_id = fields.Many2one(
        "integration.expectation", readonly=True, index="btree_not_null", ondelete="set null"
    )


class IntegrationFlow(models.Model):
    """Lists what the flow is expected to do."""

    _inherit = "integration.flow"

    expectation_ids = fields.One2many("integration.expectation", "flow_id", string="Expectations")
