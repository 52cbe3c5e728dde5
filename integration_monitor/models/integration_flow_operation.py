"""Which flow a call to Odoo's own API belongs to: stock inquiries, submitted orders."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache


class FlowOfOperation(NamedTuple):
    """A flow, as the line of a call names it."""

    flow_id: int
    system_id: int
    company_id: int
    service_user_id: int | None


class IntegrationFlow(models.Model):
    """A model's method stands for a flow; calls of it count as the flow's traffic."""

    _inherit = "integration.flow"

    rpc_operation = fields.Char(
        string="API Operation",
        help="Calls of this method over Odoo's API count as traffic of the flow, for example "
        "sale.order.create or product.product.search_read.",
    )

    @api.constrains("rpc_operation")
    def _check_rpc_operation(self):
        """A method that nobody can call would never be seen."""
        for flow in self.filtered("rpc_operation"):
            model, _dot, method = flow.rpc_operation.rpartition(".")
            known = model in self.env and callable(getattr(self.env[model], method, None))
            if not known or method.startswith("_"):
                raise ValidationError(
                    self.env._(
                        "“%(operation)s” is no method that can be called over the API. Write the "
                        "model and the method, for example sale.order.create.",
                        operation=flow.rpc_operation,
                    )
                )

    @api.model
    def _flows_of_operation(self, operation):
        """Return the flows of an operation, without a query.

        :param operation: ``model.method``, or None
        :return: tuple of ``FlowOfOperation``, the oldest first
        """
        return self._operations().get(operation, ())

    @api.model
    @ormcache()
    def _operations(self):
        """All operations at once; flows clear the cache when they change."""
        found = {}
        # Whoever calls, the line names the flow.
        for flow in self.sudo().search([("rpc_operation", "!=", False)], order="id"):
            entry = FlowOfOperation(
                flow.id, flow.system_id.id, flow.company_id.id, flow.service_user_id.id or None
            )
            found[flow.rpc_operation] = (*found.get(flow.rpc_operation, ()), entry)
        return found
