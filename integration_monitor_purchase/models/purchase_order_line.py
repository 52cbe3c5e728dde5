from odoo import api, fields, models

from odoo.addons.integration_monitor.models.integration_document_mixin import PREFETCH

#: What a line is bought for.
PURPOSE = ("sale_line_id", "move_dest_ids")
#: What of a line a vendor has to know.
ORDERED = frozenset({"product_id", "product_qty", "product_uom_id", "price_unit", "discount"})


class PurchaseOrderLine(models.Model):
    """What is bought for a sales order concerns that order from the first draft on.

    What is under way is kept with the line: two notices at once meet on its row.
    """

    _inherit = "purchase.order.line"

    integration_announced = fields.Json(
        copy=False,
        readonly=True,
        prefetch=PREFETCH,
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
