"""Webhook secrets: kept decrypted in the process, for as long as they are valid."""

import functools
import logging
import threading
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.tools.errors import IntegrationError

_logger = logging.getLogger(__name__)

PROFILE_FIELDS = {"secret_encrypted", "state", "kind", "flow_id", "expires_at"}
MAX_CACHED = 512
# How long the person who made a secret may look at it, unless he says earlier that he is done.
SHOWN_FOR = timedelta(minutes=15)
NOTE_SECONDS = 3600.0
_cache = {}
_noted = {}
_lock = threading.Lock()


def _stamp_use(registry, credential_id):
    """Stamp a credential on a cursor of its own: deliveries must not queue for its row."""
    try:
        with registry.cursor() as cr:
            cr.execute(
                SQL(
                    """SET LOCAL lock_timeout = '1s';
                       UPDATE integration_credential
                          SET last_used_at = clock_timestamp() AT TIME ZONE 'UTC'
                        WHERE id = %s""",
                    credential_id,
                )
            )
    except psycopg2.Error as error:
        # The delivery is safe already; the next hour stamps again.
        _logger.info("Use of credential %d was not noted: %s", credential_id, type(error).__name__)


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
        """The active secrets of a flow as (credential id, clear text), newest first.

        Decryption is remembered per process and keyed by the encrypted text: a changed secret
        can never meet its former clear text.

        :param profile: a ``WebhookProfile``.
        :raises IntegrationError: there are secrets, and none can be read: the encryption key is
            missing or was changed.
        """
        secrets, failure = [], None
        now = time.time()
        for credential_id, token, expires in profile.credentials:
            if expires is not None and expires <= now:
                continue
            key = (self.env.cr.dbname, credential_id, token)
            secret = _cache.get(key)
            if secret is None:
                try:
                    # sudo: the request has no user yet; the secret stays in this process.
                    secret = self.sudo().browse(credential_id)._reveal()
                except IntegrationError as error:
                    # One lost secret must not shut out a partner who signs with another.
                    _logger.warning("Webhook secret %d cannot be read: %s", credential_id, error)
                    failure = error
                    continue
                with _lock:
                    if len(_cache) >= MAX_CACHED:
                        _cache.clear()
                    _cache[key] = secret
            secrets.append((credential_id, secret))
        if failure and not secrets:
            raise failure
        return secrets

    @api.model
    def _note_webhook_use(self, credential_id):
        """Remember after the commit, once an hour, that a secret is in use.

        Whoever changes secrets sees by it when the partner has stopped using the former one.
        """
        key = (self.env.cr.dbname, credential_id)
        now = time.monotonic()
        if now - _noted.get(key, -NOTE_SECONDS) < NOTE_SECONDS:
            return
        _noted[key] = now
        self.env.cr.postcommit.add(functools.partial(_stamp_use, self.env.registry, credential_id))

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
