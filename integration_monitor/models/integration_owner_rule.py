"""Rules that name the owner of new exceptions."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..tools.owner_rules import OwnerRule, last_match
from .integration_exception import CATEGORIES
from .integration_log import ERROR_CLASSES
from .integration_system import CRITICALITIES

# Conditions that must be equal; the names are those of the exception's fields.
EQUAL = (
    "flow_id",
    "system_id",
    "company_id",
    "category",
    "error_class",
    "severity",
    "source_model",
)


class IntegrationOwnerRule(models.Model):
    """One line of an ordered list; the last one that matches wins.

    Rules are asked once, when an exception opens. Whoever owns it then keeps it until a person
    hands it over.
    """

    _name = "integration.owner.rule"
    _description = "Owner rule of integration exceptions"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10, help="Later rules go before earlier ones.")
    active = fields.Boolean(default=True)
    user_id = fields.Many2one("res.users", string="Owner", required=True, ondelete="restrict")
    flow_id = fields.Many2one("integration.flow", ondelete="cascade", index="btree_not_null")
    system_id = fields.Many2one("integration.system", ondelete="cascade", index="btree_not_null")
    company_id = fields.Many2one("res.company", help="Empty: every company.", index=True)
    category = fields.Selection(CATEGORIES)
    error_class = fields.Selection(ERROR_CLASSES, string="Kind of Failure")
    severity = fields.Selection(CRITICALITIES)
    source_model = fields.Char(
        string="Record to Correct", help="For example product.product or account.tax."
    )
    text = fields.Char(string="Text Contains")
    amount_from = fields.Float(
        string="At Stake From", help="In the currency of the exception's company."
    )
    deadline_hours = fields.Integer(
        string="Deadline (hours)", help="0: by severity, two hours to three days."
    )

    _deadline_range = models.Constraint(
        "CHECK (deadline_hours >= 0)", "A deadline lies in the future: write hours from now."
    )

    @api.constrains("user_id", "company_id")
    def _check_user_id(self):
        """Who owns exceptions must be able to see them."""
        for rule in self:
            owner = rule.user_id
            if not owner.has_group("integration_monitor.group_viewer"):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot see exceptions: give the role Operator of the "
                        "integration monitor first.",
                        user=owner.name,
                    )
                )
            if rule.company_id and rule.company_id not in owner.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s may not work for %(company)s: choose another owner.",
                        user=owner.name,
                        company=rule.company_id.name,
                    )
                )

    @api.constrains("source_model")
    def _check_source_model(self):
        """A model that does not exist never matches."""
        for rule in self.filtered("source_model"):
            if rule.source_model not in self.env:
                raise ValidationError(
                    self.env._(
                        "There is no model “%s”: write its technical name, for example "
                        "product.product.",
                        rule.source_model,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Forget the cached rules."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Forget the cached rules."""
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        """Forget the cached rules."""
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache()
    def _rules(self):
        """:return: tuple of ``OwnerRule`` in order; no query while nobody changes them"""
        found = []
        for rule in self.sudo().search([]):  # asked by the engine, for every company
            wanted = {}
            for name in EQUAL:
                value = rule[name].id if name.endswith("_id") else rule[name]
                if value:
                    wanted[name] = value
            found.append(
                OwnerRule(
                    rule.user_id.id,
                    wanted,
                    rule.text or "",
                    rule.amount_from,
                    rule.deadline_hours,
                )
            )
        return tuple(found)


class IntegrationException(models.Model):
    """Asks the rules when an exception opens."""

    _inherit = "integration.exception"

    @api.model
    def _owner_rule(self, values):
        """:return: the ``OwnerRule`` about an exception with these values, or None"""
        return last_match(self.env["integration.owner.rule"]._rules(), values)

    @api.model
    def _rule_owner(self, rule, company_id):
        """:return: the owner that a rule names, if that account is used and sees the company"""
        users = self.env["res.users"]
        if not rule:
            return users
        return users.browse(rule.owner_id).filtered(
            lambda user: user.active and (not company_id or company_id in user.company_ids.ids)
        )
