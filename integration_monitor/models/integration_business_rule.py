"""Rules on data and state: what a person must look at although no message failed."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .integration_exception import CATEGORIES
from .integration_system import CRITICALITIES

#: Fields that say what the rule looks for.
SUBJECT = ("check_code", "model")


class IntegrationBusinessRule(models.Model):
    """One rule. Each document that meets it opens one exception, which closes by itself.

    What is looked for is a ready-made *check*, or conditions on a model that a person writes. A
    check is an entry in ``check_code`` and a method ``_find_<check>(now)`` that returns a query of
    *findings*, see :meth:`_find`. Other addons add checks that way, and rules as data.
    """

    _name = "integration.business.rule"
    _description = "Business rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=True, help="An archived rule finds nothing, and closes what it opened."
    )
    check_code = fields.Selection(
        [
            ("shipped_not_invoiced", "Shipped and not invoiced"),
            ("invoiced_not_shipped", "Invoiced and not shipped"),
            ("quantities_differ", "Ordered, shipped and invoiced quantities differ"),
            ("price_differs", "Price differs from the shop's"),
            ("negative_stock", "Negative stock"),
            ("reservation_failed", "Goods cannot be reserved"),
            ("duplicate_order", "Order placed twice"),
            ("stuck_step", "Stuck in a step longer than usual"),
            ("unmapped_value", "Value without a mapping"),
            ("return_without_refund", "Returned and not refunded"),
            ("domain", "Records that meet conditions"),
        ],
        string="Looks For",
        required=True,
        default="domain",
    )
    category = fields.Selection(CATEGORIES, required=True, default="business")
    severity = fields.Selection(CRITICALITIES, required=True, default="normal")
    user_id = fields.Many2one(
        "res.users", string="Owner", ondelete="set null", help="Empty: by the owner rules."
    )
    deadline_hours = fields.Integer(
        string="Deadline (hours)", help="0: by the owner rules, else by severity."
    )
    grace_minutes = fields.Integer(
        string="Grace (minutes)",
        default=60,
        required=True,
        help="How long it may be so before an exception opens. What ends within the normal course "
        "of a day should end within this time.",
    )
    tolerance = fields.Float(
        digits=(16, 4),
        help="Differences up to this are none: units of the product for quantities, the order's "
        "currency for prices.",
    )
    minimum_samples = fields.Integer(
        string="At Least (cases)",
        default=30,
        required=True,
        help="Nobody knows what is usual for a step that fewer cases passed in 90 days.",
    )
    max_open = fields.Integer(
        string="Open At Most",
        default=500,
        required=True,
        help="With so many open exceptions the rule opens no further ones: a rule that finds "
        "everything helps nobody.",
    )
    watch_from = fields.Datetime(
        default=fields.Datetime.now,
        required=True,
        help="Older documents are left alone: nobody will look at what was before.",
    )
    company_ids = fields.Many2many("res.company", string="Companies", help="Empty: every company.")
    warehouse_ids = fields.Many2many(
        "stock.warehouse", string="Warehouses", help="Empty: every warehouse."
    )
    text = fields.Text(
        string="What Happened",
        translate=True,
        required=True,
        help="What the exception says. {document} and the other words in braces are replaced.",
    )
    advice = fields.Text(string="What to Do", translate=True)
    words = fields.Char(compute="_compute_words", string="Words for the Text")

    exception_ids = fields.One2many("integration.exception", "business_rule_id")
    exception_count = fields.Integer(string="Open Now", compute="_compute_exception_count")
    swept_at = fields.Datetime(string="Last Run", readonly=True, copy=False)
    found_count = fields.Integer(
        string="Found", readonly=True, copy=False, help="How many met the rule in its last run."
    )
    last_error = fields.Char(readonly=True, copy=False)

    _limits = models.Constraint(
        "CHECK (grace_minutes >= 0 AND deadline_hours >= 0 AND tolerance >= 0"
        " AND minimum_samples >= 2 AND max_open BETWEEN 1 AND 10000)",
        "Write no negative numbers; at least 2 cases, and 1 to 10,000 open exceptions.",
    )

    def _compute_exception_count(self):
        """Count what is open: one query."""
        # A count is shown to whoever may read the rule; nothing of an exception is.
        groups = (
            self.env["integration.exception"]
            .sudo()
            ._read_group(
                [
                    ("is_open", "=", True),
                    ("business_rule_id", "in", self.ids),
                    ("company_id", "in", self.env.companies.ids),
                ],
                ["business_rule_id"],
                ["__count"],
            )
        )
        counts = {rule.id: count for rule, count in groups}
        for rule in self:
            rule.exception_count = counts.get(rule.id, 0)

    @api.constrains("user_id", "company_ids")
    def _check_user_id(self):
        """Who owns exceptions must be able to see them."""
        for rule in self.filtered("user_id"):
            if not rule.user_id.has_group("integration_monitor.group_viewer"):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot see exceptions: give the role Operator of the "
                        "integration monitor first.",
                        user=rule.user_id.name,
                    )
                )
            foreign = rule.company_ids - rule.user_id.company_ids
            if foreign:
                raise ValidationError(
                    self.env._(
                        "%(user)s may not work for %(company)s: choose another owner, or none.",
                        user=rule.user_id.name,
                        company=foreign[0].name,
                    )
                )

    @api.constrains("company_ids", "warehouse_ids")
    def _check_warehouses(self):
        """A warehouse of another company would find nothing."""
        for rule in self.filtered("company_ids"):
            foreign = rule.warehouse_ids.filtered(
                lambda house, rule=rule: house.company_id not in rule.company_ids
            )
            if foreign:
                raise ValidationError(
                    self.env._(
                        "Warehouse %(warehouse)s belongs to %(company)s, which the rule is not "
                        "about: add the company, or take the warehouse out.",
                        warehouse=foreign[0].name,
                        company=foreign[0].company_id.name,
                    )
                )

    def write(self, vals):
        """Close what a rule opened when it is archived, or looks for something else from now on."""
        others = self.filtered(
            lambda rule: any(vals.get(name, rule[name]) != rule[name] for name in SUBJECT)
        )
        result = super().write(vals)
        if vals.get("active") is False:
            others = self
        others._close_all()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_closing(self):
        """Nobody would close what the rule opened."""
        self._close_all()

    def _close_all(self):
        """Close the open exceptions of the rules."""
        # Whoever changes rules need not be entitled to close exceptions by hand.
        self.sudo().exception_ids.filtered("is_open")._resolve(
            note=self.env._("Its rule was archived or changed.")
        )

    def action_open_exceptions(self):
        """Open what the rule has open."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_exception"
        )
        action["domain"] = [("business_rule_id", "=", self.id)]
        action["context"] = {"search_default_open": 1}
        return action

    def action_preview(self):
        """Open what the rule would find now; nothing is opened or closed."""
        self.ensure_one()
        preview = self.env["integration.business.rule.preview"]._of_rule(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What “%s” Would Find Now", self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "views": [(False, "form")],
            "target": "new",
        }
