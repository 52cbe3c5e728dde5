"""What one flow hides besides the usual, and what it leaves readable."""

import contextlib

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, ormcache

from ..tools import redaction_names
from ..tools.redaction_names import ContentRules
from ..tools.redaction_patterns import is_credential_name, squeeze

NO_RULES = ContentRules()


class IntegrationFlow(models.Model):
    """The names that the one redactor masks or leaves for the messages of this flow."""

    _inherit = "integration.flow"

    redact_names = fields.Text(
        string="Hide These Fields, Too",
        tracking=True,
        help="Names of fields, headers or parameters whose values are hidden in messages and log, "
        "besides passwords, tokens, mail addresses, telephone numbers and the like. Separate them "
        "by commas or lines, for example: birth_date, customer_note.",
    )
    keep_names = fields.Text(
        string="Leave These Fields Readable",
        tracking=True,
        help="Names of fields with personal data that support must be able to read, for example: "
        "email, street. Passwords, tokens, keys, signatures, cookies and cards stay hidden.",
    )

    @api.constrains("redact_names", "keep_names")
    def _check_redaction_names(self):
        """Refuse names that would do nothing, or that would open a credential."""
        for flow in self:
            masked = redaction_names.parse(flow.redact_names)
            readable = redaction_names.parse(flow.keep_names)
            flow._check_names_usable(masked + readable)
            credentials = [name for name in readable if is_credential_name(name)]
            if credentials:
                raise ValidationError(
                    self.env._(
                        "Passwords, tokens, keys, signatures, cookies and cards are hidden in any "
                        "case. Remove from “Leave These Fields Readable”: %(names)s.",
                        names=", ".join(credentials),
                    )
                )
            squeezed = {squeeze(name) for name in masked}
            both = [name for name in readable if squeeze(name) in squeezed]
            if both:
                raise ValidationError(
                    self.env._(
                        "Hide or leave readable, not both: remove %(names)s from one of the two "
                        "lists of flow “%(flow)s”.",
                        names=", ".join(both),
                        flow=flow.name,
                    )
                )

    def _check_names_usable(self, names):
        """Raise ValidationError for what is no name, and for lists without end."""
        unusable = redaction_names.unusable(names)
        if unusable:
            raise ValidationError(
                self.env._(
                    "These are no names of fields: %(names)s. Write one name after the other, "
                    "separated by commas, with letters, digits and underscores, for example: "
                    "birth_date, customer_note.",
                    names=", ".join(unusable),
                )
            )
        if len(names) > redaction_names.MAX_NAMES:
            raise ValidationError(
                self.env._(
                    "%(count)s names are too many: name %(limit)s at most.",
                    count=len(names),
                    limit=redaction_names.MAX_NAMES,
                )
            )

    def _redacting(self):
        """Let the redactor follow this flow in a ``with`` block; an empty flow changes nothing."""
        return redaction_names.using(self._content_rules().get(self.id, NO_RULES).names)

    @api.model
    @ormcache()
    def _content_rules(self):
        """What is special about the contents of which flow, of any company; cached.

        :return: dict of flow id to ``ContentRules``; flows without anything special are left out.
            Do not change it.
        """
        query = SQL(
            """SELECT id, redact_names, keep_names, payload_policy = 'drop'
                 FROM integration_flow
                WHERE redact_names IS NOT NULL OR keep_names IS NOT NULL
                   OR payload_policy = 'drop'"""
        )
        self.flush_model(["redact_names", "keep_names", "payload_policy"])
        cr = self.env.cr
        # The log is written even if this fails. Its own connection has no transaction to break.
        alone = cr.connection.autocommit
        with contextlib.nullcontext() if alone else cr.savepoint(flush=False):
            cr.execute(query)
            found = cr.fetchall()
        return {
            flow_id: ContentRules(
                redaction_names.rules(
                    redaction_names.parse(masked), redaction_names.parse(readable)
                ),
                drop,
            )
            for flow_id, masked, readable, drop in found
        }
