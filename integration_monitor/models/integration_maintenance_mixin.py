"""Systems and endpoints that are at times in maintenance."""

from odoo import api, fields, models

from ..tools.maintenance import current_or_next


class IntegrationMaintenanceMixin(models.AbstractModel):
    """Keeps the present or next maintenance on the record, so that a claim need only compare.

    The model must implement ``_maintenance_windows``: dict of record to the windows that concern
    it.
    """

    _name = "integration.maintenance.mixin"
    _description = "Maintenance of an integration partner"

    maintenance_from = fields.Datetime(
        readonly=True, copy=False, help="When the present or the next maintenance begins."
    )
    maintenance_until = fields.Datetime(readonly=True, copy=False)
    maintenance_reason = fields.Char(readonly=True, copy=False)
    maintenance_ended_at = fields.Datetime(readonly=True, copy=False)
    in_maintenance = fields.Boolean(
        compute="_compute_in_maintenance", search="_search_in_maintenance"
    )

    @api.depends("maintenance_from", "maintenance_until")
    def _compute_in_maintenance(self):
        """Compare with the clock."""
        now = fields.Datetime.now()
        for record in self:
            record.in_maintenance = record._in_maintenance(now)

    def _search_in_maintenance(self, operator, value):
        """Find what is in maintenance now."""
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        inside = [("maintenance_from", "<=", now), ("maintenance_until", ">", now)]
        wanted = set(value)
        if wanted == {True}:
            return inside
        if wanted == {False}:
            return ["!", "&", *inside]
        return [(1, "=", 1)] if wanted else [(0, "=", 1)]

    def _in_maintenance(self, now):
        """:return: whether the record is in maintenance at a moment (UTC)"""
        return bool(
            self.maintenance_from
            and self.maintenance_until
            and self.maintenance_from <= now < self.maintenance_until
        )

    def _plan_maintenance(self, now=None):
        """Write the present or next maintenance of the records, where it changed.

        :param datetime now: UTC; by default the present
        :return: the records that changed
        """
        now = now or fields.Datetime.now()
        records = self.sudo()  # plans of administrators, kept up to date by the engine
        changed = records.browse()
        for record, windows in records._maintenance_windows().items():
            spans = {window: list(window._spans(now)) for window in windows}
            found = current_or_next([span for each in spans.values() for span in each], now)
            begin, end = found or (False, False)
            names = [
                window.name
                for window, each in spans.items()
                if found and any(span[0] < end and span[1] > begin for span in each)
            ]
            values = {
                "maintenance_from": begin,
                "maintenance_until": end,
                "maintenance_reason": ", ".join(names) or False,
            }
            former = record.maintenance_from
            if former and former <= now and begin != former:
                # What was open is over, by its time or because somebody ended it.
                values["maintenance_ended_at"] = min(record.maintenance_until, now)
            values = {name: value for name, value in values.items() if record[name] != value}
            if values:
                record.write(values)
                changed += record
        return changed

    def _maintenance_windows(self):
        """:return: dict of each record to its ``integration.maintenance`` windows"""
        raise NotImplementedError

    def _set_health(self, health, reason=False):
        """Leave the health alone during a maintenance: what is announced is no outage."""
        if health not in ("degraded", "down"):
            return super()._set_health(health, reason)
        now = fields.Datetime.now()
        return super(
            IntegrationMaintenanceMixin, self.filtered(lambda r: not r._in_maintenance(now))
        )._set_health(health, reason)
