"""Webhook secrets: kept decrypted in the process, for as long as they are valid."""

import threading
import time
from datetime import timedelta

from odoo import api, fields, models

PROFILE_FIELDS = {"secret_encrypted", "state", "kind", "flow_id", "expires_at"}
MAX_CACHED = 512
# How long the person who made a secret may look at it, unless he says earlier that he is done.
SHOWN_FOR = timedelta(minutes=15)
_cache = {}
_lock = threading.Lock()


class IntegrationCredential(models.Model):
    """Feeds the signature check and drops what it remembered when a secret changes."""

    _inherit = "integration.credential"

    handed_over_at = fields.Datetime(
        readonly=True, copy=False, help="Since then nobody can look at the secret any more."
    )

    @api.private
    def _show_once(self):
        """The secret, for whoever made it and while it is being handed over; else False."""
        self.ensure_one()
        fresh = self.create_date and self.create_date > fields.Datetime.now() - SHOWN_FOR
        if self.handed_over_at or not fresh or self.create_uid != self.env.user:
            return False
        return self._reveal()

    @api.model
    def _webhook_secrets(self, profile):
        """The active secrets of a flow in clear, newest first.

        Decryption is remembered per process and keyed by the encrypted text: a changed secret
        can never meet its former clear text.

        :param profile: a ``WebhookProfile``.
        """
        secrets = []
        now = time.time()
        for credential_id, token, expires in profile.credentials:
            if expires is not None and expires <= now:
                continue
            key = (self.env.cr.dbname, credential_id, token)
            secret = _cache.get(key)
            if secret is None:
                # sudo: the request has no user yet; the secret stays in this process.
                secret = self.sudo().browse(credential_id)._reveal()
                with _lock:
                    if len(_cache) >= MAX_CACHED:
                        _cache.clear()
                    _cache[key] = secret
            secrets.append(secret)
        return secrets

    @api.model_create_multi
    def create(self, vals_list):
        credentials = super().create(vals_list)
        self.env.registry.clear_cache()
        return credentials

    def write(self, vals):
        result = super().write(vals)
        if PROFILE_FIELDS & vals.keys():
            self._forget_secrets()
        return result

    def unlink(self):
        self._forget_secrets()
        return super().unlink()

    def _forget_secrets(self):
        """Make every worker process read the secrets anew, and drop the clear texts here."""
        self.env.registry.clear_cache()
        gone = set(self.ids)
        with _lock:
            for key in [key for key in _cache if key[1] in gone]:
                del _cache[key]
