"""What Retry does when a partner's answer could not be applied."""

from odoo import api, models


class IntegrationException(models.Model):
    """The partner has done something already: people must know before they press Retry."""

    _inherit = "integration.exception"

    @api.depends("message_id.answer_refused")
    def _compute_advice(self):
        return super()._compute_advice()

    def _advice_text(self):
        """Add what Retry does with the answer that is there."""
        text = super()._advice_text()
        message = self.message_id.sudo()  # whether there is an answer, for whoever sees the matter
        if not message.answer_refused or message.state not in ("dead", "quarantined"):
            return text
        return self.env._(
            "%(advice)s The partner accepted the message, only its answer could not be used: "
            "Retry asks it again, with the same key, so that it does nothing twice.",
            advice=text,
        )
