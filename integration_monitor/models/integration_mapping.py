"""What a partner's word means here: its SKU, unit, tax, carrier."""

from odoo import api, fields, models

MAPPING_MODELS = {
    "product": "product.product",
    "unit": "uom.uom",
    "tax": "account.tax",
    "carrier": "res.partner",
    "country": "res.country",
    "payment": "account.journal",
}


class IntegrationMapping(models.Model):
    """One external value and the record that it stands for."""

    _name = "integration.mapping"
    _description = "Integration mapping"
    _order = "system_id, kind, external_value"

    system_id = fields.Many2one("integration.system", required=True, index=True, ondelete="cascade")
    flow_id = fields.Many2one(
        "integration.flow",
        ondelete="cascade",
        domain="[('system_id', '=', system_id)]",
        help="Empty: for every flow of the system.",
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("product", "Product"),
            ("unit", "Unit of measure"),
            ("tax", "Tax"),
            ("carrier", "Carrier"),
            ("country", "Country"),
            ("payment", "Payment method"),
            ("other", "Other"),
        ],
        required=True,
        default="product",
    )
    external_value = fields.Char(required=True, help="Exactly as the partner sends it.")
    res_model = fields.Char(required=True, string="Model")
    res_id = fields.Many2oneReference(model_field="res_model", required=True, string="Record ID")
    reference = fields.Reference(
        selection="_selection_reference",
        compute="_compute_reference",
        inverse="_inverse_reference",
        string="Stands For",
    )
    active = fields.Boolean(default=True)
    last_used_at = fields.Datetime(readonly=True, copy=False)

    _record_idx = models.Index("(res_id, res_model)")
    _value_uniq = models.Constraint(
        "UNIQUE NULLS NOT DISTINCT (system_id, flow_id, kind, external_value)",
        "This value of the partner is mapped already.",
    )

    @api.model
    def _mapping_models(self):
        """:return: dict of kind to the model that its values stand for; addons add theirs"""
        return MAPPING_MODELS

    @api.model
    def _selection_reference(self):
        """The models that a partner's value may stand for."""
        names = sorted(set(self._mapping_models().values()))
        models_ = self.env["ir.model"].sudo().search([("model", "in", names)])
        return [(model.model, model.name) for model in models_]

    @api.depends("res_model", "res_id")
    def _compute_reference(self):
        """Show the pair (model, id) as one record to choose."""
        for mapping in self:
            known = mapping.res_model in self._mapping_models().values() and mapping.res_id
            mapping.reference = f"{mapping.res_model},{mapping.res_id}" if known else False

    @api.model_create_multi
    def create(self, vals_list):
        """Take the chosen record apart before the row is written: both columns are required."""
        for vals in vals_list:
            if vals.get("reference"):
                model, _comma, number = vals.pop("reference").partition(",")
                vals.update(res_model=model, res_id=int(number))
        return super().create(vals_list)

    def _inverse_reference(self):
        """Store the chosen record as the pair (model, id)."""
        for mapping in self:
            if mapping.reference:
                mapping.res_model = mapping.reference._name
                mapping.res_id = mapping.reference.id

    @api.model
    def _resolve(self, flow, kind, value):
        """Return the record that a partner's value stands for.

        :param flow: ``integration.flow``; its own mapping wins over the system's
        :param str kind: product, unit, tax, carrier, country, payment or other
        :param str value: exactly as the partner sends it
        :return: the record in the caller's environment, or an empty ``integration.mapping``
        """
        if value in (None, False, ""):
            return self.browse()
        mapping = self.search(
            [
                ("system_id", "=", flow.system_id.id),
                ("flow_id", "in", (flow.id, False)),
                ("kind", "=", kind),
                ("external_value", "=", str(value)),
            ],
            order="flow_id",  # NULLs sort last: the flow's own mapping comes first
            limit=1,
        )
        if not mapping or mapping.res_model not in self.env:
            return self.browse()
        return self.env[mapping.res_model].browse(mapping.res_id).exists() or self.browse()
