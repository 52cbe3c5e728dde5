"""Where the deadlines of steps come from."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..tools.deadlines import LONGEST, Place, Rule
from ..tools.stock_root import STOCK

#: Dates, which the offset moves.
DATES = ("promise", "transfer", "cut_off", "invoice_due")
DEADLINE_FIELDS = frozenset(
    {"deadline_source", "expected_minutes", "deadline_offset", "warning_minutes"}
)
#: Sources that working hours and holidays matter to: all but the clock.
BY_HOURS = frozenset({"working", *DATES})


class IntegrationProcessStepDeadline(models.Model):
    """A deadline of each step: a date of a document, working hours, or hours by the clock."""

    _inherit = "integration.process.step"

    deadline_source = fields.Selection(
        [
            ("clock", "A duration by the clock"),
            ("working", "A duration in working hours"),
            ("promise", "The promised delivery date"),
            ("transfer", "The transfer's scheduled date"),
            ("cut_off", "The carrier's next cut-off"),
            ("invoice_due", "The invoice's due date"),
        ],
        string="Deadline",
        compute="_compute_deadline_source",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        copy=True,
        help="Working hours are those of the warehouse, else of the company, without holidays. "
        "Where the date is missing, the minutes count in working hours for what our team has to "
        "do, else by the clock; by the clock, too, where nobody entered working hours.",
    )
    deadline_offset = fields.Integer(
        string="Minutes after the Date",
        help="So many minutes after the date; below zero: before it. Durations are not moved.",
    )
    warning_minutes = fields.Integer(
        string="Warn Before (minutes)",
        help="So long before its deadline a step is at risk. 0: when four fifths of the time are "
        "over.",
    )
    deadline_text = fields.Char(string="In Words", compute="_compute_deadline_text")

    @api.depends("event_code")
    def _compute_deadline_source(self):
        """Propose what is measured by most: transfers and payments have dates of their own."""
        for step in self:
            event = step.event_code or ""
            if event.startswith("picking."):
                step.deadline_source = "transfer"
            elif event == "invoice.paid":
                step.deadline_source = "invoice_due"
            else:
                step.deadline_source = "clock"

    @api.depends(*DEADLINE_FIELDS, "waits_on")
    @api.depends_context("lang")
    def _compute_deadline_text(self):
        """Say until when the step should be reached, in one line."""
        labels = dict(self._fields["deadline_source"]._description_selection(self.env))
        for step in self:
            within = self._minutes_text(step.expected_minutes)
            if step.deadline_source == "working" and step.expected_minutes:
                text = self.env._("%(duration)s of working hours", duration=within)
            elif step.deadline_source in DATES:
                text = labels[step.deadline_source]
                if step.process_id.root_model == STOCK.model:
                    text = self.env._("The minutes that the flow tolerates")
                if step.deadline_offset:
                    sign = "+" if step.deadline_offset > 0 else "−"
                    text = f"{text} {sign} {self._minutes_text(abs(step.deadline_offset))}"
                if step.expected_minutes and step.waits_on == "team":
                    text = self.env._(
                        "%(date)s, else within %(duration)s of working hours",
                        date=text,
                        duration=within,
                    )
                elif step.expected_minutes:
                    text = self.env._(
                        "%(date)s, else within %(duration)s", date=text, duration=within
                    )
            elif step.expected_minutes:
                text = self.env._("Within %(duration)s", duration=within)
            else:
                text = self.env._("Nobody measures it")
            step.deadline_text = text

    @api.model
    def _minutes_text(self, minutes):
        """Minutes as people say them: '45 min', '24 h', '3 days'."""
        if minutes % 1440 == 0 and minutes > 1440:
            return self.env._("%s days", minutes // 1440)
        if minutes % 60 == 0 and minutes:
            return self.env._("%s h", minutes // 60)
        return self.env._("%s min", minutes)

    @api.constrains(*DEADLINE_FIELDS)
    def _check_deadline(self):
        """Refuse times that no calendar reaches."""
        for step in self:
            times = (step.expected_minutes, abs(step.deadline_offset), step.warning_minutes)
            if max(times) > LONGEST or step.warning_minutes < 0:
                raise ValidationError(
                    self.env._(
                        "The times of the step '%(step)s' cannot be used: enter minutes, a year "
                        "(%(limit)s) at most, and a warning of 0 or more.",
                        step=step.name,
                        limit=LONGEST,
                    )
                )
            if step.deadline_source == "working" and not step.expected_minutes:
                raise ValidationError(
                    self.env._(
                        "Enter within how many working minutes the step '%(step)s' is expected.",
                        step=step.name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if not (DEADLINE_FIELDS | {"waits_on"}).isdisjoint(vals) and self.process_id.filtered(
            lambda process: process.state != "draft"
        ):
            self.env["integration.transaction"]._replan_later()
        return result

    @api.model
    @ormcache("process_id")
    def _deadline_rules(self, process_id):
        """Return the rules of a process's steps; steps clear the cache when they change.

        :rtype: dict of step id to ``tools.deadlines.Rule``
        """
        # Whoever moves a document need not read processes.
        steps = self.sudo().search([("process_id", "=", process_id)])
        return {
            step.id: Rule(
                step.deadline_source,
                min(step.expected_minutes, LONGEST),
                step.deadline_offset,
                step.warning_minutes,
            )
            for step in steps
        }

    @api.model
    @ormcache()
    def _deadline_sources(self):
        """Return which sources the steps of processes in use have, as a frozenset."""
        # What levels are measured by changes with no order and no transfer.
        steps = self.sudo().search(  # see _deadline_rules
            [("process_id.state", "!=", "draft"), ("process_id.root_model", "!=", STOCK.model)]
        )
        return frozenset(steps.mapped("deadline_source"))

    @api.model
    @ormcache("company_id", "warehouse_id")
    def _deadline_place(self, company_id, warehouse_id):
        """Return clock, working hours and cut-offs of a warehouse, as ``tools.deadlines.Place``.

        Cleared by whatever it is made of: companies, warehouses, calendars, holidays, cut-offs.
        """
        # For documents of everybody, whether or not he may read companies and calendars.
        company = self.env["res.company"].sudo().browse(company_id)
        warehouse = self.env["stock.warehouse"].sudo().browse(warehouse_id)
        calendars = warehouse.integration_calendar_id, company.resource_calendar_id
        calendar = next((calendar for calendar in calendars if calendar.active), None)
        return Place(
            company.partner_id.tz or "UTC",
            calendar._integration_working_calendar(calendar.id, company_id) if calendar else None,
            self.env["integration.cut.off"]._cut_offs(company_id),
            warehouse_id or None,
        )

    @api.model
    def _deadline_places_changed(self, sources):
        """Forget what was known of places, and let a job plan anew what follows from it.

        Nothing while no process in use has such a deadline: to use one clears the cache, too.

        :param sources: which deadlines the change concerns
        """
        if not self._deadline_sources().isdisjoint(sources):
            self.env.registry.clear_cache()
            self.env["integration.transaction"]._replan_later()
