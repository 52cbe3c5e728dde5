"""Until when goods must be ready to leave on a weekday."""

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..tools.cut_off import CutOff

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class IntegrationCutOff(models.Model):
    """A time of day on some weekdays, of one warehouse or all; carriers come with deliveries."""

    _name = "integration.cut.off"
    _description = "Carrier cut-off"
    _order = "warehouse_id, hour, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: every warehouse of the company that has no cut-off of its own.",
    )
    monday = fields.Boolean(default=True)
    tuesday = fields.Boolean(default=True)
    wednesday = fields.Boolean(default=True)
    thursday = fields.Boolean(default=True)
    friday = fields.Boolean(default=True)
    saturday = fields.Boolean()
    sunday = fields.Boolean()
    hour = fields.Float(
        string="At",
        default=16.0,
        aggregator=None,
        help="On the clock of the time zone. Goods that get ready at this minute go with the next "
        "one; on holidays of the working hours no carrier comes.",
    )
    tz = fields.Selection(
        lambda self: [(name, name) for name in pytz.common_timezones],
        string="Time Zone",
        compute="_compute_tz",
        store=True,
        readonly=False,
        precompute=True,
        copy=True,
        help="Whose clock the cut-off follows, also when it changes to summer time.",
    )

    @api.depends("warehouse_id", "company_id")
    def _compute_tz(self):
        """Propose the time zone of the warehouse, else of the company."""
        for cut_off in self:
            cut_off.tz = (
                cut_off.warehouse_id.partner_id.tz
                or cut_off.company_id.partner_id.tz
                or self.env.user.tz
                or "UTC"
            )

    @api.depends(*DAYS, "hour", "tz")
    @api.depends_context("lang")
    def _compute_name(self):
        """Describe it in one line."""
        labels = self.fields_get(DAYS, ["string"])
        for cut_off in self:
            minutes = cut_off._minute()
            cut_off.name = self.env._(
                "%(time)s on %(days)s (%(zone)s)",
                days=", ".join(labels[day]["string"] for day in DAYS if cut_off[day]) or "?",
                time=f"{minutes // 60}:{minutes % 60:02d}",
                zone=cut_off.tz or "UTC",
            )

    @api.constrains(*DAYS, "hour", "tz")
    def _check_times(self):
        """Refuse a cut-off that never comes."""
        for cut_off in self:
            if not cut_off._weekdays():
                raise ValidationError(self.env._("Choose at least one day of the week."))
            if not 0 <= cut_off._minute() < 24 * 60:
                raise ValidationError(self.env._("A cut-off is between 0:00 and 23:59."))
            if not cut_off.tz:
                raise ValidationError(
                    self.env._("Choose the time zone whose clock the cut-off follows.")
                )

    def _minute(self):
        """:return: minute of the day"""
        return round(self.hour * 60)

    def _weekdays(self):
        """:return: frozenset of the days, Monday is 0"""
        return frozenset(number for number, day in enumerate(DAYS) if self[day])

    @api.model
    @ormcache("company_id")
    def _cut_offs(self, company_id):
        """Return the cut-offs of a company.

        :rtype: tuple of ``tools.cut_off.CutOff``
        """
        # Whoever moves a document need not read settings.
        found = self.sudo().search([("company_id", "=", company_id)])
        return tuple(cut_off._as_data() for cut_off in found)

    def _as_data(self):
        """:return: ``tools.cut_off.CutOff``; a hook for addons that know carriers"""
        self.ensure_one()
        return CutOff(self._weekdays(), self._minute(), self.tz, self.warehouse_id.id or None)

    @api.model
    def _changed(self):
        """Let orders follow what changed."""
        self.env["integration.process.step"]._deadline_places_changed({"cut_off"})

    @api.model_create_multi
    def create(self, vals_list):
        cut_offs = super().create(vals_list)
        self._changed()
        return cut_offs

    def write(self, vals):
        result = super().write(vals)
        self._changed()
        return result

    def unlink(self):
        result = super().unlink()
        self._changed()
        return result
