"""Checks on a flow's configuration, and the account that runs it."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import ormcache

from .integration_flow import CODE_PATTERN

ADMIN_GROUPS = (
    "base.group_system",
    "base.group_erp_manager",
    "integration_monitor.group_administrator",
)


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
        if {"trigger_domain", "trigger_event", "handler"} & set(vals):
            self.sudo()._judge_undecided()  # messages and exceptions are the engine's
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
        for flow in self.filtered("service_user_id"):
            refusal = flow._account_refusal()
            if refusal:
                raise ValidationError(refusal)

    @ormcache("self.id")
    def _account_fits(self):
        """Tell whether the flow may run as its account.

        Odoo forgets what is cached when users, groups or flows change.
        """
        return bool(self.service_user_id) and not self._account_refusal()

    def _account_refusal(self):
        """Say why the flow may not run as its account; looked at again whenever it runs.

        :return: text for a person, or False
        """
        self.ensure_one()
        account = self.service_user_id
        if not account.active:
            return self.env._(
                "The account “%(account)s” is archived: activate it or choose another.",
                account=account.name,
            )
        if account._is_superuser() or any(account.has_group(group) for group in ADMIN_GROUPS):
            return self.env._(
                "“%(account)s” is an administrator. Flows run as an account with only the "
                "rights they need: choose a service account, or leave the field empty to "
                "have one made.",
                account=account.name,
            )
        if not account.has_group("integration_monitor.group_service"):
            return self.env._(
                "“%(account)s” is no service account: give it the group “Integration "
                "service account”, or leave the field empty to have one made.",
                account=account.name,
            )
        if self.company_id not in account.company_ids:
            return self.env._(
                "The account “%(account)s” may not work for %(company)s: add the company "
                "to the account.",
                account=account.name,
                company=self.company_id.name,
            )
        return False

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
