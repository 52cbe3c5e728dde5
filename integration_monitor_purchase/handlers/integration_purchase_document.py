"""What the handlers of purchases share: which purchase and which line a vendor speaks of."""

from odoo import models

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError
from odoo.addons.integration_monitor.tools.replay import GUARDED, Verdict

#: Purchases that a vendor may speak of.
PLACED = "purchase"


class IntegrationPurchaseDocument(models.AbstractModel):
    """Beside ``integration.handler``; runs as the service account of the flow."""

    _name = "integration.purchase.document"
    _description = "Purchases that vendors' messages speak of"

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return ("purchase.group_purchase_user", "stock.group_stock_user")

    def _purchase_of(self, message, data):
        """Find the purchase that a vendor names by our number.

        :param data: ``Reader`` with the text ``order``
        :raise ContractError: no number
        :raise BusinessError: unknown, of another vendor, or not placed
        """
        number = data.text("order")
        if not number:
            raise ContractError(self.env._("The %(what)s names no “order”.", what=data.where))
        flow = message.flow_id
        order = self.env["purchase.order"].search(
            [("name", "=", number), ("company_id", "=", flow.company_id.id)], limit=1
        )
        vendor = flow.system_id.partner_id.commercial_partner_id
        if not order or (vendor and order.partner_id.commercial_partner_id != vendor):
            raise BusinessError(
                self.env._(
                    "%(system)s speaks of purchase %(order)s, which is none of its own here. Ask "
                    "the vendor which purchase is meant.",
                    system=flow.system_id.name,
                    order=number,
                )
            )
        if order.state != PLACED:
            raise BusinessError(
                self.env._(
                    "Purchase %(order)s is not placed (any more). Confirm it, then press Retry; or "
                    "tell the vendor.",
                    order=order.name,
                )
            )
        return order

    def _line_of(self, order, data):
        """Find the line that a vendor names by our line number, else by a product's code.

        :param data: ``Reader`` with ``line_id`` or ``sku``
        :raise BusinessError: none or several lines
        """
        lines = order.order_line.filtered(lambda line: not line.display_type)
        key = data.identifier("line_id")
        if key:
            found = lines.filtered(lambda line: str(line.id) == key)
        else:
            key = data.text("sku")
            found = lines.filtered(lambda line: key and key in self._codes_of(line))
        if len(found) != 1:
            raise BusinessError(
                self.env._(
                    "Purchase %(order)s has no single line “%(key)s”. Ask the vendor which line is "
                    "meant.",
                    order=order.name,
                    key=key or "?",
                )
            )
        return found

    def _codes_of(self, line):
        """:return: the codes by which a vendor and we know the product of a line, his first"""
        vendor = line.order_id.partner_id.commercial_partner_id
        sellers = line.product_id.seller_ids.filtered(
            lambda seller: seller.partner_id.commercial_partner_id == vendor
            and seller.product_id in (line.product_id, line.product_id.browse())
        )
        own = line.product_id.default_code
        return [code for code in (*sellers.mapped("product_code"), own) if code]

    def _replay_states(self):
        return ("none", "draft", "open", "shipped", "invoiced", "cancelled", "deleted")

    def _replay_state(self, message, document):
        if not document:
            return super()._replay_state(message, document)
        order = document.purchase_id if document._name == "stock.picking" else document
        if "cancel" in (document.state, order.state):
            return "cancelled"
        if any(line.qty_invoiced for line in order.order_line):
            return "invoiced"
        if any(line.qty_received for line in order.order_line):
            return "shipped"
        return "open" if order.state == PLACED else "draft"

    def _replay_verdict(self, message, document, *, new_key=False):
        """Nothing is repeated of a purchase that goods or a bill came for."""
        state = self._replay_state(message, document)
        if state == "shipped":
            text = self.env._("Goods of %s have come.", document.display_name)
            return Verdict("refuse", state, text, overridable=True)
        if state in GUARDED:
            return self._guard_verdict(state, document)
        if state == "draft":
            text = self.env._("%s is not placed.", document.display_name)
            return Verdict("refuse", state, text, overridable=True)
        return super()._replay_verdict(message, document, new_key=new_key)
