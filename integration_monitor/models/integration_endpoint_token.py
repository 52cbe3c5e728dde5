"""Asking the partner's token address, and telling the log about it."""

from urllib.parse import urlsplit

from odoo import models

from ..instrumentation import log_writer
from ..tools import context, oauth2, path_template
from ..tools.errors import AddressRefused, AuthError, IntegrationError
from ..tools.http_client import HttpClient
from ..tools.observation import Observation

OPERATION = "oauth2.token"


class IntegrationEndpoint(models.Model):
    """One more address of an endpoint, called with the same limits and guards."""

    _inherit = "integration.endpoint"

    def _fetch_token(self, grant):
        """Ask for a token; recorded as one call, without what was sent and answered.

        :param grant: ``tools.oauth2.Grant``
        :return: ``tools.oauth2.Token``
        :raises IntegrationError: ``AuthError`` when the client is refused, transport faults
        """
        self.ensure_one()
        headers, body = oauth2.token_request(grant)
        response = error = token = None
        try:
            if not grant.client_id:
                raise AuthError(
                    self.env._(
                        "The credential of “%(endpoint)s” has no client id: an administrator must "
                        "enter it on the endpoint.",
                        endpoint=self.name,
                    )
                )
            response = self._http_client(grant.token_url).request(
                "POST", "", headers=headers, body=body
            )
            token = oauth2.read_token(response.status, response.headers, response.body)
        except AddressRefused as caught:
            error = caught
        except IntegrationError as caught:
            error = caught
            if isinstance(error, AuthError):
                # Whatever its status: here only our client can be what is refused.
                error.matter = self._credential_matter()
            error.message = self.env._(
                "No access token for “%(endpoint)s”. %(error)s",
                endpoint=self.name,
                error=caught.message,
            )
        self._observe_token_call(grant, body, response, error)
        if error is not None:
            raise error
        return token

    def _http_client(self, base_url, auth=None):
        """:return: the ``HttpClient`` with the limits of this endpoint"""
        return HttpClient(
            base_url,
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            deadline=self.deadline_seconds,
            max_bytes=self.max_response_kb * 1024,
            verify=self.verify_tls,
            allowed_networks=self.allowed_networks or None,
            auth=auth,
        )

    def _observe_token_call(self, grant, body, response, error):
        """Record the call; what it carries is secret and stays out."""
        current = context.current()
        parts = urlsplit(grant.token_url)
        log_writer.record(
            self.env,
            Observation(
                kind="http_out",
                operation=OPERATION,
                outcome="error" if error is not None else "ok",
                direction="outbound",
                system_id=self.system_id.id,
                endpoint_id=self.id,
                flow_id=current.flow_id,
                message_id=current.message_id,
                correlation_id=current.correlation_id,
                trace_id=current.trace_id,
                method="POST",
                host=parts.hostname,
                path_template=path_template.path_template(parts.path),
                status_code=response.status if response is not None else None,
                error_class=error.error_class if error is not None else None,
                error_message=error.message if error is not None else None,
                duration_ms=response.elapsed_ms if response is not None else None,
                request_bytes=len(body),
                response_bytes=len(response.body) if response is not None else None,
                company_id=self.company_id.id,
                region=self.system_id._placement()[1],
                user_id=self.env.uid,
                retry_after=error.retry_after if error is not None else None,
            ),
        )
