"""One comparison of a field with another field, or with now."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

_MOMENTS = ("datetime", "date")
_NUMBERS = ("integer", "float", "monetary")
_OPERATORS = {
    "eq": SQL("="), "ne": SQL("IS DISTINCT FROM"), "lt": SQL("<"), "le": SQL("<="),
    "gt": SQL(">"), "ge": SQL(">="),
}  # fmt: skip


class IntegrationBusinessRuleCondition(models.Model):
    """What a domain cannot say, without words of a person in the SQL.

    Fields are looked up in the registry and quoted, operators are those of a list, numbers are
    parameters. All comparisons of a rule must hold.
    """

    _name = "integration.business.rule.condition"
    _description = "Comparison of a business rule"
    _order = "id"

    rule_id = fields.Many2one(
        "integration.business.rule", required=True, index=True, ondelete="cascade"
    )
    model = fields.Selection(related="rule_id.model")
    field_name = fields.Char(string="Field", required=True, help="A number, a date or a moment.")
    operator = fields.Selection(
        [
            ("lt", "is less than, before"),
            ("le", "is at most"),
            ("eq", "equals"),
            ("ne", "differs from"),
            ("ge", "is at least"),
            ("gt", "is more than, after"),
        ],
        required=True,
        default="lt",
    )
    against = fields.Selection(
        [("field", "the field"), ("now", "now")], string="Than", required=True, default="field"
    )
    other_field = fields.Char()
    offset = fields.Float(
        string="Plus", help="Added to the right side: hours for moments, else the number itself."
    )

    @api.constrains("field_name", "against", "other_field", "rule_id")
    def _check_fields(self):
        """Compare moments with moments, numbers with numbers, of records that one may read."""
        self.rule_id._check_domain()
        for condition in self.filtered("rule_id.model"):
            rule = condition.rule_id
            rule._check_field(condition.field_name, _MOMENTS + _NUMBERS, self.env._("Field"))
            if condition.against == "now":
                rule._check_field(condition.field_name, _MOMENTS, self.env._("Field"))
            elif not condition.other_field:
                raise ValidationError(
                    self.env._("Choose the field that “%s” is compared with.", condition.field_name)
                )
            else:
                kinds = _MOMENTS if condition._is_moment() else _NUMBERS
                rule._check_field(condition.other_field, kinds, self.env._("Other Field"))

    def _is_moment(self):
        """:return: whether dates or moments are compared"""
        field = self.env[self.rule_id.model]._fields[self.field_name]
        return field.type in _MOMENTS

    def _names(self):
        """:return: the names of the fields that are compared"""
        return [name for name in (self.field_name, self.against == "field" and self.other_field)
                if name]  # fmt: skip

    def _sql(self, table, now):
        """Return the comparison.

        :param str table: alias of the records
        :param datetime now: UTC
        :rtype: SQL
        """
        self.ensure_one()
        kind = SQL("timestamp") if self._is_moment() else SQL("numeric")
        left = SQL("%s::%s", SQL.identifier(table, self.field_name), kind)
        if self.against == "now":
            right = SQL("%s::timestamp", now)
        else:
            right = SQL("%s::%s", SQL.identifier(table, self.other_field), kind)
        if self.offset:
            plus = timedelta(hours=self.offset) if self._is_moment() else self.offset
            right = SQL("%s + %s", right, plus)
        return SQL("(%s %s %s)", left, _OPERATORS[self.operator], right)
