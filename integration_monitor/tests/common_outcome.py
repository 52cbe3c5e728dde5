"""Orders whose moments are set by hand, so that their outcomes can be reckoned on paper."""

from odoo.fields import Datetime

from .common_transaction import TransactionCommon


class OutcomeCase(TransactionCommon):
    """A company in New York: UTC−5 in February, so its day ends at 05:00 UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "America/New_York"
        cls.outcomes = cls.env["integration.outcome"].sudo()

    @classmethod
    def complete(cls, quantity=2, **values):
        """:return: an order that is shipped, invoiced and paid"""
        order = cls.order(quantity, **values)
        cls.ship(order.picking_ids)
        cls.pay(cls.invoice(order))
        return order

    @classmethod
    def moments(cls, order, started, **moments):
        """Say when an order came and when its steps were reached; the last one completes it."""
        owner = cls.owner(order)
        cls.execute("UPDATE integration_milestone SET reached_at = NULL, state = 'skipped' "
                     "WHERE transaction_id = %s", owner.id)  # fmt: skip
        for code, moment in {"received": started, **moments}.items():
            step = owner.process_id.step_ids.filtered(lambda s, code=code: s.code == code)
            cls.execute(
                "INSERT INTO integration_milestone (transaction_id, step_id, state, reached_at) "
                "VALUES (%s, %s, 'reached', %s) ON CONFLICT (transaction_id, step_id) "
                "DO UPDATE SET state = 'reached', reached_at = EXCLUDED.reached_at",
                owner.id, step.id, moment,
            )  # fmt: skip
        ended = max(moments.values(), default=None) if owner.state == "completed" else None
        cls.execute(
            "UPDATE integration_transaction SET started_at = %s, completed_at = %s WHERE id = %s",
            started, ended, owner.id,
        )  # fmt: skip
        return owner

    def left(self, picking, at, deadline=None):
        """Say when a delivery left, and by when it should have."""
        self.execute(
            "UPDATE stock_picking SET date_done = %s, date_deadline = %s WHERE id = %s",
            at, deadline, picking.id,
        )  # fmt: skip

    def invoiced_on(self, invoices, day):
        self.execute(
            "UPDATE account_move SET invoice_date = %s WHERE id = ANY(%s)", day, invoices.ids
        )

    @classmethod
    def execute(cls, query, *values):
        """Change what no button changes."""
        cls.env.flush_all()
        cls.env.cr.execute(query, values)
        cls.env.invalidate_all()

    def roll_up(self, now="2026-02-20 12:00:00"):
        """Write down what ended, as of a moment (UTC)."""
        return self.outcomes._roll_up_batch(Datetime.to_datetime(now))

    def facts(self, subject, records):
        """:return: the outcomes of records in their order"""
        found = self.outcomes.search([("subject", "=", subject), ("res_id", "in", records.ids)])
        by_id = {outcome.res_id: outcome for outcome in found}
        return [by_id.get(record.id, self.outcomes) for record in records]

    def figures(self, rows, *names, by=None):
        """Aggregate as the screens do: one tuple of figures, or a dict of them by group."""
        specs = [name if ":" in name else f"{name}:avg" for name in names]
        groups = rows._read_group([("id", "in", rows.ids)], [by] if by else [], specs)
        return {group[0]: group[1:] for group in groups} if by else groups[0]
