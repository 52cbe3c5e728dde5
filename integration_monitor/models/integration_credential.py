"""Secrets: encrypted at rest, revealed to the engine alone."""

import base64
import os
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import config

from ..tools import crypto
from ..tools.errors import AuthError, IntegrationError
from ..tools.http_address import has_control_characters, is_sendable_secret

KEY_VARIABLE = "INTEGRATION_MONITOR_KEY"
KEY_OPTION = "integration_monitor_key"


class IntegrationCredential(models.Model):
    """One secret of an endpoint (to sign in) or of a flow (to verify webhooks)."""

    _name = "integration.credential"
    _description = "Integration credential"
    _inherit = ["mail.thread"]
    _order = "state, id desc"

    name = fields.Char(compute="_compute_name", store=True)
    endpoint_id = fields.Many2one(
        "integration.endpoint", index="btree_not_null", ondelete="cascade"
    )
    flow_id = fields.Many2one("integration.flow", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True)
    kind = fields.Selection(
        [
            ("bearer", "Bearer token"),
            ("basic", "User and password"),
            ("api_key", "API key"),
            ("hmac", "Signing secret (HMAC)"),
            ("oauth2", "OAuth 2 client"),
            ("webhook_secret", "Webhook secret"),
        ],
        required=True,
        default="bearer",
    )
    login = fields.Char(
        help="User name, for sign-in with user and password; client id, for OAuth 2."
    )
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        copy=False,
        help="Stored encrypted and never shown again. Empty: the stored one stays.",
    )
    secret_encrypted = fields.Char(copy=False, groups=NO_ACCESS)
    fingerprint = fields.Char(
        string="Ends With", readonly=True, copy=False, help="Its last four characters."
    )
    state = fields.Selection(
        [("active", "Active"), ("retired", "Retired")],
        default="active",
        required=True,
        tracking=True,
        copy=False,
    )
    expires_at = fields.Datetime(tracking=True)
    last_used_at = fields.Datetime(readonly=True, copy=False)

    _one_owner = models.Constraint(
        "CHECK((endpoint_id IS NULL) <> (flow_id IS NULL))",
        "A credential belongs either to an endpoint or to a flow.",
    )

    @api.depends("endpoint_id.name", "flow_id.name", "kind", "fingerprint")
    def _compute_name(self):
        """Name the owner and the kind, with the last characters of the secret."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for credential in self:
            owner = credential.endpoint_id.name or credential.flow_id.name or ""
            tail = f" …{credential.fingerprint}" if credential.fingerprint else ""
            credential.name = f"{owner}: {labels.get(credential.kind, '')}{tail}"

    @api.depends("endpoint_id.company_id", "flow_id.company_id")
    def _compute_company_id(self):
        """The company of the owner."""
        for credential in self:
            owner = credential.endpoint_id or credential.flow_id
            credential.company_id = owner.company_id

    @api.depends("secret_encrypted")
    def _compute_secret(self):
        """Never show a stored secret."""
        self.secret = False

    def _inverse_secret(self):
        """Encrypt what a person typed; an empty field leaves the stored secret alone."""
        for credential in self.filtered("secret"):
            credential._store_secret(credential.secret)

    @api.model
    def _encryption_key(self):
        """:return: the configured keys, comma-separated, newest first, or None"""
        return os.environ.get(KEY_VARIABLE) or config.get(KEY_OPTION) or None

    @api.model
    def _encryption_status(self):
        """:return: tuple (usable, text for a person); never the key"""
        try:
            crypto.encrypt("probe", self._encryption_key())
        except crypto.MissingKeyError as error:
            return False, error.message
        if not self._secrets_fit():
            return False, self.env._(
                "Stored secrets cannot be read with this encryption key: they were stored with "
                "another one. Add that key behind the new one, separated by a comma, or enter "
                "the secrets again."
            )
        return True, self.env._("An encryption key is set.")

    @api.model
    def _secrets_fit(self):
        """:return: whether every active secret can be read with the key that is set"""
        # Of all companies, and never shown: the key is one for the whole database.
        for credential in self.sudo().search([("secret_encrypted", "!=", False)]):
            try:
                crypto.decrypt(credential.secret_encrypted, self._encryption_key())
            except IntegrationError:
                return False
        return True

    @api.model
    def _encryption_key_is_set(self):
        """:return: whether a key is configured, be it usable or not"""
        return bool((self._encryption_key() or "").strip(" ,"))

    @api.model
    def _secret_refusal(self, kind, secret):
        """:return: why no call could use the secret, in words that do not repeat it, or False"""
        if is_sendable_secret(kind, secret):
            return False
        return self.env._(
            "The token, secret or password holds a line break or another character that cannot be "
            "sent: copy it again, without what stands around it."
        )

    @api.constrains("login")
    def _check_login(self):
        """A user name travels in a header, too."""
        if any(has_control_characters(credential.login) for credential in self):
            raise ValidationError(
                self.env._(
                    "The user name holds a line break or another invisible character: type it "
                    "again."
                )
            )

    def _store_secret(self, secret):
        """Encrypt and keep a secret.

        :raises UserError: without a usable key; the text says how to make one
        :raises ValidationError: no call could use the secret
        """
        self.ensure_one()
        refusal = self._secret_refusal(self.kind, secret)
        if refusal:
            raise ValidationError(refusal)
        try:
            token = crypto.encrypt(secret, self._encryption_key())
        except crypto.MissingKeyError as error:
            raise UserError(error.message) from error
        # Nobody may read or write the encrypted column; the engine alone does.
        self.sudo().write(
            {"secret_encrypted": token, "fingerprint": secret[-4:] if len(secret) >= 12 else "…"}
        )
        self._message_log(body=self.env._("A new secret was stored."))
        self.endpoint_id._try_refused_again()

    def _reveal(self):
        """Return the secret in clear, for a call or a signature; never for a person.

        :raises IntegrationError: when no secret is stored or no key fits
        """
        self.ensure_one()
        token = self.sudo().secret_encrypted  # the engine alone reads the column
        if not token:
            raise AuthError(self.env._("“%(name)s” holds no secret.", name=self.sudo().name))
        return crypto.decrypt(token, self._encryption_key())

    @api.model
    def _issue_webhook_secret(self, flow):
        """Make a new webhook secret for a flow; older ones stay active until they are retired.

        :param flow: ``integration.flow``
        :return: tuple (credential, secret in clear: to be shown once)
        """
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        credential = self.create({"flow_id": flow.id, "kind": "webhook_secret"})
        credential._store_secret(secret)
        return credential, secret

    def action_retire(self):
        """Stop using the secret."""
        self.check_access("write")
        self.write({"state": "retired"})
        return True

    @api.model
    def _rotate_keys(self):
        """Encrypt every secret with the newest key; for an administrator's shell.

        :return: number of secrets
        """
        credentials = (
            self.sudo().with_context(active_test=False).search([("secret_encrypted", "!=", False)])
        )
        for credential in credentials:
            credential.secret_encrypted = crypto.rotate(
                credential.secret_encrypted, self._encryption_key()
            )
        return len(credentials)
