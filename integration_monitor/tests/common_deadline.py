"""Steps with deadlines, working hours and cut-offs, for tests of deadlines."""

from datetime import timedelta

from odoo import Command

from .common_transaction import TransactionCommon

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class DeadlineCommon(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        cls.process = cls.env.ref("integration_monitor.process_order_to_cash")
        cls.steps = {step.code: step for step in cls.process.step_ids}
        cls.company.resource_calendar_id = cls.hours()

    @classmethod
    def rule(cls, code, source, minutes=480, **values):
        """Say where the deadline of a step comes from."""
        cls.steps[code].write({"deadline_source": source, "expected_minutes": minutes, **values})

    @classmethod
    def hours(cls, company=None, **values):
        """:return: a calendar in which people work day and night, so that hours are hours"""
        return cls.env["resource.calendar"].create(
            {
                "name": "Day and night",
                "tz": "UTC",
                "company_id": (company or cls.company).id,
                "attendance_ids": [
                    Command.create(
                        {"name": "All", "dayofweek": str(day), "hour_from": 0, "hour_to": 24,
                         "day_period": "full_day"}
                    )
                    for day in range(7)
                ],
                **values,
            }
        )  # fmt: skip

    @classmethod
    def holiday(cls, calendar, begin, length, **values):
        """Close for a while."""
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": calendar.id if calendar else False,
                "company_id": cls.company.id,
                "date_from": begin,
                "date_to": begin + length,
                **values,
            }
        )

    @classmethod
    def cut_off(cls, moment, **values):
        """Make a cut-off at the time of day (UTC) of a moment, each day."""
        days = dict.fromkeys(("saturday", "sunday"), True)
        return cls.env["integration.cut.off"].create(
            {
                "company_id": cls.company.id,
                "tz": "UTC",
                "hour": moment.hour + moment.minute / 60,
                **days,
                **values,
            }
        )

    def planned(self, order, code):
        """:return: when a step of an order is planned"""
        milestones = self.owner(order).milestone_ids
        return milestones.filtered(lambda one: one.step_id.code == code).planned_at

    def jobs(self, method="_replan"):
        """:return: the jobs that plan transactions anew"""
        self.env.cr.flush()
        return (
            self.env["queue.job"]
            .sudo()
            .search([("model_name", "=", "integration.transaction"), ("method_name", "=", method)])
        )

    def replan(self, **context):
        """Run the job on a cursor of its own, as the queue does. :return: what it says"""
        self.env.cr.flush()
        owners = self.env["integration.transaction"].sudo().with_context(**context)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            told = owners.with_env(owners.env(cr=cr))._replan()
        self.env.invalidate_all()
        return told
