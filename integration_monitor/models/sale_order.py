"""The sales order: root of the order-to-cash transaction, and where it came from."""

from odoo import api, fields, models

from ..tools import context, tracing
from .integration_document_mixin import PREFETCH
from .integration_document_state import ShownMonetary


class SaleOrder(models.Model):
    """Gives each order its correlation id and notes what moves its transaction.

    An order that a shop sent has its identity in the shop; one order of a shop exists once.
    """

    _name = "sale.order"
    _inherit = ["sale.order", "integration.document.mixin"]

    _integration_is_root = True
    _integration_written = frozenset({"state", "commitment_date", "partner_id", "user_id"})

    integration_correlation_id = fields.Char(
        string="Correlation ID", copy=False, readonly=True, index="btree_not_null"
    )
    # An order has one transaction: sums of orders are true.
    integration_value_at_risk = ShownMonetary(aggregator="sum")
    integration_currency_id = fields.Many2one(related="company_id.currency_id")

    integration_system_id = fields.Many2one(
        "integration.system",
        string="Received From",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        ondelete="restrict",
    )
    integration_flow_id = fields.Many2one(
        "integration.flow",
        string="Received Through",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        ondelete="set null",
    )
    integration_external_key = fields.Char(
        string="Shop Order ID",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The shop's own identifier.",
    )
    integration_external_digest = fields.Char(
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="Fingerprint of goods, amounts and addresses as received.",
    )
    integration_external_total = fields.Monetary(
        string="Total in the Shop",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="What the customer paid. Zero: not known, or a person accepted another one.",
    )
    integration_external_updated_at = fields.Datetime(
        string="Changed in the Shop", copy=False, readonly=True, prefetch=PREFETCH
    )
    integration_shop_collected = fields.Boolean(
        string="Paid in the Shop",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The shop has the customer's money, or the right to take it.",
    )
    integration_shop_cancel = fields.Selection(
        [
            ("followed", "Cancelled as in the shop"),
            ("agreed", "Differs from the shop; a person has looked"),
        ],
        string="Cancellation",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
    )

    _integration_external_uniq = models.UniqueIndex(
        "(integration_system_id, integration_external_key) "
        "WHERE integration_external_key IS NOT NULL",
        "This order of the shop exists already.",
    )

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_correlation_id",
            "integration_system_id",
            "integration_flow_id",
            "integration_external_key",
            "integration_external_digest",
            "integration_external_total",
            "integration_external_updated_at",
            "integration_shop_collected",
            "integration_shop_cancel",
        }

    @api.model_create_multi
    def create(self, vals_list):
        self._integration_check_kept(vals_list)
        current = context.current()
        # The order that an inbound message makes carries on the message's correlation; a second
        # one of the same message must not share it, for it owns a transaction of its own.
        inherited = current.correlation_id if current.message_id and len(vals_list) == 1 else None
        if inherited and self._integration_correlation_taken(inherited):
            inherited = None
        for vals in vals_list:
            given = vals.get("integration_correlation_id")
            if not given or self._integration_correlation_taken(given):
                vals["integration_correlation_id"] = inherited or tracing.new_correlation_id()
        orders = super().create(vals_list)
        if current.message_id:
            notes = self.env["integration.milestone"]._notes()
            keys = [(self._name, order_id) for order_id in orders.ids]
            notes.begun.update(keys)
            notes.message_ids.update(dict.fromkeys(keys, current.message_id))
        if current.message_id or any(vals.get("state") for vals in vals_list):
            orders._integration_note_new({"state": False})
        return orders

    @api.model
    def _integration_correlation_taken(self, correlation_id):
        """Tell whether an order carries this correlation id already."""
        # An order of another salesperson counts too.
        return bool(
            self.sudo().search_count([("integration_correlation_id", "=", correlation_id)], limit=1)
        )

    def _compute_field_value(self, field):
        if field.compute == "_compute_amounts":
            confirmed = self._origin.filtered(lambda order: order.state == "sale")
            if confirmed:
                confirmed._integration_note(("state",))
        return super()._compute_field_value(field)
