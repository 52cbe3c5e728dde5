"""How the partner is signed in to: what 'Connect a partner' asks for each kind."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from odoo.addons.integration_monitor.models.integration_endpoint_sign_in import (
    HMAC_ALGORITHMS,
    HMAC_ENCODINGS,
    HMAC_SIGNED,
    OAUTH_CLIENT_AUTH,
)
from odoo.addons.integration_monitor.tools import crypto
from odoo.addons.integration_monitor.tools.http_address import address_fault
from odoo.addons.integration_monitor.tools.http_auth import is_free_header

# The same fields, with the same names, as on the endpoint.
COPIED = (
    "auth_type",
    "auth_header",
    "hmac_header",
    "hmac_prefix",
    "hmac_algorithm",
    "hmac_signed",
    "hmac_encoding",
    "hmac_timestamp_header",
    "oauth_token_url",
    "oauth_scope",
    "oauth_audience",
    "oauth_client_auth",
)
WITH_LOGIN = ("basic", "oauth2")


class IntegrationConnectWizard(models.TransientModel):
    """Asks only what the chosen kind of sign-in needs, and says what is missing."""

    _inherit = "integration.connect.wizard"

    login = fields.Char(string="User")
    token = fields.Char(compute="_compute_token", inverse="_inverse_token")
    token_sealed = fields.Char(groups=NO_ACCESS)
    token_given = fields.Boolean(readonly=True)
    hmac_header = fields.Char(
        string="Header of the Signature",
        default="X-Signature",
        help="The header that carries the signature, as the partner names it.",
    )
    hmac_prefix = fields.Char(
        string="Before the Signature",
        help="What the partner wants before the signature, for example sha256=. Often nothing.",
    )
    hmac_algorithm = fields.Selection(HMAC_ALGORITHMS, string="Algorithm", default="sha256")
    hmac_signed = fields.Selection(
        HMAC_SIGNED,
        string="What Is Signed",
        default="body",
        help="The bytes of the body, or a timestamp (seconds since 1970), a dot and the body: "
        "partners who check the time want the second.",
    )
    hmac_encoding = fields.Selection(HMAC_ENCODINGS, string="Written As", default="hex")
    hmac_timestamp_header = fields.Char(
        string="Header of the Timestamp",
        default="X-Timestamp",
        help="The header that carries the timestamp that was signed.",
    )
    oauth_token_url = fields.Char(
        string="Token Address",
        help="Where tokens are given, for example https://login.partner.example/oauth2/token",
    )
    oauth_scope = fields.Char(
        string="Scope", help="What the token may be used for, as the partner says. Often nothing."
    )
    oauth_audience = fields.Char(
        string="Audience", help="Which API the token is for, when the partner asks for it."
    )
    oauth_client_auth = fields.Selection(
        OAUTH_CLIENT_AUTH,
        string="Client Signs In",
        default="basic",
        help="How client id and client secret are sent to the token address.",
    )

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
        for name in self._sign_in_headers():
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

    def _sign_in_headers(self):
        """:return: names of the headers that the kind of sign-in sends"""
        if self.auth_type == "api_key":
            return [self.auth_header]
        if self.auth_type == "hmac":
            stamp = [self.hmac_timestamp_header] if self.hmac_signed == "timestamp_body" else []
            return [self.hmac_header, *stamp]
        return []

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

    def _sign_in_values(self):
        """:return: the endpoint's values"""
        return {name: self[name] for name in COPIED}

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
