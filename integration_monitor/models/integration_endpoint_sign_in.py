"""How calls to an endpoint sign in: password, token, key, signature, OAuth 2."""

from dataclasses import dataclass, field
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.errors import AuthError
from ..tools.http_address import address_fault
from ..tools.http_auth import HmacAuth, is_free_header
from ..tools.oauth2 import Grant

# In the context: a person wants to know how it is now, not what was found a moment ago.
FRESH = "integration_fresh_sign_in"


@dataclass(frozen=True)
class SignIn:
    """What one call needs to sign in; never logged.

    ``auth`` is for the HTTP client, ``headers`` are sent along, ``token`` is the OAuth token in
    ``headers``, to be named when the partner refuses it.
    """

    auth: Any = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    token: str | None = field(default=None, repr=False)


class IntegrationEndpoint(models.Model):
    """Checks the settings of each kind of sign-in; what a call makes of them."""

    _name = "integration.endpoint"
    _inherit = ["integration.endpoint", "integration.sign.in.mixin"]

    @api.constrains("auth_type", "oauth_token_url")
    def _check_oauth(self):
        """OAuth 2 needs an address to get tokens from, without a secret in it."""
        for endpoint in self.filtered(lambda e: e.auth_type == "oauth2"):
            fault = address_fault(endpoint.oauth_token_url)
            if fault == "login":
                raise ValidationError(
                    self.env._(
                        "Put client id and client secret of “%(endpoint)s” into its credential, "
                        "not into the token address.",
                        endpoint=endpoint.name,
                    )
                )
            if fault:
                raise ValidationError(
                    self.env._(
                        "Enter the full token address of “%(endpoint)s”, for example "
                        "https://login.partner.example/oauth2/token",
                        endpoint=endpoint.name,
                    )
                )

    @api.constrains(
        "auth_type",
        "auth_header",
        "hmac_header",
        "hmac_timestamp_header",
        "hmac_signed",
        "hmac_algorithm",
        "hmac_encoding",
    )
    def _check_sign_in_headers(self):
        """The headers of a sign-in can be sent, and take the place of no other."""
        for endpoint in self:
            headers = endpoint._sign_in_header_names()
            refused = [name for name in headers if not is_free_header(name)]
            if refused or len({name.lower() for name in headers}) < len(headers):
                raise ValidationError(
                    self.env._(
                        "“%(header)s” cannot carry the sign-in of “%(endpoint)s”: use a name of "
                        "letters, digits and dashes, one for each purpose, and none that HTTP "
                        "itself needs, for example X-Signature.",
                        header=(refused or headers)[0] or "",
                        endpoint=endpoint.name,
                    )
                )
            if endpoint.auth_type == "hmac" and not (
                endpoint.hmac_algorithm and endpoint.hmac_signed and endpoint.hmac_encoding
            ):
                raise ValidationError(
                    self.env._(
                        "Choose for “%(endpoint)s” the algorithm, what is signed and how the "
                        "signature is written.",
                        endpoint=endpoint.name,
                    )
                )

    def _active_credential(self):
        """Return the newest active credential for the endpoint's sign-in.

        :raises AuthError: when the endpoint signs in and has none
        """
        self.ensure_one()
        if self.auth_type == "none":
            return self.env["integration.credential"]
        now = fields.Datetime.now()
        fitting = self.credential_ids.filtered(
            lambda c: c.kind == self.auth_type and c.state == "active"
        )
        valid = fitting.filtered(lambda c: not c.expires_at or c.expires_at > now)
        if valid:
            return valid.sorted("id")[-1]
        if fitting:
            raise AuthError(
                self.env._(
                    "The credential of “%(endpoint)s” expired on %(day)s: ask the partner for a "
                    "new one; an administrator enters it on the endpoint.",
                    endpoint=self.name,
                    day=fields.Date.to_string(max(fitting.mapped("expires_at"))),
                )
            )
        raise AuthError(
            self.env._(
                "“%(endpoint)s” signs in, but has no valid credential; an administrator must "
                "enter one on the endpoint.",
                endpoint=self.name,
            )
        )

    def _sign_in_to_call(self, credential, refused=None):
        """Sign in for one call.

        What fails here has reached the token address at most: the error's ``nothing_sent`` says
        that the partner knows nothing of the call. Parameters as of :meth:`_sign_in`.
        """
        try:
            return self._sign_in(credential, refused)
        except Exception as error:
            error.nothing_sent = True
            raise

    def _sign_in(self, credential, refused=None):
        """Return what a call needs to sign in.

        :param credential: ``integration.credential``; empty without sign-in
        :param refused: the OAuth token that the partner has just refused, or None
        :return: ``SignIn``
        :raises IntegrationError: there is no secret, or no token could be had
        """
        kind = self.auth_type
        if kind == "basic":
            return SignIn(auth=(credential.login or "", credential._reveal()))
        if kind == "bearer":
            return SignIn(headers={"Authorization": f"Bearer {credential._reveal()}"})
        if kind == "api_key":
            return SignIn(headers={self.auth_header or "X-API-Key": credential._reveal()})
        if kind == "hmac":
            return SignIn(auth=self._hmac(credential._reveal()))
        if kind == "oauth2":
            token = credential._access_token(refused)
            return SignIn(headers={"Authorization": f"Bearer {token}"}, token=token)
        return SignIn()

    def _hmac(self, secret):
        """:return: the ``HmacAuth`` of this endpoint"""
        return HmacAuth(
            secret=secret,
            header=self.hmac_header,
            algorithm=self.hmac_algorithm,
            signed=self.hmac_signed,
            encoding=self.hmac_encoding,
            prefix=self.hmac_prefix or "",
            timestamp_header=self.hmac_timestamp_header or "",
        )

    def _grant(self, credential, secret):
        """:return: the ``Grant`` that this endpoint asks for"""
        return Grant(
            token_url=(self.oauth_token_url or "").strip(),
            client_id=credential.login or "",
            client_secret=secret,
            scope=(self.oauth_scope or "").strip(),
            audience=(self.oauth_audience or "").strip(),
            client_auth=self.oauth_client_auth or "basic",
        )
