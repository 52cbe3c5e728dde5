"""What each kind of sign-in needs to know, on an endpoint and while one is set up."""

from odoo import fields, models

HMAC_ALGORITHMS = [("sha256", "SHA-256"), ("sha512", "SHA-512")]
HMAC_SIGNED = [("body", "The body"), ("timestamp_body", "Timestamp, dot, body")]
HMAC_ENCODINGS = [("hex", "Hexadecimal"), ("base64", "Base64")]
OAUTH_CLIENT_AUTH = [
    ("basic", "In the header (Basic)"),
    ("post", "In the body (POST)"),
]

SIGN_IN_FIELDS = (
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


class IntegrationSignInMixin(models.AbstractModel):
    """The settings of signatures and of OAuth 2; its models have ``auth_type``, ``auth_header``."""

    _name = "integration.sign.in.mixin"
    _description = "Sign-in to an integration partner (mixin)"

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

    def _sign_in_header_names(self):
        """:return: names of the headers that the kind of sign-in sends"""
        if self.auth_type == "api_key":
            return [self.auth_header or "X-API-Key"]
        if self.auth_type == "hmac":
            names = [self.hmac_header or ""]
            if self.hmac_signed == "timestamp_body":
                names.append(self.hmac_timestamp_header or "")
            return names
        return []

    def _sign_in_values(self):
        """:return: the settings of the sign-in by name, for another record"""
        return {name: self[name] for name in SIGN_IN_FIELDS}
