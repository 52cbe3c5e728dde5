"""Rules that a person writes: a domain on a model, and comparisons of its fields."""

from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# What people may write rules about. None of it holds secrets.
MODELS = (
    "sale.order", "sale.order.line", "stock.picking", "stock.move", "stock.quant", "account.move",
    "account.move.line", "account.payment", "product.product", "res.partner",
    "integration.transaction", "integration.message",
)  # fmt: skip


class IntegrationBusinessRule(models.Model):
    """The check ``domain``. No words of a person reach the database other than as values."""

    _inherit = "integration.business.rule"

    model = fields.Selection("_selection_model", string="Records")
    domain = fields.Char(
        string="Conditions",
        default="[]",
        help="Only values that do not change: compare with now, or with another field, below.",
    )
    condition_ids = fields.One2many(
        "integration.business.rule.condition", "rule_id", string="Comparisons", copy=True
    )
    since_field = fields.Char(
        string="Since", help="The grace counts from this moment. Empty: from the creation."
    )
    amount_field = fields.Char(
        string="At Stake", help="The amount in the record's currency. Empty: nothing."
    )

    @api.model
    def _rule_models(self):
        """:return: names of the models that people may write rules about; addons add theirs"""
        return MODELS

    @api.model
    def _selection_model(self):
        """The models, by their names."""
        # Whoever writes rules need not administer Odoo.
        names = {model.model: model.name for model in self.env["ir.model"].sudo().search(
            [("model", "in", self._rule_models())])}  # fmt: skip
        return [(name, names[name]) for name in self._rule_models() if name in names]

    @api.onchange("model")
    def _onchange_model(self):
        """Conditions on another model's fields mean nothing."""
        self.domain = "[]"
        self.condition_ids = self.since_field = self.amount_field = False

    @api.constrains(
        "check_code", "model", "domain", "warehouse_ids", "since_field", "amount_field", "text"
    )
    def _check_domain(self):
        """Try it with the rights of whoever writes it, who must not learn more from it than he may.

        A domain that fails would leave the rule blind.
        """
        for rule in self.filtered(lambda rule: rule.check_code == "domain"):
            if not rule.model:
                raise ValidationError(
                    self.env._("Choose the records that “%s” is about.", rule.name)
                )
            rule._check_field(rule.since_field, ("datetime", "date"), self.env._("Since"))
            rule._check_field(rule.amount_field, ("monetary", "float"), self.env._("At Stake"))
            try:
                # Constraints are checked as superuser.
                self.env[rule.model].sudo(False).search(rule._domain_wanted(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The conditions of “%(name)s” cannot be used: %(error)s. Write them like "
                        "[('state', '=', 'draft')].",
                        name=rule.name,
                        error=error,
                    )
                ) from error

    def _check_field(self, name, types, label):
        """Raise ValidationError unless the name is that of a stored field of these types."""
        self.ensure_one()
        suitable = self._comparable_fields(types)
        if name and name not in suitable:
            raise ValidationError(
                self.env._(
                    "“%(name)s” of “%(rule)s” cannot stand under “%(label)s”. Choose one of: "
                    "%(fields)s.",
                    name=name,
                    rule=self.name,
                    label=label,
                    fields=", ".join(sorted(suitable)),
                )
            )

    def _comparable_fields(self, types):
        """:return: dict of name to the field: stored, readable by everybody, of these types"""
        return {
            name: field
            for name, field in self.env[self.model]._fields.items()
            if field.type in types
            and field.store
            and field.column_type
            and not field.company_dependent
            and not field.groups
        }

    def _domain_wanted(self):
        """:return: the domain with the warehouses"""
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.warehouse_ids:
            fields_ = self.env[self.model]._fields
            paths = ("warehouse_id", "picking_type_id.warehouse_id", "location_id.warehouse_id",
                     "order_id.warehouse_id")  # fmt: skip
            path = next((path for path in paths if path.partition(".")[0] in fields_), None)
            if path is None:
                raise UserError(
                    self.env._("These records belong to no warehouse: take the warehouses out.")
                )
            domain &= Domain(path, "in", self.warehouse_ids.ids)
        return domain

    def _find_domain(self, now):
        """Records that meet the domain and the comparisons; facts are the compared values."""
        records = self.env[self.model]
        query = records._search(self._domain_wanted(), order="id")
        table = query.table

        def column(name, otherwise="NULL"):
            known = name and name in records._fields and records._fields[name].store
            return SQL.identifier(table, name) if known else SQL(otherwise)

        for condition in self.condition_ids:
            query.add_where(condition._sql(table, now))
        if "create_date" in records._fields and records._log_access:
            query.add_where(self._watched(self.model, column("id"), column("create_date"), now))
        names = {name for condition in self.condition_ids for name in condition._names()}
        facts = [SQL("%s::text", column(name)) for name in sorted(names)]
        partner = column("partner_id")
        return SQL(
            """
            SELECT d.id::text AS key, %(model)s AS res_model, d.id AS res_id, d.company_id,
                   %(warehouse)s AS warehouse_id, d.partner_id, d.since::timestamp AS since,
                   d.amount * CASE WHEN d.currency_id IS NULL OR d.currency_id = company.currency_id
                                   THEN 1 ELSE %(own)s / NULLIF(%(record)s, 0) END AS amount,
                   d.facts, NULL::jsonb AS detail
              FROM (%(rows)s) d
              JOIN (SELECT c.id, c.currency_id,
                           split_part(c.parent_path, '/', 1)::int AS root_id
                      FROM res_company c) company ON company.id = d.company_id
            """,
            model=self.model,
            # The domain knows the warehouses; what is left passes.
            warehouse=SQL("%s", self.warehouse_ids[:1].id or None),
            rows=query.select(
                SQL("%s AS id", column("id")),
                SQL(
                    "COALESCE(%s, %s) AS company_id",
                    column("company_id"),
                    (self.company_ids[:1] or self.env.company).id,
                ),
                SQL("%s::int AS partner_id", partner),
                SQL("%s AS since", column(self.since_field or "create_date")),
                SQL("%s AS amount", column(self.amount_field, "0")),
                SQL("%s::int AS currency_id", column(self._currency_field())),
                SQL("concat_ws('|', %s) AS facts", SQL(", ").join(facts or [SQL("''")])),
            ),
            own=_rate(SQL("company.currency_id"), now),
            record=_rate(SQL("d.currency_id"), now),
        )

    def _currency_field(self):
        """:return: name of the field with the currency of the amount at stake, or None"""
        field = self.env[self.model]._fields.get(self.amount_field or "")
        if field is None or field.type != "monetary":
            return None
        return field.get_currency_field(self.env[self.model])


def _rate(currency, now):
    """Return units of a currency for one of the group's, at the rate of the day.

    As ``res.currency._get_rates`` does it, for many at once.
    """
    return SQL(
        """COALESCE(
            (SELECT r.rate FROM res_currency_rate r
              WHERE r.currency_id = %(currency)s AND r.name <= %(day)s
                AND (r.company_id IS NULL OR r.company_id = company.root_id)
              ORDER BY r.company_id, r.name DESC LIMIT 1), 1)""",
        currency=currency,
        day=now.date(),
    )
