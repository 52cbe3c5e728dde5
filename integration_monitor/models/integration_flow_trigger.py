"""Which flows an event of a document triggers."""

from odoo import api, models
from odoo.tools import ormcache

from ..tools.stock_root import HANDLER, STOCK


class IntegrationFlow(models.Model):
    """Looked up in a cache: a document without flows costs no query."""

    _inherit = "integration.flow"

    @api.model
    @ormcache()
    def _flow_ids_by_event(self):
        """:return: dict of (event code, company id) → tuple of ids of outbound flows"""
        found = {}
        flows = self.sudo().search([("direction", "=", "outbound"), ("trigger_event", "!=", False)])
        for flow in flows:
            further = flow._handler()._further_events() if flow.handler in self.env else ()
            for code in dict.fromkeys((flow.trigger_event, *further)):
                key = (code, flow.company_id.id)
                found[key] = (*found.get(key, ()), flow.id)
        return found

    def _levels_followed(self):
        """:return: whether levels that this flow pushes to a channel have transactions"""
        self.ensure_one()
        if self.handler != HANDLER:
            return False
        process = self.env["integration.process"]
        return bool(process._for_root(STOCK.model, self.company_id.id))

    @api.model
    def _levels_pushed(self):
        """:return: whether any active flow is told of stock levels; without a query"""
        return any(code == "stock.changed" for code, _company_id in self._flow_ids_by_event())

    @api.model
    def _emit_for_events(self, events):
        """Create the messages that events of documents trigger.

        :param list events: objects with ``code``, ``res_model``, ``res_id`` and ``company_id``
        :return: the ``integration.message`` records
        """
        by_event = self._flow_ids_by_event()
        messages = self.env["integration.message"].sudo()
        if not by_event:
            return messages
        groups = {}
        for event in events:
            for flow_id in by_event.get((event.code, event.company_id), ()):
                groups.setdefault((flow_id, event.code, event.res_model), set()).add(event.res_id)
        for (flow_id, code, model), ids in groups.items():
            records = self.env[model].browse(sorted(ids))
            messages |= self.sudo().browse(flow_id)._emit(records, code)
        return messages
