"""A sign-in that the partner refuses is one matter, however many messages it stops."""

from odoo import api, models

MATTER = "credential"


class IntegrationException(models.Model):
    """One exception for each endpoint whose credential is refused, expired or missing."""

    _inherit = "integration.exception"

    @api.depends("dedupe_key")
    def _compute_advice(self):
        return super()._compute_advice()

    def _advice_text(self):
        """Say what a refused sign-in needs; else as before."""
        self.ensure_one()
        if not self._is_about_sign_in():
            return super()._advice_text()
        return self.env._(
            "An administrator opens the endpoint “%(endpoint)s”, enters the new secret on its page "
            "Credentials and presses Test Connection. What could not be sent meanwhile is then "
            "tried again by itself.",
            endpoint=self.endpoint_id.name,
        )

    def _is_about_sign_in(self):
        """:return: whether the exception is about the credential of its endpoint"""
        return (self.dedupe_key or "").startswith(f"{MATTER}:")

    def _failed_messages(self):
        """Every message that the sign-in stopped failed of it, not only the last one."""
        return super()._failed_messages() | self._stopped_messages()

    def _stopped_messages(self):
        """:return: the messages that died of the sign-ins that these exceptions are about"""
        messages = self.env["integration.message"]
        about = self.filtered(lambda e: e._is_about_sign_in())
        if not about:
            return messages
        found = messages.search(
            [
                ("matter", "in", about.mapped("dedupe_key")),
                ("state", "=", "dead"),
                ("done_at", ">=", min(about.mapped("opened_at"))),
            ]
        )
        since = {}
        for exception in about:
            matter = exception.dedupe_key
            since[matter] = min(since.get(matter, exception.opened_at), exception.opened_at)
        return found.filtered(lambda m: m.done_at >= since[m.matter])

    def _left_failed(self):
        """Of a sign-in any message that it stopped is left, whichever flow it is of."""
        if not self._is_about_sign_in():
            return super()._left_failed()
        return self._stopped_messages().filtered(lambda m: not m.let_pass)[:1]

    def _close(self, state, resolution, note=False):
        """Once the sign-in works, send what it had stopped."""
        closing = self.filtered("is_open")
        result = super()._close(state, resolution, note)
        if state == "resolved" and resolution in ("auto", "retry"):
            stopped = closing._stopped_messages()
            if stopped:
                stopped._retry()
        return result
