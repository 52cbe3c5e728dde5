"""Exceptions that a business rule opened."""

from odoo import api, fields, models


class IntegrationException(models.Model):
    """Knows its rule, and the facts that a person saw when he ignored it."""

    _inherit = "integration.exception"

    business_rule_id = fields.Many2one(
        "integration.business.rule", readonly=True, index="btree_not_null", ondelete="set null"
    )
    business_facts = fields.Char(
        readonly=True, copy=False, help="What was found, in short: the same is not opened twice."
    )

    @api.depends("business_rule_id.advice")
    def _compute_advice(self):
        return super()._compute_advice()

    def _advice_text(self):
        """What the rule says, and how the exception closes."""
        # An operator reads what the rule advises; the rule itself is the administrator's.
        rule = self.sudo().business_rule_id
        if not rule:
            return super()._advice_text()
        closing = self.env._(
            "This closes by itself when it is no longer so. If it is right as it is, press "
            "Ignore: it comes back only if the facts change."
        )
        return " ".join(filter(None, [rule.advice, closing]))

    def _seen_again(self, vals):
        """Other facts of the same matter."""
        result = super()._seen_again(vals)
        if "business_facts" in vals:
            self.write({"business_facts": vals["business_facts"]})
        return result
