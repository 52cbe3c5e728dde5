"""What an exception shows: its age, its document, what to do."""

from odoo import api, fields, models

ADVICE_CLASSES = ("dns", "connect", "tls", "timeout", "auth", "rate_limit", "client", "server")


class IntegrationException(models.Model):
    """The words and colours of an exception; nothing here changes it."""

    _inherit = "integration.exception"

    @api.depends("opened_at", "resolved_at")
    def _compute_age(self):
        """Tell how long the exception is, or was, open: hours and a short text."""
        now = fields.Datetime.now()
        for exception in self:
            until = exception.resolved_at or now
            minutes = max(int((until - (exception.opened_at or now)).total_seconds() // 60), 0)
            exception.age_hours = minutes / 60
            if minutes < 60:
                exception.age_display = self.env._("%(minutes)s min", minutes=minutes)
            elif minutes < 48 * 60:
                exception.age_display = self.env._("%(hours)s h", hours=minutes // 60)
            else:
                exception.age_display = self.env._("%(days)s d", days=minutes // (24 * 60))

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        """Name the document, for those who may read it."""
        self.document_name = False
        for model, group in self.filtered("res_id").grouped("res_model").items():
            if model not in self.env:
                continue
            documents = self.env[model].browse(set(group.mapped("res_id"))).exists()
            names = {
                document.id: document.display_name
                for document in documents._filtered_access("read")
            }
            for exception in group:
                exception.document_name = names.get(exception.res_id, False)

    @api.depends("state", "message_id.state")
    @api.depends_context("uid")
    def _compute_can_retry(self):
        """Say whether the Retry button would do something."""
        for exception in self:
            exception.can_retry = exception.is_open and exception.message_id.state in (
                "dead",
                "quarantined",
                "retry",
            )

    @api.depends("category")
    def _compute_color(self):
        """Colour bar of the card: red technical, yellow business, blue partner."""
        colors = {"technical": 1, "business": 3, "partner": 4}
        for exception in self:
            exception.color = colors.get(exception.category, 0)

    @api.depends("error_class", "category", "source_model", "source_key", "source_value")
    def _compute_advice(self):
        """Say in plain words what to do, by the kind of failure."""
        for exception in self:
            exception.advice = exception._advice_text()

    def _advice_text(self):
        """:return: a sentence or two for the person who looks at the exception"""
        self.ensure_one()
        if self.source_model:
            model = self.env["ir.model"]._get(self.source_model).name or self.source_model
            # A rate is named with its field: amount:6.0000:excluded.
            name = (self.source_key or "").partition(":")[0]
            key = self.env["ir.model.fields"]._get(self.source_model, name)
            words = {
                "model": model,
                "key": key.field_description or self.source_key or self.env._("value"),
                "value": self.source_value or "",
            }
            if hasattr(self.env.get(self.source_model), "_integration_note_sources"):
                return self.env._(
                    "Look for %(model)s with %(key)s “%(value)s”: create or correct it, or map "
                    "the partner's value to the right record. It is tried again by itself then; "
                    "if not, press Retry.",
                    **words,
                )
            return self.env._(
                "Look for %(model)s with %(key)s “%(value)s”: create or correct it, or map the "
                "partner's value to the right record. Then press Retry.",
                **words,
            )
        texts = {
            "dns": self.env._(
                "The partner's address is unknown. Check the endpoint's address, then Retry."
            ),
            "connect": self.env._(
                "The partner's system does not answer. Ask the partner, or wait until it is back, "
                "then Retry."
            ),
            "tls": self.env._(
                "The partner's certificate is not accepted. Ask the partner to renew it."
            ),
            "timeout": self.env._(
                "The partner took too long. It may have received the message all the same; "
                "sending again is safe because it carries the same key. Press Retry."
            ),
            "auth": self.env._(
                "The partner refused our sign-in. An administrator must renew the credential of "
                "the endpoint. Then press Retry."
            ),
            "rate_limit": self.env._(
                "The partner asked us to slow down. Wait a little, then Retry."
            ),
            "client": self.env._(
                "The partner refused the content. Read its answer, correct the document or the "
                "payload, then Retry."
            ),
            "server": self.env._(
                "The system that was to answer failed. Ask whoever runs it, then Retry."
            ),
            "contract": self.env._(
                "The message is not what we agreed on. Support can read and correct the payload; "
                "tell the partner. Then press Retry."
            ),
            "business": self.env._(
                "Correct the document or the data that the text names, then Retry."
            ),
        }
        return texts.get(
            self.error_class,
            self.env._("An unexpected failure. Read the text; if it does not help, call support."),
        )
