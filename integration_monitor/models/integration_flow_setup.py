"""Checks on a flow's configuration, and the account that runs it."""

from ast import literal_eval

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

from .integration_flow import CODE_PATTERN

ADMIN_GROUPS = (
    "base.group_system",
    "base.group_erp_manager",
    "integration_monitor.group_administrator",
)
# The document that an event speaks of, by the first word of the event's code.
EVENT_MODELS = {
    "sale": "sale.order",
    "picking": "stock.picking",
    "invoice": "account.move",
    "refund": "account.move",
    "payment": "account.payment",
}


class IntegrationFlow(models.Model):
    """What an administrator is told when a setting cannot work."""

    _inherit = "integration.flow"

    @api.model_create_multi
    def create(self, vals_list):
        """Give a flow without an account the one of its system."""
        flows = super().create(vals_list)
        for flow in flows.filtered(lambda flow: not flow.service_user_id):
            flow.service_user_id = flow.system_id._ensure_service_user()
        for flow in flows:
            flow._grant_handler_groups()
        self.env.registry.clear_cache()
        return flows

    def write(self, vals):
        """Forget what was cached about triggers; give the account what a new handler needs."""
        result = super().write(vals)
        if "handler" in vals or "service_user_id" in vals:
            for flow in self:
                flow._grant_handler_groups()
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Forget what was cached about triggers."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.constrains("code")
    def _check_code(self):
        """The code is part of an address that partners are given."""
        for flow in self:
            if not CODE_PATTERN.fullmatch(flow.code or ""):
                raise ValidationError(
                    self.env._(
                        "The code “%(code)s” cannot be part of an address: use small letters, "
                        "digits, dot, dash and underscore only, for example shop.orders.",
                        code=flow.code,
                    )
                )

    @api.constrains("direction", "handler", "endpoint_id")
    def _check_direction(self):
        """A flow needs what its direction uses."""
        for flow in self:
            if flow.direction == "outbound" and not flow.endpoint_id:
                raise ValidationError(
                    self.env._(
                        "Flow “%(flow)s” sends messages: choose the endpoint to send them to.",
                        flow=flow.name,
                    )
                )
            if flow.direction not in flow._handler()._directions():
                raise ValidationError(
                    self.env._(
                        "“%(handler)s” does not work in this direction: choose another handler "
                        "or turn the direction of flow “%(flow)s”.",
                        handler=flow._handler()._label(),
                        flow=flow.name,
                    )
                )

    @api.constrains("service_user_id", "company_id")
    def _check_service_user_id(self):
        """The account must be able to work, and must not be able to do everything."""
        for flow in self:
            account = flow.service_user_id
            if not account:
                continue
            if account._is_superuser() or any(account.has_group(g) for g in ADMIN_GROUPS):
                raise ValidationError(
                    self.env._(
                        "“%(account)s” is an administrator. Flows run as an account with only the "
                        "rights they need: choose a service account, or leave the field empty to "
                        "have one made.",
                        account=account.name,
                    )
                )
            if not account.active:
                raise ValidationError(
                    self.env._(
                        "The account “%(account)s” is archived: activate it or choose another.",
                        account=account.name,
                    )
                )
            if not account.has_group("integration_monitor.group_service"):
                raise ValidationError(
                    self.env._(
                        "“%(account)s” is no service account: give it the group “Integration "
                        "service account”, or leave the field empty to have one made.",
                        account=account.name,
                    )
                )
            if flow.company_id not in account.company_ids:
                raise ValidationError(
                    self.env._(
                        "The account “%(account)s” may not work for %(company)s: add the company "
                        "to the account.",
                        account=account.name,
                        company=flow.company_id.name,
                    )
                )

    @api.constrains("trigger_domain", "trigger_event", "handler")
    def _check_trigger_domain(self):
        """A domain that fails would do so when somebody confirms an order."""
        for flow in self.filtered("trigger_domain"):
            model = EVENT_MODELS.get((flow.trigger_event or "").partition(".")[0])
            try:
                domain = Domain(literal_eval(flow.trigger_domain))
                if model:
                    domain.validate(self.env[model])
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of flow “%(flow)s” cannot be read: %(error)s",
                        flow=flow.name,
                        error=error,
                    )
                ) from error

    @api.constrains("user_id")
    def _check_user_id(self):
        """Who owns exceptions must be able to see them."""
        for flow in self:
            if flow.user_id and not flow.user_id.has_group("integration_monitor.group_viewer"):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot see exceptions: give the role Operator of the "
                        "integration monitor first.",
                        user=flow.user_id.name,
                    )
                )

    def _grant_handler_groups(self):
        """Give an account that only does this work the groups that the handler names."""
        self.ensure_one()
        # Administrators of the monitor need not be administrators of users.
        account = self.service_user_id.sudo()
        if not account or account.login != self.system_id._service_login():
            # An account that a person chose keeps the rights that the person gave it.
            return
        groups = self.env["res.groups"]
        for xmlid in self._handler()._required_groups():
            groups |= self.env.ref(xmlid, raise_if_not_found=False) or self.env["res.groups"]
        missing = groups.sudo() - account.all_group_ids
        if missing:
            account.write({"group_ids": [Command.link(group.id) for group in missing]})

    def action_make_service_user(self):
        """Make the system's service account and use it for this flow."""
        self.check_access("write")
        for flow in self:
            flow.service_user_id = flow.system_id._ensure_service_user()
            flow._grant_handler_groups()
        return True
