"""Whatever provider a delivery method has: its operations are seen."""

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..carrier_operation import carrier_operation
from ..tools.carrier_operation import BOOK, CANCEL, LOCAL_PROVIDERS, RATE, RETURN_LABEL, TRACK


class DeliveryCarrier(models.Model):
    """Odoo hands each operation to a method that is named after the provider.

    Methods that only calculate (fixed price, rules) are passed by.
    """

    _inherit = "delivery.carrier"

    integration_system_id = fields.Many2one(
        "integration.system",
        string="Carrier's System",
        check_company=True,
        index="btree_not_null",
        help="What the provider does is shown as exchanges with this system, and orders that wait "
        "for the carrier name it.",
    )
    integration_endpoint_id = fields.Many2one(
        "integration.endpoint",
        string="Carrier's Endpoint",
        check_company=True,
        domain="[('system_id', '=', integration_system_id)]",
        index="btree_not_null",
        help="The API that the provider calls: its health and its figures take in what the "
        "provider does.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        carriers = super().create(vals_list)
        self.env.registry.clear_cache()  # whether there are providers
        return carriers

    def write(self, vals):
        result = super().write(vals)
        if "delivery_type" in vals:
            self.env.registry.clear_cache()
        return result

    @api.onchange("integration_system_id")
    def _onchange_integration_system(self):
        """An endpoint belongs to its system."""
        if self.integration_endpoint_id.system_id != self.integration_system_id:
            self.integration_endpoint_id = False

    @api.constrains("integration_system_id", "integration_endpoint_id")
    def _check_integration_endpoint(self):
        for carrier in self.filtered("integration_endpoint_id"):
            endpoint, system = carrier.integration_endpoint_id, carrier.integration_system_id
            if endpoint.system_id != system:
                raise ValidationError(
                    self.env._(
                        "The endpoint “%(endpoint)s” belongs to %(system)s: choose that system for "
                        "%(carrier)s, or one of its own endpoints.",
                        endpoint=endpoint.name,
                        system=endpoint.system_id.name,
                        carrier=carrier.name,
                    )
                )

    @api.model
    @tools.ormcache()
    def _integration_has_providers(self):
        """Whether a delivery method, archived or not, has a provider that is observed."""
        # Whoever moves a document need not read delivery methods of other companies.
        carriers = self.sudo().with_context(active_test=False)
        return bool(carriers.search_count([("delivery_type", "not in", LOCAL_PROVIDERS)], limit=1))

    def _integration_provides(self, operation):
        """Whether another provider than Odoo's own does this, such as ``send_shipping``."""
        provider = self.delivery_type
        return provider not in LOCAL_PROVIDERS and hasattr(self, f"{provider}_{operation}")

    def rate_shipment(self, order):
        if not self._integration_provides("rate_shipment"):
            return super().rate_shipment(order)
        with carrier_operation(self, RATE, order) as seen:
            result = super().rate_shipment(order)
            if isinstance(result, dict) and not result.get("success"):
                seen.refused(result.get("error_message"))
            seen.answered([result])
        return result

    def send_shipping(self, pickings):
        if not self._integration_provides("send_shipping"):
            return super().send_shipping(pickings)
        with carrier_operation(self, BOOK, pickings) as seen:
            result = super().send_shipping(pickings)
            seen.answered(result)
        return result

    def get_return_label(self, pickings, tracking_number=None, origin_date=None):
        if not self._integration_provides("get_return_label"):
            return super().get_return_label(pickings, tracking_number, origin_date)
        with carrier_operation(self, RETURN_LABEL, pickings) as seen:
            result = super().get_return_label(pickings, tracking_number, origin_date)
            seen.answered(result)
        self.env["integration.carrier.label"]._note_kept(self, pickings, result)
        return result

    def get_tracking_link(self, picking):
        if not self._integration_provides("get_tracking_link"):
            return super().get_tracking_link(picking)
        with carrier_operation(self, TRACK, picking):
            return super().get_tracking_link(picking)

    def cancel_shipment(self, pickings):
        if not self._integration_provides("cancel_shipment"):
            return super().cancel_shipment(pickings)
        with carrier_operation(self, CANCEL, pickings):
            return super().cancel_shipment(pickings)
