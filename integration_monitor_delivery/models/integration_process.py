"""Processes know that providers of deliveries report bookings, without a flow."""

from odoo import models

from .integration_transaction import MESSAGE_TYPE


class IntegrationProcess(models.Model):
    _inherit = "integration.process"

    def _reported_types(self):
        reported = super()._reported_types()
        if self.env["delivery.carrier"]._integration_has_providers():
            reported.add(MESSAGE_TYPE)
        return reported
