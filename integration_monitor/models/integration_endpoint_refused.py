"""What follows when a partner refuses our sign-in, and when it works again."""

from odoo import models

from .integration_exception_credential import MATTER


class IntegrationEndpoint(models.Model):
    """Ties the exception about a credential to the endpoint that uses it."""

    _inherit = "integration.endpoint"

    def _credential_matter(self):
        """:return: the ``dedupe_key`` of the exception about this endpoint's credential"""
        self.ensure_one()
        return f"{MATTER}:{self.id}"

    def _of_credential_matter(self, matter):
        """:return: the endpoint that a ``dedupe_key`` of :meth:`_credential_matter` is about"""
        return self.browse(int(matter.partition(":")[2])).exists()

    def _sign_in_exceptions(self):
        """:return: the open exceptions about the credentials of these endpoints"""
        return (
            self.env["integration.exception"]
            .sudo()  # the engine's, whoever enters a secret or calls
            .search(
                [
                    ("is_open", "=", True),
                    ("dedupe_key", "in", [endpoint._credential_matter() for endpoint in self]),
                ]
            )
        )

    def _sign_in_works(self):
        """A call went through: close the exception, send what was stopped."""
        exceptions = self._sign_in_exceptions()
        if exceptions:
            exceptions._resolve("auto")

    def _try_refused_again(self):
        """There is a new secret: try what the former one stopped."""
        exceptions = self._sign_in_exceptions() if self else self.env["integration.exception"]
        messages = exceptions._retry_messages().filtered("flow_id.active")
        if messages:
            exceptions.write({"state": "retrying"})
            messages._retry()
