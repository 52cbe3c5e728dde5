"""The purchase order: root of the procure-to-pay transaction."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_document_mixin import PREFETCH
from odoo.addons.integration_monitor.models.integration_document_state import ShownMonetary
from odoo.addons.integration_monitor.models.integration_transaction_risk import AT_RISK
from odoo.addons.integration_monitor.tools import context, tracing

from ..tools.purchase_root import PURCHASE

MODEL = PURCHASE.model
#: What changes with a line, a receipt or a bill, and moves the transaction with it.
COMPUTES = frozenset({"_amount_all", "_get_invoiced", "_compute_date_planned"})


class PurchaseOrder(models.Model):
    """Gives each purchase its correlation id and notes what moves its transaction."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "integration.document.mixin"]

    _integration_is_root = True
    _integration_written = frozenset(
        {
            "state", "acknowledged", "date_planned", "partner_id", "user_id",
            "integration_revision",
        }
    )  # fmt: skip

    integration_correlation_id = fields.Char(
        string="Correlation ID",
        copy=False,
        readonly=True,
        index="btree_not_null",
        prefetch=PREFETCH,
    )
    integration_revision = fields.Integer(
        string="Revision",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="How often goods, quantities or prices were changed since the purchase was placed.",
    )
    integration_told = fields.Json(
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The revision that a vendor was told, by the id of the flow, and when a vendor was "
        "told last that the purchase is not what it was.",
    )
    # Whoever may read a purchase sees its amount, which its transaction keeps from all others.
    integration_value_at_risk = ShownMonetary(
        aggregator="sum",
        groups=False,
        help="Amount, in the company's currency, while it is late, at risk or needs a person.",
    )
    integration_currency_id = fields.Many2one(related="company_id.currency_id")

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_correlation_id",
            "integration_revision",
            "integration_told",
        }

    @api.model_create_multi
    def create(self, vals_list):
        self._integration_check_kept(vals_list)
        for vals in vals_list:
            # Always its own: that of a message may belong to an order that the message made.
            vals["integration_correlation_id"] = tracing.new_correlation_id()
        orders = super().create(vals_list)
        message_id = context.current().message_id
        if message_id:
            notes = self.env["integration.milestone"]._notes()
            keys = [(MODEL, order_id) for order_id in orders.ids]
            notes.begun.update(keys)
            notes.message_ids.update(dict.fromkeys(keys, message_id))
        if message_id or any(vals.get("state") for vals in vals_list):
            orders._integration_note_new({"state": False})
        return orders

    def _integration_by_root(self):
        return [(MODEL, self)]

    def _integration_note(self, names):
        """Only what was ordered is followed; an edited draft costs nothing."""
        followed = self
        if "state" not in names:
            followed = self.filtered(lambda order: order.state in PURCHASE.followed)
        return super(PurchaseOrder, followed)._integration_note(names)

    def _integration_changed(self):
        """Count a change of what was placed, be it a draft again: the vendor is told of it."""
        # Whoever changes a line may not write by hand what vendors are told.
        for order in self.sudo():
            if order.state == "purchase" or order.date_approve:
                order.integration_revision += 1

    def _integration_note_aside(self):
        """Note purchases whatever their state, for the sake of their sales orders."""
        noted = self.env["integration.milestone"]._notes().of_root(MODEL)[MODEL]
        for order_id in self.ids:
            noted.setdefault(order_id, {})

    def unlink(self):
        # Whoever may delete a purchase need not read the orders that it was for.
        sales = self.sudo().order_line.sale_order_id | self.sudo().reference_ids.sale_ids
        sales.filtered(lambda sale: sale.state == "sale")._integration_note(())
        return super().unlink()

    def _compute_integration_value_at_risk(self):
        for order in self:
            at_risk = order.integration_status in AT_RISK
            order.integration_value_at_risk = order.amount_total_cc if at_risk else 0

    @api.model
    def _integration_shown_sql(self, name, alias):
        if name != "integration_value_at_risk":
            return super()._integration_shown_sql(name, alias)
        return SQL(
            "CASE WHEN %s IN %s THEN COALESCE(%s, 0) ELSE 0 END",
            super()._integration_shown_sql("integration_status", alias),
            AT_RISK,
            SQL.identifier(alias, "amount_total_cc"),
        )

    def _compute_field_value(self, field):
        if field.compute in COMPUTES:
            followed = self._origin.filtered(lambda order: order.state in PURCHASE.followed)
            if followed:
                followed._integration_note(("state",))
        return super()._compute_field_value(field)

    def _prepare_reference_vals(self):
        """Carry the correlation id where receipts and what follows them go."""
        return {
            **super()._prepare_reference_vals(),
            "integration_correlation_id": self.integration_correlation_id,
        }
