"""Open exceptions in the control tower: by owner and age."""

from collections import Counter
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

EXCEPTION = "integration.exception"
MAX_OWNERS = 8


class IntegrationDashboard(models.AbstractModel):
    _inherit = "integration.dashboard"

    @api.model
    def _age_buckets(self, now):
        """Return (code, title, domain) of the ages of an exception, youngest first."""
        hour, shift, day = (now - timedelta(hours=h) for h in (1, 4, 24))
        at = Domain("opened_at", ">", hour)
        return [
            ("hour", self.env._("Under 1 hour"), at),
            ("shift", self.env._("1 to 4 hours"), ~at & Domain("opened_at", ">", shift)),
            ("day", self.env._("4 to 24 hours"),
             Domain("opened_at", "<=", shift) & Domain("opened_at", ">", day)),
            ("older", self.env._("Over a day"), Domain("opened_at", "<=", day)),
        ]  # fmt: skip

    @api.model
    def _exceptions(self, filters):
        """Return the open exceptions as a matrix of owners and ages, nobody's first."""
        opened = Domain("is_open", "=", True)
        opened &= self._warehouse_domain(filters, "transaction_id.warehouse_id")
        buckets = self._age_buckets(filters["now"])
        counts = {}
        for code, _title, domain in buckets:
            for user, count in self.env[EXCEPTION]._read_group(
                opened & domain, ["user_id"], ["__count"]
            ):
                counts[user.id, code] = count
        critical = self._figure(
            self.env._("Critical exceptions"),
            EXCEPTION,
            opened & Domain("severity", "=", "critical"),
        )
        totals = Counter()
        for (user_id, _code), count in counts.items():
            totals[user_id] += count
        names = self._owner_names(totals)
        # Whom nobody looks after stands first; then who has the most.
        order = sorted(totals, key=lambda user_id: (bool(user_id), -totals[user_id], user_id))
        shown, rest = order[:MAX_OWNERS], order[MAX_OWNERS:]
        groups = [([user_id], names[user_id]) for user_id in shown]
        if rest:
            groups.append((rest, self.env._("%s other owners", len(rest))))
        groups.append((order, self.env._("All owners")))
        rows = [
            self._owner_row(opened, buckets, counts, user_ids, name) for user_ids, name in groups
        ]
        return {
            "columns": [{"code": code, "title": title} for code, title, _domain in buckets],
            "rows": rows[:-1],
            "total": rows[-1],
            "critical": critical,
        }

    @api.model
    def _owner_names(self, user_ids):
        """Return names by user; a colleague's name may be known, whoever asks."""
        users = self.env["res.users"].sudo().browse(filter(None, user_ids))
        return {False: self.env._("Nobody yet")} | {user.id: user.name for user in users}

    @api.model
    def _owner_row(self, opened, buckets, counts, user_ids, name):
        """Return one line of the matrix: the ages, and their sum."""
        mine = opened & Domain("user_id", "in", user_ids)
        cells = [
            self._figure(
                f"{name}: {title}", EXCEPTION, mine & domain,
                sum(counts.get((user_id, code), 0) for user_id in user_ids), code=code,
            )
            for code, title, domain in buckets
        ]  # fmt: skip
        total = sum(cell["count"] for cell in cells)
        return {
            "name": name,
            "user_id": user_ids[0] if len(user_ids) == 1 else False,
            "unassigned": user_ids == [False],
            "cells": cells,
            "all": self._figure(name, EXCEPTION, mine, total),
        }
