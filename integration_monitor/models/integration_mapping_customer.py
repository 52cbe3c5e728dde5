"""Customers of a shop, remembered by the shop's identifier or by their e-mail address."""

from odoo import api, fields, models


class IntegrationMapping(models.Model):
    """Who a shop's customer is here, so that a repeat customer is no new contact."""

    _inherit = "integration.mapping"

    kind = fields.Selection(
        selection_add=[("customer", "Customer")], ondelete={"customer": "cascade"}
    )

    @api.model
    def _search_values(self, flow, kind, values):
        """Return what many values of a partner stand for, in one query.

        :param flow: ``integration.flow``; its own mappings win over the system's
        :param str kind: see ``kind``
        :param values: iterable of texts exactly as the partner sends them
        :return: dict of value → record that exists
        """
        wanted = sorted({str(value) for value in values if value})
        if not wanted:
            return {}
        mappings = self.search(
            [
                ("system_id", "=", flow.system_id.id),
                ("flow_id", "in", (flow.id, False)),
                ("kind", "=", kind),
                ("external_value", "in", wanted),
            ],
            order="flow_id DESC",  # NULLs sort first: the flow's own mapping is taken last
        )
        ids_by_model = {}
        for mapping in mappings:
            ids_by_model.setdefault(mapping.res_model, set()).add(mapping.res_id)
        existing = {
            (model, record_id)
            for model, ids in ids_by_model.items()
            if model in self.env
            for record_id in self.env[model].browse(ids).exists().ids
        }
        return {
            mapping.external_value: self.env[mapping.res_model].browse(mapping.res_id)
            for mapping in mappings
            if (mapping.res_model, mapping.res_id) in existing
        }
