from odoo import fields, models

#: Purchases whose goods go straight to a customer, as ``kind`` of their rows says.
KIND = "dropship"
#: What transfers show, whether or not somebody reports it.
SHOWN_TYPES = frozenset({"purchase.asn", "carrier.tracking"})


class IntegrationProcess(models.Model):
    """Dropships follow a process of their own from their beginning on."""

    _inherit = "integration.process"

    root_kind = fields.Selection(selection_add=[(KIND, "Dropships")], ondelete={KIND: "cascade"})

    def _reported_types(self):
        shown = SHOWN_TYPES if self.root_kind == KIND else ()
        return super()._reported_types().union(shown)
