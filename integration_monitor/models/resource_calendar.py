"""Working hours that deadlines are counted in."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import ormcache

from ..tools.working_time import WorkingCalendar, merged
from .integration_process_step_deadline import BY_HOURS

#: Holidays that are older are no longer counted with.
PAST_DAYS = 400


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    @api.model
    @ormcache("calendar_id", "company_id")
    def _integration_working_calendar(self, calendar_id, company_id):
        """Return the hours without holidays, as ``tools.working_time.WorkingCalendar``.

        :return: None for hours that say how long is worked, but not when
        """
        # Of documents of everybody, whether or not he may read calendars.
        calendar = self.sudo().browse(calendar_id)
        if calendar.flexible_hours:
            return None
        days = [[] for _day in range(14 if calendar.two_weeks_calendar else 7)]
        for line in calendar.attendance_ids:
            if line.display_type or line.day_period == "lunch":
                continue
            span = round(line.hour_from * 60), round(line.hour_to * 60)
            week = int(line.week_type or 0) if calendar.two_weeks_calendar else 0
            if span[0] < span[1]:
                days[week * 7 + int(line.dayofweek)].append(span)
        holidays = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(  # as above
                [
                    ("resource_id", "=", False),
                    ("time_type", "=", "leave"),
                    ("calendar_id", "in", [calendar_id, False]),
                    ("company_id", "in", [company_id, False]),
                    ("date_to", ">", fields.Datetime.now() - timedelta(days=PAST_DAYS)),
                ]
            )
        )
        return WorkingCalendar(
            calendar.tz or "UTC",
            tuple(merged(day) for day in days),
            merged((leave.date_from, leave.date_to) for leave in holidays),
        )

    @api.model
    def _integration_changed(self):
        """Let orders follow what changed; on holidays no carrier comes either."""
        self.env["integration.process.step"]._deadline_places_changed(BY_HOURS)

    def write(self, vals):
        result = super().write(vals)
        if not {"active", "tz", "two_weeks_calendar", "flexible_hours", "schedule_type"}.isdisjoint(
            vals
        ):
            self._integration_changed()
        return result
