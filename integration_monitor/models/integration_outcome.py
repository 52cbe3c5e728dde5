"""Business outcomes: one row for each order, delivery, release, resolved exception, stock check."""

from odoo import fields, models

from .integration_ratio_mixin import Ratio

#: Of the figures of deliveries.
_FOLLOWED = " What left before its order was followed (Existing Orders) is left out."
SUBJECTS = [
    ("order", "Order"),
    ("delivery", "Delivery"),
    ("release", "Order release"),
    ("exception", "Exception"),
    ("stock", "Stock check"),
]


class IntegrationOutcome(models.Model):
    """What one fact counts for. A row is written when its fact ended and then stays.

    Deliveries and releases are judged anew by each roll-up until nothing of them can change.
    """

    _name = "integration.outcome"
    _description = "Business Outcome"
    _inherit = ["integration.outcome.mixin"]
    _order = "day desc, id desc"
    _ratios = {
        "cycle_hours": Ratio("cycle_seconds", "order_count", 3600),
        "touchless_rate": Ratio("touchless_count", "order_count"),
        "confirmation_minutes": Ratio("confirmation_seconds", "confirmation_count", 60),
        "ship_rate": Ratio("ship_on_time_count", "ship_promised_count"),
        "arrival_rate": Ratio("arrival_on_time_count", "arrival_promised_count"),
        "invoice_rate": Ratio("invoice_in_time_count", "invoice_due_count"),
        "release_continuity": Ratio("blocked_seconds", "releasable_seconds", rest=True),
        "resolution_hours": Ratio("resolution_seconds", "exception_count", 3600),
        "stock_accuracy": Ratio("equal_count", "compared_count"),
    }

    subject = fields.Selection(SUBJECTS, required=True, readonly=True)
    res_id = fields.Integer(
        "Number",
        readonly=True,
        aggregator=None,
        help="Of the transaction, transfer, message, exception; it may be gone.",
    )
    name = fields.Char(readonly=True)
    transaction_id = fields.Many2one(
        "integration.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    at = fields.Datetime(
        "Moment",
        readonly=True,
        help="When the order ended, the delivery left, the release became due, the exception was "
        "resolved, the stock was compared.",
    )
    settled = fields.Boolean(readonly=True, help="Nothing of it can change any more.")
    refreshed_at = fields.Datetime(readonly=True)
    ended_state = fields.Char(readonly=True)
    completed_at = fields.Datetime(readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    order_count = fields.Integer("Completed Orders", readonly=True)
    cancelled_count = fields.Integer("Cancelled Orders", readonly=True)
    amount_company = fields.Monetary(
        "Amount", readonly=True, help="Of completed orders, in the company's currency."
    )
    cycle_seconds = fields.Integer("Cycle Time in All (s)", readonly=True)
    cycle_hours = fields.Float(
        "Cycle Time (h)",
        compute="_compute_ratios",
        aggregator="avg",
        help="From when the order came until the last milestone of it was reached: the average of "
        "completed orders, by the day they were completed. Cancelled orders do not count.",
    )
    touchless_count = fields.Integer("Touchless Orders", readonly=True)
    touchless_rate = fields.Float(
        "Touchless",
        compute="_compute_ratios",
        aggregator="avg",
        help="Completed orders in which no person retried, replayed, edited, gave up, overrode, "
        "assigned or corrected anything, reported anything by hand, and no exception needed a "
        "person (nor was one open when the order was completed), out of all completed orders.",
    )
    delivery_count = fields.Integer(
        "Deliveries",
        readonly=True,
        help="Each back order is one of its own, and so is what replaces other goods; what was "
        "repaired and goes to its owner again is none." + _FOLLOWED,
    )
    confirmation_count = fields.Integer("Confirmed by the Warehouse", readonly=True)
    confirmation_seconds = fields.Integer("Confirmation in All (s)", readonly=True)
    confirmation_minutes = fields.Float(
        "Shipment Confirmation (min)",
        compute="_compute_ratios",
        aggregator="avg",
        help="From when the goods left, as the warehouse's message says (or came, if that was "
        "earlier), until the message was done in Odoo: the average of the deliveries that a "
        "warehouse system confirmed." + _FOLLOWED,
    )
    ship_promised_count = fields.Integer("Deliveries With a Promise", readonly=True)
    ship_on_time_count = fields.Integer("Shipped on Time", readonly=True)
    ship_rate = fields.Float(
        "Share Shipped on Time",
        compute="_compute_ratios",
        aggregator="avg",
        help="Deliveries that left on the day of their deadline or before, in the company's time "
        "zone, out of those that have one. Each back order is a delivery of its own. By the day "
        "they left." + _FOLLOWED,
    )
    arrival_promised_count = fields.Integer("Arrivals With a Promise", readonly=True)
    arrival_on_time_count = fields.Integer("Delivered on Time", readonly=True)
    arrival_rate = fields.Float(
        "Share Delivered on Time",
        compute="_compute_ratios",
        aggregator="avg",
        help="Deliveries that the carrier reports as delivered on the day of their deadline or "
        "before, out of those that have one and that he reports as delivered. By the day they "
        "left." + _FOLLOWED,
    )
    invoice_due_count = fields.Integer("Deliveries to Invoice", readonly=True)
    invoice_in_time_count = fields.Integer("Invoiced in Time", readonly=True)
    invoice_rate = fields.Float(
        "Invoice Completion",
        compute="_compute_ratios",
        aggregator="avg",
        help="Deliveries fully invoiced within the target, out of all. Fully: posted invoices "
        "cover what this delivery and those before it brought of each order line, less what came "
        "back within the target or was replaced. Within the "
        "target: the invoice date is at most the days of the setting after the day it left. A "
        "delivery counts once it is invoiced or the target is over, unless all of it came back "
        "within the target. Credit notes count for what came back alone." + _FOLLOWED,
    )
    releasable_seconds = fields.Integer("Releasable (s)", readonly=True)
    blocked_seconds = fields.Integer("Blocked (s)", readonly=True)
    release_continuity = fields.Float(
        compute="_compute_ratios",
        aggregator="avg",
        help="1 − blocked / releasable order-minutes. An order is releasable from when its release "
        "to the warehouse was asked for until the warehouse has it, or until now. What that takes "
        "beyond the time that the flow tolerates (“Late After”) is blocked, whatever the reason. "
        "By the day it was asked for.",
    )
    exception_count = fields.Integer("Resolved Exceptions", readonly=True)
    resolution_seconds = fields.Integer("Resolution in All (s)", readonly=True)
    resolution_hours = fields.Float(
        "Resolution Time (h)",
        compute="_compute_ratios",
        aggregator="avg",
        help="From when an exception opened until it was resolved, by a person or by itself: the "
        "average, by the day it was resolved. Ignored and discarded exceptions do not count.",
    )
    compared_count = fields.Integer("Compared Keys", readonly=True)
    equal_count = fields.Integer("Equal Keys", readonly=True)
    stock_accuracy = fields.Float(
        "Synchronisation Accuracy",
        compute="_compute_ratios",
        aggregator="avg",
        help="Keys (products of a flow) whose level that the partner was told last equals the "
        "level in Odoo at one cut-off, out of all keys compared. Keys with a message under way, "
        "and those whose content was removed, are left out.",
    )

    # The roll-up finds by it what it wrote.
    _fact_uniq = models.UniqueIndex("(subject, res_id)")
    _day_index = models.Index("(subject, day DESC, id DESC)")
    _open_index = models.Index("(subject, res_id) WHERE NOT settled")

    def action_open_transaction(self):
        """Open the business transaction that the fact belongs to; nothing if there is none."""
        self.ensure_one()
        return self.transaction_id and {
            "type": "ir.actions.act_window",
            "res_model": "integration.transaction",
            "res_id": self.transaction_id.id,
            "views": [(False, "form")],
        }
