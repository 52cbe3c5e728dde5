"""Transfers as documents of a business transaction."""

from odoo import api, fields, models

from ..tools.return_root import RETURN
from .integration_document_mixin import PREFETCH


class StockPicking(models.Model):
    """A transfer reaches milestones by its computed state, and a gate may keep it back.

    A warehouse system that runs it knows it by its release and its shipment.
    """

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.document.mixin", "integration.gate.mixin"]

    _integration_computed = frozenset({"state"})

    integration_release_ref = fields.Char(
        string="Released As",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The number that the warehouse system gave to the release.",
    )
    integration_shipment_ref = fields.Char(
        string="Shipped As",
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
        help="The shipment of the warehouse system that completed this transfer.",
    )

    integration_correlation_id = fields.Char(
        string="Correlation ID",
        compute="_compute_integration_correlation_id",
        help="Of the business transaction that a customer's return owns.",
    )

    def _compute_integration_correlation_id(self):
        """Read what the transactions of returns carry: transfers have no column for it."""
        # Whoever reads a document sees how it stands.
        owners = self.env["integration.transaction"].sudo().search_fetch(
            [("res_model", "=", self._name), ("res_id", "in", self._origin.ids)],
            ["res_id", "correlation_id"],
        )  # fmt: skip
        found = {owner.res_id: owner.correlation_id for owner in owners}
        for picking in self:
            picking.integration_correlation_id = found.get(picking._origin.id, False)

    @api.model
    def _integration_kept_fields(self):
        return super()._integration_kept_fields() | {
            "integration_release_ref",
            "integration_shipment_ref",
        }

    def _integration_by_root(self):
        """What brings goods back says so itself; the rest of a return is found by its order.

        Without a type for returns Odoo takes that of the delivery.
        """
        return [*super()._integration_by_root(), (RETURN.model, self._integration_back())]

    def _integration_back(self):
        """:return: those that bring goods back from a customer to us; told without a query"""
        return self.filtered(
            lambda picking: picking.return_id
            and picking.picking_type_id.code in ("incoming", "outgoing", "dropship")
            and picking.location_id.usage == "customer"
            and picking.location_dest_id.usage != "supplier"
        )

    def _compute_field_value(self, field):
        if field.name == "scheduled_date" and any(self._ids):
            self._origin._integration_note_schedule()
        return super()._compute_field_value(field)

    def write(self, vals):
        if "scheduled_date" in vals:
            self._integration_note_schedule()
        result = super().write(vals)
        if "location_dest_id" in vals and (back := self._integration_back()):
            # What a vendor shipped goes back to him, unless somebody says that it comes to us.
            self.env["integration.milestone"]._notes().begin(RETURN.model, back.ids)
        return result

    def _integration_note_schedule(self):
        """Let the orders be planned anew; the date itself is read when that is done."""
        if "transfer" in self.env["integration.process.step"]._deadline_sources():
            self._integration_note(())

    @api.model_create_multi
    def create(self, vals_list):
        self._integration_check_kept(vals_list)
        return super().create(vals_list)

    def _integration_is_open(self):
        return self.state not in ("done", "cancel")

    def _action_done(self):
        """Keep back what a gate keeps back, before anything is moved, mailed or booked."""
        self.env["integration.gate"]._check(self)
        return super()._action_done()
