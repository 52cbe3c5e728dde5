"""Tokens that OAuth 2 gave for a credential: one for all workers, encrypted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..tools import crypto
from ..tools.errors import IntegrationError

# A refused client is not presented again for so long: partners lock out who insists.
REFUSAL_PAUSE = timedelta(seconds=60)
# A token that could not be renewed ahead of time is used on, and tried again after this time.
RENEW_PAUSE = timedelta(seconds=30)


@dataclass
class StoredToken:
    """A row as a call needs it; ``value`` is None when there is no token that can be used."""

    value: str | None
    renew_at: datetime | None
    usable_until: datetime | None
    obtained_at: datetime | None
    after_refusal: bool
    refusal: str | None
    refused_at: datetime | None

    def usable(self, now):
        """Whether the token can be sent at ``now`` (UTC)."""
        return self.value is not None and now < self.usable_until

    def fresh(self, now):
        """Whether it need not be renewed yet, either."""
        return self.usable(now) and now < self.renew_at


class IntegrationCredentialToken(models.Model):
    """At most one row for each credential; written by whoever renews, on a cursor of his own.

    The times are those of the worker that got the token, in UTC. ``profile`` says for which
    settings and secret it was given: after a change it counts for nothing.
    """

    _name = "integration.credential.token"
    _description = "Integration access token"
    _rec_name = "credential_id"
    _log_access = False

    credential_id = fields.Many2one(
        "integration.credential", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="credential_id.company_id", string="Company")
    token_encrypted = fields.Char(groups=NO_ACCESS)
    profile = fields.Char(groups=NO_ACCESS)
    obtained_at = fields.Datetime(readonly=True)
    renew_at = fields.Datetime(readonly=True)
    usable_until = fields.Datetime(readonly=True)
    after_refusal = fields.Boolean(
        readonly=True, help="It replaced a token that the partner had refused."
    )
    refusal = fields.Char(readonly=True, help="Why the partner gave no token the last time.")
    refused_at = fields.Datetime(readonly=True)

    _credential_uniq = models.Constraint(
        "UNIQUE(credential_id)", "A credential has one token at a time."
    )

    @api.model
    def _read_on(self, cr, credential_id, profile, key):
        """Read the token of a credential.

        :param cr: the cursor, with a snapshot as new as the caller needs
        :param key: the encryption keys
        :return: ``StoredToken`` or None; one of another profile counts as none
        """
        cr.execute(
            SQL(
                """SELECT token_encrypted, renew_at, usable_until, obtained_at,
                          COALESCE(after_refusal, FALSE), refusal, refused_at
                     FROM integration_credential_token
                    WHERE credential_id = %s AND profile = %s""",
                credential_id,
                profile,
            )
        )
        row = cr.fetchone()
        if not row:
            return None
        value = None
        if row[0]:
            try:
                value = crypto.decrypt(row[0], key)
            except IntegrationError:
                # Made with a key that is gone: a new token is got like after an expiry.
                value = None
        return StoredToken(value, *row[1:])

    @api.model
    def _write_on(self, cr, credential_id, profile, values):
        """Keep what is known of a credential's token, in place of what was known before."""
        row = {
            "token_encrypted": None,
            "renew_at": None,
            "usable_until": None,
            "obtained_at": None,
            "after_refusal": False,
            "refusal": None,
            "refused_at": None,
            **values,
            "profile": profile,
        }
        names = [SQL.identifier(name) for name in row]
        cr.execute(
            SQL(
                """INSERT INTO integration_credential_token (credential_id, %s) VALUES (%s, %s)
                   ON CONFLICT (credential_id) DO UPDATE SET %s""",
                SQL(", ").join(names),
                credential_id,
                SQL(", ").join(SQL("%s", value) for value in row.values()),
                SQL(", ").join(SQL("%s = EXCLUDED.%s", name, name) for name in names),
            )
        )

    @api.model
    def _postpone_on(self, cr, credential_id, moment):
        """Renew a token not before ``moment``; the old one is used meanwhile."""
        cr.execute(
            SQL(
                "UPDATE integration_credential_token SET renew_at = %s WHERE credential_id = %s",
                moment,
                credential_id,
            )
        )
