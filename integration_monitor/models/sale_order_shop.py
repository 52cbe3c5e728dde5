"""Where a sales order came from, when a shop sent it."""

from odoo import api, fields, models

from .integration_document_mixin import PREFETCH


class SaleOrder(models.Model):
    """The identity of the order in the shop; one order of a shop exists once."""

    _inherit = "sale.order"

    integration_system_id = fields.Many2one(
        "integration.system",
        string="Received From",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        index="btree_not_null",
        ondelete="restrict",
    )
    integration_flow_id = fields.Many2one(
        "integration.flow",
        string="Received Through",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        index="btree_not_null",
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
            "integration_system_id",
            "integration_flow_id",
            "integration_external_key",
            "integration_external_digest",
            "integration_external_total",
            "integration_external_updated_at",
            "integration_shop_collected",
            "integration_shop_cancel",
        }
