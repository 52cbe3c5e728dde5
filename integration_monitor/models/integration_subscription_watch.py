"""Subscribers that fall behind become exceptions."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

# What a person closed without the lag being over is told again after so long.
TOLD_AGAIN = timedelta(days=1)


class IntegrationSubscription(models.Model):
    """Each matter is one exception, closed by itself when the subscriber caught up."""

    _inherit = "integration.subscription"

    @api.model
    def _setting(self, name):
        """:return: a number of days from the settings page"""
        return self.env["ir.config_parameter"]._integration_number(name)

    @api.model
    def _watch_lag(self, now):
        """Open and close the exceptions about lag; called each minute by the health watch.

        :param datetime now: UTC
        """
        engine = self.sudo()  # the engine watches all companies
        figures = engine.env["integration.subscription.lag"]._figures()
        backlog = now - timedelta(days=engine._setting("event_backlog_days"))
        vals_list, well = [], []
        for subscription in engine.browse(figures):
            row = figures[subscription.id]
            running = subscription.state == "active" and subscription.flow_id.state == "active"
            late = running and subscription._is_late(row["lag_minutes"] or 0)
            far = row["oldest_event_at"] and row["oldest_event_at"] < backlog
            for matter, told, values in (
                ("lag", late, subscription._lag_values),
                ("backlog", far, subscription._backlog_values),
            ):
                key = subscription._matter(matter)
                if told:
                    vals_list.append({**values(row), "dedupe_key": key})
                else:
                    well.append(key)
        exceptions = engine.env["integration.exception"]
        exceptions.search([("is_open", "=", True), ("dedupe_key", "in", well)])._resolve()
        keys = [vals["dedupe_key"] for vals in vals_list]
        known = exceptions.search(
            Domain("dedupe_key", "in", keys)
            & (
                Domain("is_open", "=", True)
                | Domain("state", "in", ("ignored", "discarded"))
                & Domain("resolved_at", ">", now - TOLD_AGAIN)
            )
        )
        # Told once: it is the same matter until it is over.
        told = set(known.mapped("dedupe_key"))
        exceptions._open([vals for vals in vals_list if vals["dedupe_key"] not in told])

    def _matter(self, what):
        """:return: the dedupe key of an exception about the subscription"""
        return f"subscription-{what}:{self.id}"

    def _lag_values(self, row):
        """:return: values of the exception about a subscriber that is late"""
        return {
            "name": self.env._("%(name)s: events come late", name=self.name),
            "category": "technical",
            "error_class": "timeout",
            "error_message": self.env._(
                "The oldest event that “%(name)s” was not told of is %(minutes)s minutes old; "
                "“%(flow)s” tolerates %(tolerance)s. %(behind)s events are behind, %(waiting)s "
                "messages wait. Look at the messages and at the endpoint of the flow.",
                name=self.name,
                minutes=row["lag_minutes"],
                flow=self.flow_id.name,
                tolerance=self.flow_id.latency_tolerance,
                behind=row["behind_count"],
                waiting=row["waiting_count"],
            ),
            "flow_id": self.flow_id.id,
        }

    def _backlog_values(self, row):
        """:return: values of the exception about a subscriber whose events pile up"""
        days = self._setting("event_retention_days")
        paused = self.env._(
            "Events older than %(days)s days are deleted although they were not told. Resume the "
            "subscription, or archive it if nobody needs them.",
            days=days,
        )
        running = self.env._(
            "None of them is deleted as long as the subscription is active. Look at the log of "
            "the job “Events to subscribers”, or archive the subscription if nobody needs them."
        )
        return {
            "name": self.env._("%(name)s: events pile up", name=self.name),
            "category": "technical",
            "error_class": "timeout",
            "error_message": self.env._(
                "“%(name)s” was not handed events since %(moment)s UTC. %(consequence)s",
                name=self.name,
                moment=row["oldest_event_at"],
                consequence=paused if self.state == "paused" else running,
            ),
            "flow_id": self.flow_id.id,
        }

    def _tell_fault(self, error):
        """Tell somebody that the events of a subscription cannot be handed over."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": self.env._("%(name)s: its events cannot be read", name=self.name),
                    "dedupe_key": self._matter("fault"),
                    "category": "technical",
                    "error_class": "business",
                    "error_message": self.env._(
                        "The events of “%(name)s” wait, for handing them over failed: %(error)s. "
                        "Correct the condition of the subscription; then they follow by "
                        "themselves.",
                        name=self.name,
                        error=f"{type(error).__name__}: {error}",
                    ),
                    "flow_id": self.flow_id.id,
                }
            ]
        )

    def _resolve_fault(self):
        """Close what :meth:`_tell_fault` opened: it works again."""
        self._resolve_told(self, ("fault",))

    @api.model
    def _resolve_told(self, subscriptions, matters=("lag", "backlog", "fault")):
        """Close the exceptions about subscriptions."""
        keys = [s._matter(matter) for s in subscriptions for matter in matters]
        exceptions = self.env["integration.exception"].sudo()  # the engine closes what it opened
        exceptions.search([("is_open", "=", True), ("dedupe_key", "in", keys)])._resolve()
