"""The service account of a system: rights for its work, and no way to log in."""

from odoo import models
from odoo.fields import Command


class IntegrationSystem(models.Model):
    """One account per system, so that the trail of a document names who made it."""

    _inherit = "integration.system"

    def _service_login(self):
        """:return: the login that marks the account made for this system"""
        self.ensure_one()
        return f"__integration__{self.company_id.id}.{self.code}"

    def _service_accounts(self):
        """:return: every account that was made for a system, of any company"""
        return self.env["res.users"].search([("login", "=like", r"\_\_integration\_\_%")])

    def _ensure_service_user(self):
        """Return the service account of this system; made when there is none.

        The account is an internal user without a password: nobody can log in with it. It gets
        the groups that the handlers of its flows name.

        :return: ``res.users``
        """
        self.ensure_one()
        # Administrators of the monitor need not be administrators of users.
        system = self.sudo()
        if system.service_user_id:
            return self.service_user_id
        login = system._service_login()
        users = system.env["res.users"].with_context(
            active_test=False, no_reset_password=True, mail_create_nosubscribe=True
        )
        account = users.search([("login", "=", login)], limit=1)
        if not account:
            account = users.create(
                {
                    "name": system.env._("Integration %(system)s", system=system.name),
                    "login": login,
                    "email": False,
                    "active": True,
                    "company_id": system.company_id.id,
                    "company_ids": [Command.set(system.company_id.ids)],
                    "notification_type": "inbox",
                    "group_ids": [
                        Command.set(
                            [
                                system.env.ref("base.group_user").id,
                                system.env.ref("integration_monitor.group_service").id,
                            ]
                        )
                    ],
                }
            )
        account.active = True
        system.service_user_id = account
        return self.service_user_id

    def action_open_flows(self):
        """Open the flows of this system."""
        return self._open_related("integration_monitor.action_integration_flow")

    def action_open_endpoints(self):
        """Open the endpoints of this system."""
        return self._open_related("integration_monitor.action_integration_endpoint")

    def action_open_exceptions(self):
        """Open the exceptions of this system."""
        return self._open_related("integration_monitor.action_integration_exception")

    def action_open_messages(self):
        """Open the messages of this system."""
        return self._open_related("integration_monitor.action_integration_message")

    def _open_related(self, xmlid):
        """:return: the action, narrowed to this system"""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("system_id", "=", self.id)]
        action["context"] = {"default_system_id": self.id}
        return action
