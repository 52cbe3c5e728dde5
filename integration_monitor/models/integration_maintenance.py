"""A time in which a partner works on his system, and messages wait."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.maintenance import LONGEST_HOURS, Weekly

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class IntegrationMaintenance(models.Model):
    """A planned or weekly window of a system or of one of its endpoints."""

    _name = "integration.maintenance"
    _description = "Maintenance window"
    _order = "date_from desc, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, help="What is going on, for example Weekly backup.")
    active = fields.Boolean(default=True)
    system_id = fields.Many2one(
        "integration.system", required=True, index=True, ondelete="cascade", check_company=True
    )
    endpoint_id = fields.Many2one(
        "integration.endpoint",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('system_id', '=', system_id)]",
        help="Empty: the whole system with all of its endpoints.",
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    repeat = fields.Selection(
        [("once", "Once"), ("weekly", "Every week")], required=True, default="once"
    )
    date_from = fields.Datetime(string="From")
    date_to = fields.Datetime(string="To")
    monday = fields.Boolean()
    tuesday = fields.Boolean()
    wednesday = fields.Boolean()
    thursday = fields.Boolean()
    friday = fields.Boolean()
    saturday = fields.Boolean()
    sunday = fields.Boolean()
    start_hour = fields.Float(
        string="Begins At", default=22.0, aggregator=None, help="On the clock of the time zone."
    )
    hours = fields.Float(default=1.0, aggregator=None)
    tz = fields.Selection(
        lambda self: [(name, name) for name in pytz.common_timezones],
        string="Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        help="Whose clock the weekly times follow, also when it changes to summer time.",
    )
    schedule = fields.Char(string="When", compute="_compute_schedule")

    @api.constrains(
        "repeat", "date_from", "date_to", *DAYS, "start_hour", "hours", "tz", "endpoint_id",
        "system_id",
    )  # fmt: skip
    def _check_times(self):
        """Refuse a window that never opens, or never ends."""
        for window in self:
            if window.endpoint_id and window.endpoint_id.system_id != window.system_id:
                raise ValidationError(
                    self.env._("The endpoint belongs to another system: choose one of this system.")
                )
            if window.repeat == "once":
                if not (window.date_from and window.date_to):
                    raise ValidationError(
                        self.env._("Enter from when to when the maintenance lasts.")
                    )
                if window.date_to <= window.date_from:
                    raise ValidationError(self.env._("The maintenance must end after it begins."))
                continue
            if not window._weekdays():
                raise ValidationError(self.env._("Choose at least one day of the week."))
            if not 0 <= round(window.start_hour * 60) < 24 * 60:
                raise ValidationError(self.env._("It begins between 0:00 and 23:59."))
            if not 0 < window.hours < LONGEST_HOURS:
                raise ValidationError(
                    self.env._(
                        "A weekly maintenance lasts longer than nothing and shorter than a week; "
                        "to stop for longer, pause the endpoint."
                    )
                )
            window._check_zone()

    def _check_zone(self):
        """Refuse a time zone that this machine does not know."""
        try:
            ZoneInfo(self.tz or "")
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError(
                self.env._("Choose the time zone whose clock the weekly times follow.")
            ) from error

    @api.depends("repeat", "date_from", "date_to", *DAYS, "start_hour", "hours", "tz")
    def _compute_schedule(self):
        """Describe the window in one line."""
        labels = self.fields_get(DAYS, ["string"])
        for window in self:
            if window.repeat == "once":
                window.schedule = self.env._(
                    "%(begin)s to %(end)s",
                    begin=self._local(window.date_from),
                    end=self._local(window.date_to),
                )
                continue
            window.schedule = self.env._(
                "%(days)s at %(time)s for %(hours)s h (%(zone)s)",
                days=", ".join(labels[day]["string"] for day in DAYS if window[day]) or "?",
                time=_clock(window.start_hour),
                hours=f"{window.hours:g}",
                zone=window.tz or "UTC",
            )

    @api.model
    def _local(self, moment):
        """:return: a moment as its reader writes it"""
        if not moment:
            return "?"
        return fields.Datetime.context_timestamp(self, moment).strftime("%Y-%m-%d %H:%M")

    def _weekdays(self):
        """:return: frozenset of the days, Monday is 0"""
        return frozenset(number for number, day in enumerate(DAYS) if self[day])

    def _spans(self, now):
        """:return: iterable of (begin, end) in UTC that are not over at *now*"""
        self.ensure_one()
        if self.repeat == "once":
            return [(self.date_from, self.date_to)] if self.date_to > now else []
        weekly = Weekly(self._weekdays(), self.start_hour, self.hours, self.tz or "UTC")
        return weekly.spans(now)

    @api.model_create_multi
    def create(self, vals_list):
        """Let the windows count at once."""
        windows = super().create(vals_list)
        windows._apply(windows.system_id)
        return windows

    def write(self, vals):
        """Let the change count at once, for the system that the window was moved away from, too."""
        systems = self.system_id
        result = super().write(vals)
        self._apply(systems | self.system_id)
        return result

    def unlink(self):
        """End what is going on."""
        systems = self.system_id
        result = super().unlink()
        self._apply(systems)
        return result

    @api.model
    def _apply(self, systems):
        """Plan systems and their endpoints anew; hold or release what waits."""
        systems = systems.exists()
        systems._plan_maintenance()
        changed = systems.sudo().endpoint_ids._plan_maintenance()
        changed._after_gate_change()

    def action_end_now(self):
        """End a planned maintenance before its time."""
        now = fields.Datetime.now()
        for window in self.filtered(lambda w: w.repeat == "once" and w.date_to > now):
            if window.date_from >= now:
                window.active = False
            else:
                window.date_to = now
        return True

    @api.autovacuum
    def _gc_windows(self):
        """Archive planned windows a month after they ended."""
        limit = fields.Datetime.now() - timedelta(days=30)
        self.search([("repeat", "=", "once"), ("date_to", "<", limit)], limit=500).active = False


def _clock(hour):
    """:return: 22.5 as 22:30"""
    minutes = round(hour * 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
