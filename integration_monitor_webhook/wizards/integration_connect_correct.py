"""After a test that failed: address and sign-in are corrected where they were entered."""

from odoo import models

from odoo.addons.integration_monitor.models.integration_sign_in_mixin import SIGN_IN_FIELDS

#: Fields of the third step, with the same names on the endpoint.
SHARED = ("base_url", "health_path", "verify_tls", "allowed_networks", *SIGN_IN_FIELDS)


class IntegrationConnectWizard(models.TransientModel):
    """Goes back to the third step of a connected partner; nothing is made twice."""

    _inherit = "integration.connect.wizard"

    def action_correct(self):
        """Show address and sign-in again, as the endpoint has them now, without its secret."""
        self.ensure_one()
        if self.endpoint_id:
            self._take_over_endpoint()
            self.step = "outbound"
        return self._reopen()

    def action_save_correction(self):
        """Give the endpoint what was corrected, and test it."""
        self.ensure_one()
        self._check_key()
        if self._needs_new_token():
            self.token_given = False
        self._check_outbound()
        self.endpoint_id.write({**self._outbound_values(), **self._sign_in_values()})
        self._store_credential(self.endpoint_id)
        self.step = "handover"
        return self.action_test_connection()

    def _needs_new_token(self):
        """:return: whether neither the endpoint nor this screen has a secret for the sign-in"""
        # sudo: the field is closed to everybody; only whether it is filled matters.
        return not self.sudo().token_sealed and not self._credential()

    def _credential(self):
        """:return: the endpoint's active ``integration.credential`` for the chosen sign-in"""
        return self.endpoint_id.credential_ids.filtered(
            lambda c: c.state == "active" and c.kind == self.auth_type
        ).sorted("id")[-1:]

    def _take_over_endpoint(self):
        """Show what the endpoint has; what was typed and not saved is dropped."""
        endpoint = self.endpoint_id
        self.write(
            {
                **{name: endpoint[name] for name in SHARED},
                "connection_state": False,
                "connection_message": False,
            }
        )
        credential = self._credential()
        # sudo: the sealed text is closed to everybody.
        self.sudo().write(
            {
                "login": credential.login,
                "token_sealed": False,
                "token_given": bool(credential),
            }
        )
