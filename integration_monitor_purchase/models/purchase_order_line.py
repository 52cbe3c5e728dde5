from odoo import api, fields, models

from ..tools.announcements import LEAST, Announced

#: What the keys of exceptions about shipments that came short begin with.
SHORT = "asn.short"
#: What a line is bought for.
PURPOSE = ("sale_line_id", "move_dest_ids")
#: What of a line a vendor has to know.
ORDERED = frozenset({"product_id", "product_qty", "product_uom_id", "price_unit", "discount"})


class PurchaseOrderLine(models.Model):
    """What is bought for a sales order concerns that order from the first draft on.

    What is under way is kept with the line: two notices at once meet on its row.
    """

    _inherit = "purchase.order.line"

    # Read with the line: each receipt asks for it.
    integration_announced = fields.Json(
        copy=False,
        readonly=True,
        help="What vendors announced and what of it has come, see tools.announcements.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if any(vals.get(name) for vals in vals_list for name in PURPOSE):
            lines._integration_note_purpose()
        lines.filtered("product_id").order_id._integration_changed()
        return lines

    def write(self, vals):
        names = ORDERED.intersection(vals)
        before = names and {line: [line[name] for name in names] for line in self}
        result = super().write(vals)
        if names:
            changed = self.filtered(lambda line: before[line] != [line[name] for name in names])
            changed.order_id._integration_changed()
        if "order_id" in vals or any(name in vals for name in PURPOSE):
            self._integration_note_purpose()
        return result

    def unlink(self):
        # Of a purchase that is a draft again, lines can be deleted.
        orders = self.filtered("product_id").order_id
        result = super().unlink()
        orders._integration_changed()
        return result

    def _integration_note_purpose(self):
        """Note the purchases, drafts too: they own nothing yet, but their sales orders wait."""
        bought = self.filtered(lambda line: line.sale_line_id or line.move_dest_ids)
        if bought:
            # Procurements make purchases for people who may not read them.
            bought.sudo().order_id._integration_note_aside()

    def _integration_short_key(self, number):
        """One open exception for a shipment of a line that came short."""
        return f"{SHORT}:{self.id}:{number}"

    def _integration_settle_short(self):
        """Close the exceptions of shipments that are not short any more, or are missed by nobody.

        Costs nothing where nothing was announced.
        """
        lines = self.filtered("integration_announced")
        if not lines:
            return
        # Exceptions are closed by code only, whoever receives the goods.
        open_ones = (
            self.env["integration.exception"]
            .sudo()
            .search(
                [
                    ("is_open", "=", True),
                    ("res_model", "=", "purchase.order"),
                    ("res_id", "in", lines.order_id.ids),
                    ("dedupe_key", "=like", f"{SHORT}:%"),
                ]
            )
        )
        missed = {
            line._integration_short_key(shipment.number)
            for line in (lines if open_ones else ())
            if any(move.state not in ("done", "cancel") for move in line.move_ids)
            for shipment in Announced(line.integration_announced, line.qty_received).shipments
            if shipment.missing > LEAST
        }
        own = tuple(line._integration_short_key("") for line in lines)
        open_ones.filtered(
            lambda one: one.dedupe_key.startswith(own) and one.dedupe_key not in missed
        )._resolve("auto")
