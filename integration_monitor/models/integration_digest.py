"""The daily digest: yesterday's figures, what is open, what is late."""

import logging
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools.stock_root import STOCK

_logger = logging.getLogger(__name__)

TOP = 10


class IntegrationDigest(models.AbstractModel):
    """Makes one mail per recipient, with the figures of the companies he works for."""

    _name = "integration.digest"
    _description = "Daily digest of the integrations"

    @api.model
    def _next_call(self, hour):
        """:return: the next time (UTC) at which the given hour strikes"""
        now = fields.Datetime.now()
        moment = datetime.combine(now.date(), time(hour))
        return moment if moment > now else moment + timedelta(days=1)

    @api.model
    def _recipients(self):
        """Return the users who get the digest: members of the group who want it."""
        # The scheduled action reads settings and users on behalf of the engine.
        parameters = self.env["ir.config_parameter"].sudo()
        group_id = int(parameters.get_param("integration_monitor.digest_group_id") or 0)
        group = self.env["res.groups"].sudo().browse(group_id).exists() or self.env.ref(
            "integration_monitor.group_operator"
        )
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("share", "=", False),
                    ("email", "!=", False),
                ]
            )
            .filtered("integration_digest_wanted")
        )

    @api.model
    def _send(self):
        """Send the digest of yesterday; called once a day.

        :return: the ``mail.mail`` records
        """
        mails = self.env["mail.mail"].sudo()
        figures = {}
        for user in self._recipients():
            companies = user.company_ids
            if companies not in figures:
                figures[companies] = self._figures(companies)
            mails += mails.create(self._mail_values(user, figures[companies]))
        mails.send(auto_commit=False, raise_exception=False)
        _logger.info("Digest sent to %d recipients", len(mails))
        return mails

    @api.model
    def _mail_values(self, user, figures):
        """:return: values of the mail for one recipient, in his language"""
        digest = self.with_context(lang=user.lang, tz=user.tz)
        return {
            "subject": digest.env._(
                "Integrations on %(day)s: %(failed)s failed, %(open)s open exceptions",
                day=format_date(digest.env, figures["day"]),
                failed=figures["totals"]["failed"],
                open=figures["open_count"],
            ),
            "body_html": digest.env["ir.qweb"]._render(
                "integration_monitor.digest_body", {**figures, "user": user}
            ),
            "email_to": user.email_formatted,
            "email_from": (user.company_id.email_formatted or user.email_formatted),
            "auto_delete": True,
        }

    @api.model
    def _figures(self, companies):
        """Collect what the digest shows, for these companies together.

        :return: dict of ``day``, ``messages`` (per flow), ``totals``, ``exceptions``, ``late``,
            ``systems``, ``url``; see the template
        """
        end = datetime.combine(fields.Date.today(), time())
        begin = end - timedelta(days=1)
        exceptions = self.env["integration.exception"].sudo()
        open_domain = [("is_open", "=", True), ("company_id", "in", companies.ids)]
        late_domain = [
            ("state", "=", "in_progress"),
            ("timeliness", "=", "missed"),
            ("company_id", "in", companies.ids),
            ("res_model", "!=", STOCK.model),  # it speaks of orders
        ]
        transactions = self.env["integration.transaction"].sudo()
        flows = self._flow_figures(companies, begin, end)
        owners = exceptions._read_group(
            open_domain, ["user_id"], ["__count", "opened_at:min"], order="__count desc"
        )
        opened = [("opened_at", ">=", begin), ("opened_at", "<", end)]
        resolved = [("resolved_at", ">=", begin), ("resolved_at", "<", end)]
        own = [("company_id", "in", companies.ids)]
        return {
            "day": begin.date(),
            "flows": flows,
            "totals": {
                name: sum(flow[name] for flow in flows) for name in ("received", "done", "failed")
            },
            "open_count": exceptions.search_count(open_domain),
            "opened_count": exceptions.search_count(opened + own),
            "resolved_count": exceptions.search_count(resolved + own),
            "amounts": self._amounts(open_domain),
            "owners": [
                {
                    "name": user.name or self.env._("Nobody"),
                    "count": count,
                    "oldest": self._age(oldest),
                }
                for user, count, oldest in owners
            ],
            "exceptions": exceptions.search(
                open_domain, order="severity_rank, amount_at_stake desc, opened_at", limit=TOP
            ),
            "late_count": transactions.search_count(late_domain),
            "late": transactions.search(late_domain, order="due_at, id", limit=TOP),
            "systems": self.env["integration.system"]
            .sudo()
            .search([("health", "in", ("down", "degraded")), ("company_id", "in", companies.ids)]),
            "url": self.env["ir.config_parameter"].sudo().get_param("web.base.url"),
        }

    @api.model
    def _amounts(self, domain):
        """:return: list of texts, the amount at stake per currency"""
        groups = (
            self.env["integration.exception"]
            .sudo()
            ._read_group(domain, ["company_id"], ["amount_at_stake:sum"])
        )
        sums = {}
        for company, amount in groups:
            sums[company.currency_id] = sums.get(company.currency_id, 0.0) + amount
        return [currency.format(amount) for currency, amount in sums.items() if amount]

    @api.model
    def _flow_figures(self, companies, begin, end):
        """:return: list of dicts of name, received, done and failed per flow with traffic"""
        self.env.cr.execute(
            SQL(
                """SELECT f.name, count(*) AS received,
                          count(*) FILTER (WHERE m.state = 'done') AS done,
                          count(*) FILTER (WHERE m.state IN ('dead', 'quarantined')) AS failed
                     FROM integration_message m
                     JOIN integration_flow f ON f.id = m.flow_id
                    WHERE m.received_at >= %s AND m.received_at < %s AND m.company_id IN %s
                    GROUP BY f.id, f.name
                    ORDER BY failed DESC, received DESC, f.name""",
                begin,
                end,
                tuple(companies.ids) or (0,),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _age(self, moment):
        """:return: how long ago, as a short text"""
        minutes = int((fields.Datetime.now() - moment).total_seconds() // 60)
        hours = minutes // 60
        if not hours:
            return self.env._("%(minutes)s min", minutes=minutes)
        if hours < 48:
            return self.env._("%(hours)s h", hours=hours)
        return self.env._("%(days)s d", days=hours // 24)
