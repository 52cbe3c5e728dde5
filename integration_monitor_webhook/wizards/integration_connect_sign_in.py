"""How the partner is signed in to: what 'Connect a partner' asks for each kind."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from odoo.addons.integration_monitor.tools import crypto
from odoo.addons.integration_monitor.tools.http_address import address_fault
from odoo.addons.integration_monitor.tools.http_auth import is_free_header

WITH_LOGIN = ("basic", "oauth2")


class IntegrationConnectWizard(models.TransientModel):
    """Asks only what the chosen kind of sign-in needs, and says what is missing."""

    _name = "integration.connect.wizard"
    _inherit = ["integration.connect.wizard", "integration.sign.in.mixin"]

    login = fields.Char(string="User")
    token = fields.Char(compute="_compute_token", inverse="_inverse_token")
    token_sealed = fields.Char(groups=NO_ACCESS)
    token_given = fields.Boolean(readonly=True)

    def _compute_token(self):
        """Never shown again once typed."""
        self.token = False

    def _inverse_token(self):
        """Keep what was typed encrypted, between the steps too."""
        for wizard in self:
            if wizard.token:
                wizard._check_key()
                sealed = crypto.encrypt(wizard.token, wizard._encryption_key())
                # sudo: the sealed text is closed to everybody.
                wizard.sudo().write({"token_sealed": sealed, "token_given": True})

    def _check_sign_in(self):
        """What the chosen kind of sign-in needs was entered.

        :raises UserError: names what is missing
        """
        if self.auth_type == "none":
            return
        if self.auth_type == "oauth2":
            self._check_token_address()
        if self.auth_type in WITH_LOGIN and not self.login:
            raise UserError(
                self.env._("Enter the client id that the partner gave you.")
                if self.auth_type == "oauth2"
                else self.env._("Enter the user name that the partner gave you.")
            )
        if not self.token_given:
            raise UserError(
                self.env._("Enter the token, secret or password that the partner gave you.")
            )
        self._check_token()
        for name in self._sign_in_header_names():
            if not is_free_header(name):
                raise UserError(
                    self.env._(
                        "“%(header)s” cannot be the header of a sign-in: enter its name as the "
                        "partner gives it, for example X-Signature.",
                        header=name or "",
                    )
                )

    def _check_token(self):
        """What was typed can be sent the way the partner wants it."""
        # sudo: the field is closed to everybody; it holds what this user typed a moment ago.
        sealed = self.sudo().token_sealed
        if sealed:
            token = crypto.decrypt(sealed, self._encryption_key())
            refusal = self.env["integration.credential"]._secret_refusal(self.auth_type, token)
            if refusal:
                raise UserError(refusal)

    def _sign_in_header_names(self):
        """Where an endpoint falls back on the usual header for a key, a name is asked for here."""
        if self.auth_type == "api_key":
            return [self.auth_header]
        return super()._sign_in_header_names()

    def _check_token_address(self):
        """The token address can be one, and holds no secret."""
        fault = address_fault(self.oauth_token_url)
        if fault == "login":
            raise UserError(
                self.env._("Put client id and secret into the fields below, not into the address.")
            )
        if fault:
            raise UserError(
                self.env._(
                    "Enter the full address where the partner gives tokens, for example "
                    "https://login.partner.example/oauth2/token"
                )
            )

    def _store_credential(self, endpoint):
        """Move the sign-in that was typed to the endpoint, in place of the one it has."""
        former = endpoint.credential_ids.filtered(lambda c: c.state == "active")
        kept = former.filtered(lambda c: c.kind == self.auth_type)[:1]
        (former - kept).action_retire()
        if self.auth_type == "none":
            return
        values = {"login": self.login if self.auth_type in WITH_LOGIN else False}
        # sudo: the field is closed to everybody; it holds what this user typed a moment ago.
        wizard = self.sudo()
        if wizard.token_sealed:
            values["secret"] = crypto.decrypt(wizard.token_sealed, self._encryption_key())
            values["expires_at"] = False
        if kept:
            kept.write(values)
        else:
            kept.create({"endpoint_id": endpoint.id, "kind": self.auth_type, **values})
        wizard.token_sealed = False
