"""What an issue shows: its week as bars, its exceptions, its lines in the log."""

import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class IntegrationIssue(models.Model):
    """Read-only helpers of the screens; nothing here changes an issue."""

    _inherit = "integration.issue"

    count_day = fields.Integer(string="Last 24 h", compute="_compute_trend")
    count_week = fields.Integer(string="Last 7 Days", compute="_compute_trend")
    trend_graph = fields.Text(compute="_compute_trend", string="Last 7 Days, by Six Hours")
    exception_count = fields.Integer(string="Exceptions", compute="_compute_exception_count")
    user_count = fields.Integer(
        string="Accounts Affected",
        compute="_compute_user_count",
        help="Users and service accounts for whom it failed in the last 7 days.",
    )

    def _compute_trend(self):
        """The last seven days from the hourly counts: one query."""
        now = fields.Datetime.now()
        start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=167)
        hours = self.env["integration.issue.occurrence"].search_fetch(
            [("issue_id", "in", self.ids), ("hour", ">=", start), ("hour", "<=", now)],
            ["issue_id", "hour", "count"],
        )
        by_issue = hours.grouped("issue_id")
        day = now - timedelta(hours=24)
        for issue in self:
            mine = by_issue.get(issue, hours.browse())
            bars = [0] * 28
            for item in mine:
                bars[int((item.hour - start).total_seconds() // 21600)] += item.count
            issue.count_week = sum(bars)
            issue.count_day = sum(item.count for item in mine if item.hour >= day)
            values = [
                {
                    "label": fields.Date.to_string(start + timedelta(hours=6 * place)),
                    "value": number,
                    "type": "past",
                }
                for place, number in enumerate(bars)
            ]
            issue.trend_graph = json.dumps([{"key": "", "values": values}])

    @api.depends("open_exception_count", "fingerprint", "company_id")
    def _compute_exception_count(self):
        """Count the exceptions of each issue, open or not: one query."""
        groups = {
            (mark, company.id): number
            for mark, company, number in self.env["integration.exception"]._read_group(
                [("fingerprint", "in", self.mapped("fingerprint"))],
                ["fingerprint", "company_id"],
                ["__count"],
            )
        }
        for issue in self:
            issue.exception_count = groups.get((issue.fingerprint, issue.company_id.id), 0)

    def _compute_user_count(self):
        """Count whom it happened to, by the log of the last week: one query on its index."""
        counts = {}
        if self.ids:
            self.env.cr.execute(
                SQL(
                    """SELECT fingerprint, COALESCE(company_id, 0), count(DISTINCT user_id)
                         FROM integration_log_data
                        WHERE fingerprint = ANY(%s) AND occurred_at >= %s
                        GROUP BY 1, 2""",
                    self.mapped("fingerprint"),
                    fields.Datetime.now() - timedelta(days=7),
                )
            )
            counts = {(mark, company): number for mark, company, number in self.env.cr.fetchall()}
        for issue in self:
            issue.user_count = counts.get((issue.fingerprint, issue.company_id.id or 0), 0)

    def _domain_of_fault(self):
        """:return: domain for exceptions and log lines of these issues"""
        return Domain.OR(
            Domain("fingerprint", "=", issue.fingerprint)
            & Domain("company_id", "=", issue.company_id.id)
            for issue in self
        )

    def _exceptions(self):
        """:return: the exceptions of these issues that the user may read"""
        return self.env["integration.exception"].search(self._domain_of_fault())

    def action_open_exceptions(self):
        """Open the exceptions of this issue."""
        return self._open_of_fault("integration_monitor.action_integration_exception")

    def action_open_log(self):
        """Open the failed lines of this issue."""
        return self._open_of_fault(
            "integration_monitor.action_integration_log", Domain("outcome", "=", "error")
        )

    def _open_of_fault(self, xmlid, more=Domain.TRUE):
        """:return: the action, narrowed to this issue"""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = list(self._domain_of_fault() & more)
        action["context"] = {}
        return action

    def action_open_occurrences(self):
        """Open how often it happened, hour by hour."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_issue_occurrence"
        )
        action["domain"] = [("issue_id", "=", self.id)]
        return action
