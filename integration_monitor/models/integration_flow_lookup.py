"""Finding flow and endpoint by their codes, as code outside of the engine names them."""

from odoo import api, models
from odoo.tools import ormcache

CACHED = {"code", "system_id", "company_id", "active", "direction"}


class IntegrationFlow(models.Model):
    """What an exchange is told about the codes that it names."""

    _inherit = "integration.flow"

    @api.model
    def _exchange_target(self, flow_code, endpoint_code):
        """Tell where an exchange belongs; no query once the codes are known.

        :return: dict with ``flow_id``, ``endpoint_id``, ``system_id``, ``company_id``,
            ``direction`` (each may be None) and ``unknown``, the codes that nobody has:
            a tuple of ``flow`` and ``endpoint``
        """
        return dict(self._cached_target(flow_code, endpoint_code, self.env.company.id))

    @api.model
    @ormcache("flow_code", "endpoint_code", "company_id")
    def _cached_target(self, flow_code, endpoint_code, company_id):
        """The items of :meth:`_exchange_target`, as the cache keeps them."""
        # The line names ids only, on behalf of any user whose code talks to a partner.
        everything = self.sudo().with_context(active_test=False)
        flow = everything.browse()
        endpoint = everything.env["integration.endpoint"]
        if flow_code:
            flow = everything.search([("code", "=", flow_code)], order="active desc", limit=1)
        if endpoint_code:
            found = endpoint.search([("code", "=", endpoint_code)], order="active desc, id")
            company = flow.company_id.id or company_id
            endpoint = found.filtered(lambda item: item.company_id.id == company)[:1]
            if not endpoint and not flow and len(found) == 1:
                endpoint = found  # a code that only one company has is clear all the same
        elif flow.endpoint_id:
            endpoint = flow.endpoint_id
        unknown = []
        if flow_code and not flow:
            unknown.append("flow")
        if endpoint_code and not endpoint:
            unknown.append("endpoint")
        system = flow.system_id or endpoint.system_id
        return (
            ("flow_id", flow.id or None),
            ("endpoint_id", endpoint.id or None),
            ("system_id", system.id or None),
            ("company_id", system.company_id.id or None),
            ("direction", flow.direction or None),
            ("unknown", tuple(unknown)),
        )
