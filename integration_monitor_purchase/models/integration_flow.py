from odoo import api, models

from ..tools.purchase_root import EVENT_MODELS, FLOW_EVENTS, PURCHASE

#: The handler that sends purchases.
SENDING = "integration.handler.purchase.order"


class IntegrationFlow(models.Model):
    """Flows that purchases trigger, such as the order to the vendor."""

    _inherit = "integration.flow"

    @api.model_create_multi
    def create(self, vals_list):
        """What becomes of a purchase is told in its order, unless somebody says otherwise."""
        for vals in vals_list:
            if vals.get("handler") == SENDING:
                vals.setdefault("ordering", True)
        return super().create(vals_list)

    @api.onchange("handler")
    def _onchange_handler_of_purchases(self):
        if self.handler == SENDING:
            self.ordering = True

    @api.model
    def _trigger_events(self):
        return (*super()._trigger_events(), *FLOW_EVENTS)

    @api.model
    def _event_model(self, code):
        return EVENT_MODELS.get(code.partition(".")[0]) or super()._event_model(code)

    @api.model
    def _event_root(self, code):
        return PURCHASE.model if code in FLOW_EVENTS else super()._event_root(code)

    def _warehouse_of(self, record):
        if record._name == "purchase.order":
            return record.picking_type_id.warehouse_id
        return super()._warehouse_of(record)
