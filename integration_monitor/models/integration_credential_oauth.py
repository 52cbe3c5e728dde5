"""OAuth 2 client credentials: one token for all workers, renewed by one of them."""

import contextlib
import logging

import psycopg2

from odoo import models
from odoo.tools import SQL

from ..tools import crypto
from ..tools.dead_peers import NOTICED_WITHIN_A_MINUTE
from ..tools.errors import AuthError, IntegrationError, TimeoutError_
from ..tools.observation import utcnow
from .integration_credential_token import REFUSAL_PAUSE, RENEW_PAUSE
from .integration_endpoint_sign_in import FRESH

_logger = logging.getLogger(__name__)

WATCHED = SQL(NOTICED_WITHIN_A_MINUTE)
# First key of the advisory lock of a renewal; the second is the credential's id.
RENEWAL_LOCK = 0x1A7F


class IntegrationCredential(models.Model):
    """Tokens of a client: cached in PostgreSQL, renewed ahead of time or when refused.

    The renewal runs on a cursor of its own: a token that was given is kept, whatever becomes of
    the work that needed it, and the others see it at once. Its lock belongs to the database
    session, so that PostgreSQL frees it with the connection of a worker that dies.
    """

    _inherit = "integration.credential"

    def _access_token(self, refused=None):
        """Return a token to sign in with.

        :param refused: a token that the partner has just refused: it is replaced, once
        :raises IntegrationError: none could be had; ``AuthError`` when the client is refused
        """
        self.ensure_one()
        credential = self.sudo()  # tokens are the engine's, whoever calls
        grant = credential.endpoint_id._grant(credential, credential._reveal())
        profile = grant.profile(credential.secret_encrypted)
        stored = credential._stored_token(self.env.cr, profile)
        now = utcnow()
        if stored and refused is None and stored.fresh(now):
            return stored.value
        usable = stored and refused is None and stored.usable(now)
        return credential._renewed_token(grant, profile, refused, stored.value if usable else None)

    def _stored_token(self, cr, profile):
        """:return: ``StoredToken`` or None, as ``cr`` sees it"""
        tokens = self.env["integration.credential.token"]
        return tokens._read_on(cr, self.id, profile, self._encryption_key())

    def _renewed_token(self, grant, profile, refused, spare):
        """Get a token that is good for a while, from the partner or from whoever was quicker.

        :param spare: a token that can still be used, or None; with one nobody waits
        """
        with self.env.registry.cursor() as cr, self._renewal_lock(cr, wait=spare is None) as mine:
            if not mine:
                return spare
            stored = self._stored_token(cr, profile)
            now = utcnow()
            if stored and stored.value != refused and stored.fresh(now):
                return stored.value
            self._check_pause(stored, refused, now)
            try:
                token = self.endpoint_id._fetch_token(grant)
            except IntegrationError as error:
                return self._without_new_token(cr, profile, stored, spare, error)
            self._keep_token(cr, profile, token, refused is not None)
            return token.value

    def _check_pause(self, stored, refused, now):
        """Refuse at once what the partner refused a moment ago.

        :raises AuthError: the client was refused, or the token that replaced a refused one is
        """
        if stored is None or self.env.context.get(FRESH):
            return
        if stored.refusal and stored.refused_at and now - stored.refused_at < REFUSAL_PAUSE:
            raise AuthError(stored.refusal)
        just_replaced = stored.after_refusal and now - stored.obtained_at < REFUSAL_PAUSE
        if refused is not None and stored.value == refused and just_replaced:
            raise AuthError(
                self.env._(
                    "The partner refuses a token that it has just given. Ask whether this client "
                    "may use the API, with this scope and audience."
                )
            )

    def _keep_token(self, cr, profile, token, after_refusal):
        """Store a token for all workers; commits."""
        now = utcnow()
        renew_at, usable_until = token.times(now)
        self.env["integration.credential.token"]._write_on(
            cr,
            self.id,
            profile,
            {
                "token_encrypted": crypto.encrypt(token.value, self._encryption_key()),
                "renew_at": renew_at,
                "usable_until": usable_until,
                "obtained_at": now,
                "after_refusal": after_refusal,
            },
        )
        self._commit_renewal(cr)

    def _without_new_token(self, cr, profile, stored, spare, error):
        """Use the former token on, or note that the client is refused; commits.

        :param error: why there is no new token; raised when there is no other, either
        :return: the former token
        """
        tokens = self.env["integration.credential.token"]
        if spare is not None and stored and stored.usable(utcnow()):
            _logger.info("Credential %d: not renewed ahead of time: %s", self.id, error)
            tokens._postpone_on(cr, self.id, utcnow() + RENEW_PAUSE)
            self._commit_renewal(cr)
            return stored.value
        if isinstance(error, AuthError):
            refusal = {"refusal": error.message, "refused_at": utcnow()}
            tokens._write_on(cr, self.id, profile, refusal)
            self._commit_renewal(cr)
        raise error

    @contextlib.contextmanager
    def _renewal_lock(self, cr, wait):
        """Let one worker of all renew; the snapshot of ``cr`` is newer than the lock.

        :param bool wait: for whoever renews now, at most as long as a call may take
        :return: yields whether the lock is ours
        :raises TimeoutError_: waited in vain
        """
        limit = self.endpoint_id.deadline_seconds + 5
        try:
            if wait:
                cr.execute(SQL("SELECT set_config('lock_timeout', %s, TRUE)", f"{limit:.0f}s"))
                cr.execute(
                    SQL("%s SELECT pg_advisory_lock(%s, %s)", WATCHED, RENEWAL_LOCK, self.id),
                    log_exceptions=False,
                )
                mine = True
            else:
                cr.execute(
                    SQL("%s SELECT pg_try_advisory_lock(%s, %s)", WATCHED, RENEWAL_LOCK, self.id)
                )
                mine = cr.fetchone()[0]
        except psycopg2.errors.LockNotAvailable as error:
            cr.rollback()
            raise TimeoutError_(
                self.env._("Another worker still asks the token address; trying again later.")
            ) from error
        # The lock outlives this; what we read from now on was committed before we got it.
        self._commit_renewal(cr)
        try:
            yield mine
        finally:
            if mine and not cr.closed:
                cr.rollback()
                cr.execute(SQL("SELECT pg_advisory_unlock(%s, %s)", RENEWAL_LOCK, self.id))

    def _commit_renewal(self, cr):
        """End a step of the renewal: for the others, and for a new snapshot."""
        cr.commit()  # pylint: disable=invalid-commit  # its own cursor, see the class

    def _rotate_keys(self):
        """Forget the tokens, too: they are got again, encrypted with the newest key."""
        self.env["integration.credential.token"].sudo().search([]).unlink()  # the engine's
        return super()._rotate_keys()
