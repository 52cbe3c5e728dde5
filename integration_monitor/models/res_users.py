"""People: whether they want the daily digest, and sign-ins that fail."""

from odoo import api, fields, models
from odoo.exceptions import AccessDenied
from odoo.tools import ormcache

from ..instrumentation import inbound_call, log_writer

# Characters of a login that nobody has.
_SHOWN = 4


class ResUsers(models.Model):
    """One preference, which people set themselves; failed sign-ins are told."""

    _inherit = "res.users"

    integration_digest_wanted = fields.Boolean(
        string="Integration Digest",
        default=True,
        help="Get the daily mail about integrations, if your role gets one.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        """People see their own choice."""
        return super().SELF_READABLE_FIELDS + ["integration_digest_wanted"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        """People make their own choice."""
        return super().SELF_WRITEABLE_FIELDS + ["integration_digest_wanted"]

    def _login(self, credential, user_agent_env):
        """Record a sign-in that was refused, on the web or over the API."""
        try:
            return super()._login(credential, user_agent_env)
        except AccessDenied:
            try:
                inbound_call.note_refused_sign_in(
                    self.env.cr.dbname, self._integration_shown_login(credential.get("login"))
                )
            except Exception:  # the refusal itself must reach the caller
                log_writer.note_failure("A refused sign-in was not recorded.")
            raise

    @api.model
    def _integration_shown_login(self, login):
        """Return what may be kept of a login that was refused: people type passwords there, too.

        All of one that exists, archived or not; else its beginning, half of it at most.
        """
        login = str(login or "")
        # A stranger asks; whether the login exists is told to nobody but the log.
        users = self.sudo().with_context(active_test=False)
        if users.search_count([("login", "=", login)], limit=1):
            return login
        return login[: min(_SHOWN, len(login) // 2)]

    @api.model
    @ormcache("uid")
    def _integration_company_of(self, uid):
        """Return the id of a user's company; Odoo clears the cache when it changes."""
        return self.sudo().browse(uid).company_id.id  # of the caller himself
